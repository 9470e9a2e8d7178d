#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// A folder with a machine's proc, sys and control group, as far as a test writes them.
class FakeRoot {
 public:
  FakeRoot() {
    std::string pattern = ::testing::TempDir() + "/host-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }

  void Write(const std::string& file, absl::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + file).parent_path());
    std::ofstream(path_ + "/" + file, std::ios::binary) << text;
  }
  void MakeFolder(const std::string& folder) const { std::filesystem::create_directories(path_ + "/" + folder); }
  void Remove(const std::string& file) const { std::filesystem::remove_all(path_ + "/" + file); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tributary
