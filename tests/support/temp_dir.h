#pragma once

#include <filesystem>
#include <string>

#include "common/base/instance_id.h"
#include "gtest/gtest.h"

namespace tributary {

// A directory that goes when the test does.
class TempDir {
 public:
  TempDir() : path_(testing::TempDir() + "/tributary-" + InstanceId::Random().ToString()) {
    std::filesystem::create_directories(path_);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace tributary
