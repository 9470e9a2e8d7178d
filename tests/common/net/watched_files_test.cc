#include "common/net/watched_files.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/temp_file.h"

namespace tributary {
namespace {

TEST(WatchedFilesTest, TellsAReplacementOnce) {
  const TempFile untouched("x");
  TempFile file("a");
  WatchedFiles watched({untouched.path(), file.path()});
  EXPECT_FALSE(watched.TakeChange());
  file.Replace("b");
  EXPECT_TRUE(watched.TakeChange());
  EXPECT_FALSE(watched.TakeChange());
}

TEST(WatchedFilesTest, AFileThatGoesAndComesHasChanged) {
  TempFile file("a");
  WatchedFiles watched({file.path()});
  std::remove(file.path().c_str());
  EXPECT_TRUE(watched.TakeChange());
  file.Replace("a");
  EXPECT_TRUE(watched.TakeChange());
}

TEST(WatchedFilesTest, WhatCouldNotBeUsedIsToldAgain) {
  const TempFile file("a");
  WatchedFiles watched({file.path()});
  watched.TryAgain();
  EXPECT_TRUE(watched.TakeChange());
  EXPECT_FALSE(watched.TakeChange());
}

}  // namespace
}  // namespace tributary
