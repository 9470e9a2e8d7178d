#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace tributary {

// A file with a text, as long as this lives.
class TempFile {
 public:
  explicit TempFile(const std::string& text) : path_(testing::TempDir() + "/tributary-XXXXXX") {
    const int file = ::mkstemp(path_.data());
    EXPECT_GE(file, 0);
    ::close(file);
    std::ofstream(path_) << text;
  }
  ~TempFile() { std::remove(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::string& path() const { return path_; }

  // By another file of that name, as editors and orchestrators do: what the file system says of it changes.
  void Replace(const std::string& text) {
    const std::string next = path_ + ".next";
    std::ofstream(next) << text;
    EXPECT_EQ(std::rename(next.c_str(), path_.c_str()), 0);
  }

 private:
  std::string path_;
};

}  // namespace tributary
