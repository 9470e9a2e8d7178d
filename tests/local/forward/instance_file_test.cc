#include "local/forward/instance_file.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::HasSubstr;

class InstanceFileTest : public testing::Test {
 protected:
  ~InstanceFileTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ = testing::TempDir() + "agent-" + InstanceId::Random().ToString() + "/data";
  const InstanceId first_ = InstanceId::Random();
  const InstanceId second_ = InstanceId::Random();
};

TEST_F(InstanceFileTest, ASuccessorLearnsWhoWasThereBefore) {
  { EXPECT_TRUE((*InstanceFile::Claim(folder_, first_))->predecessor().empty()); }
  { EXPECT_EQ((*InstanceFile::Claim(folder_, second_))->predecessor(), first_); }
  EXPECT_EQ((*InstanceFile::Claim(folder_, first_))->predecessor(), second_);
}

TEST_F(InstanceFileTest, ALivingPredecessorKeepsTheFolder) {
  const auto held = InstanceFile::Claim(folder_, first_);
  ASSERT_TRUE(held.ok());
  const auto claimed = InstanceFile::Claim(folder_, second_);
  ASSERT_FALSE(claimed.ok());
  EXPECT_THAT(std::string(claimed.status().message()), HasSubstr("another agent uses"));
}

TEST_F(InstanceFileTest, AFileThatMakesNoSenseNamesNobody) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/instance") << std::string(40, 'z');
  EXPECT_TRUE((*InstanceFile::Claim(folder_, first_))->predecessor().empty());
}

TEST_F(InstanceFileTest, AFolderThatCannotBeMadeIsAnError) {
  const auto claimed = InstanceFile::Claim("/proc/no/such/folder", first_);
  ASSERT_FALSE(claimed.ok());
  EXPECT_THAT(std::string(claimed.status().message()), HasSubstr("/proc/no/such/folder"));
}

}  // namespace
}  // namespace tributary
