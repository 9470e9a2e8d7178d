#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace tributary {

// A directory of its own that goes, with all that is in it, when this does. Declare it before what keeps files in it.
// Short enough for the paths of unix sockets; only the user may look into it.
class TempDir {
 public:
  TempDir() : path_(testing::TempDir() + "tributary-XXXXXX") { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
  ~TempDir() {
    std::error_code gone_already;
    std::filesystem::remove_all(path_, gone_already);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tributary
