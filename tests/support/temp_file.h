#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace tributary {

// A file with a text, as long as this lives.
class TempFile {
 public:
  explicit TempFile(const std::string& text) { std::ofstream(path_) << text; }

  const std::string& path() const { return path_; }

  // By another file of that name, as editors and orchestrators do: what the file system says of it changes.
  void Replace(const std::string& text) {
    const std::string next = path_ + ".next";
    std::ofstream(next) << text;
    EXPECT_EQ(std::rename(next.c_str(), path_.c_str()), 0);
  }

 private:
  const TempDir dir_;
  const std::string path_ = dir_.path() + "/file";
};

}  // namespace tributary
