#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/support/temp_dir.h"

namespace tributary {

// A folder with a machine's proc, sys and control group, as far as a test writes them.
class FakeRoot {
 public:
  void Write(const std::string& file, absl::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(path() + "/" + file).parent_path());
    std::ofstream(path() + "/" + file, std::ios::binary) << text;
  }
  void MakeFolder(const std::string& folder) const { std::filesystem::create_directories(path() + "/" + folder); }
  void Remove(const std::string& file) const { std::filesystem::remove_all(path() + "/" + file); }
  const std::string& path() const { return dir_.path(); }

 private:
  const TempDir dir_;
};

}  // namespace tributary
