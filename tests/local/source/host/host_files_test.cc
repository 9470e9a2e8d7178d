#include "local/source/host/host_files.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "absl/strings/str_cat.h"
#include "tests/local/source/host/fake_root.h"

namespace tributary {
namespace {

TEST(HostFilesTest, ReadsWhatIsThere) {
  const FakeRoot root;
  root.Write("a", "one\ntwo");
  root.Write("empty", "");
  HostFiles files;
  EXPECT_EQ(files.Read(root.path() + "/a"), "one\ntwo");
  EXPECT_EQ(files.Read(root.path() + "/empty"), "");
}

TEST(HostFilesTest, WhatCannotBeReadIsNothing) {
  const FakeRoot root;
  root.MakeFolder("folder");
  HostFiles files;
  EXPECT_FALSE(files.Read(root.path() + "/none").has_value());
  EXPECT_FALSE(files.Read(root.path() + "/folder").has_value());
}

TEST(HostFilesTest, APipeDoesNotBlock) {
  const FakeRoot root;
  ASSERT_EQ(::mkfifo((root.path() + "/pipe").c_str(), 0600), 0);
  HostFiles files;
  EXPECT_EQ(files.Read(root.path() + "/pipe").value_or(""), "");
}

TEST(HostFilesTest, AFileThatIsTooLargeEndsWithAWholeLine) {
  const FakeRoot root;
  const std::string line = "0123456789abcde\n0123456789abcdef\n";
  std::string text;
  while (text.size() <= HostFiles::kMaxBytes + line.size()) text += line;
  root.Write("large", text);
  HostFiles files;
  const auto read = files.Read(root.path() + "/large");
  ASSERT_TRUE(read.has_value());
  EXPECT_LE(read->size(), HostFiles::kMaxBytes);
  EXPECT_GT(read->size(), HostFiles::kMaxBytes - line.size());
  EXPECT_EQ(read->back(), '\n');
  EXPECT_EQ(*read, absl::string_view(text).substr(0, read->size()));
}

TEST(HostFilesTest, OneLineThatIsTooLargeIsEmpty) {
  const FakeRoot root;
  root.Write("line", std::string(HostFiles::kMaxBytes + 10, 'x'));
  HostFiles files;
  EXPECT_EQ(files.Read(root.path() + "/line"), "");
}

TEST(SpaceAtTest, IsOfTheFileSystemThatWasMeant) {
  const FakeRoot root;
  struct stat entry = {};
  ASSERT_EQ(::stat(root.path().c_str(), &entry), 0);
  const std::string device = absl::StrCat(major(entry.st_dev), ":", minor(entry.st_dev));
  EXPECT_TRUE(SpaceAt(root.path(), device, "ext4").has_value());
  EXPECT_FALSE(SpaceAt(root.path(), "1:2345", "ext4").has_value());
  EXPECT_TRUE(SpaceAt(root.path(), "1:2345", "btrfs").has_value());
  EXPECT_FALSE(SpaceAt(root.path() + "/none", device, "ext4").has_value());
}

}  // namespace
}  // namespace tributary
