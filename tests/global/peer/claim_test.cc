#include "global/peer/claim.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;

InstanceId Agent(char name) { return *InstanceId::FromBytes(std::string(16, name)); }

Manifest Step(uint8_t step, bool closed, bool late, uint8_t last_version, const std::string& agents) {
  Manifest manifest;
  manifest.step = step;
  manifest.closed = closed;
  manifest.late = late;
  manifest.last_version = last_version;
  for (const char agent : agents) manifest.chunks.push_back({Agent(agent), 0, 1, 7, 1, 0});
  return manifest;
}

std::string Agents(const ClaimPart& part) {
  std::string agents;
  for (const ClaimChunk& chunk : part.chunks) agents += chunk.instance.bytes()[0];
  return agents;
}

TEST(ClaimTest, WhatTheMainVersionBecameIsOnePartAndEachLateCommitAnother) {
  // Closed partial, something late in between, then made whole.
  const Claim claim =
      ClaimOf({Step(0, true, false, 1, "ab"), Step(1, true, true, 2, "c"), Step(2, true, false, 3, "d")});
  ASSERT_EQ(claim.size(), 2u);
  EXPECT_TRUE(claim[0].main && claim[0].closed);
  EXPECT_EQ(Agents(claim[0]), "abd");
  EXPECT_EQ(claim[0].versions, RowVersions((1 << 1) | (1 << 3)));
  EXPECT_FALSE(claim[1].main);
  EXPECT_EQ(Agents(claim[1]), "c");
  EXPECT_EQ(claim[1].versions, RowVersions(1 << 2));
}

TEST(ClaimTest, BeforeTheCloseALateCommitHasNothingOfMainChunks) {
  const Claim claim = ClaimOf({Step(0, false, true, 2, "ab"), Step(1, true, false, 2, "ab")});
  ASSERT_EQ(claim.size(), 2u);
  EXPECT_EQ(Agents(claim[0]), "");
  EXPECT_EQ(Agents(claim[1]), "ab");
}

ClaimPart Part(const std::string& agents, bool main, uint8_t first_step = 0, bool closed = true) {
  ClaimPart part;
  part.first_step = first_step;
  part.main = main;
  part.closed = main && closed;
  for (const char agent : agents) part.chunks.push_back({Agent(agent), 0, 7});
  return part;
}

using Read = std::vector<std::vector<bool>>;

Read Choose(const Claim& a, const Claim& b) {
  const std::string one = "global-0", other = "global-1";
  const Read read = ChooseRead({{&one, &a}, {&other, &b}});
  // Whoever decides, in whatever order it knows them.
  const Read turned = ChooseRead({{&other, &b}, {&one, &a}});
  EXPECT_EQ(read[0], turned[1]);
  EXPECT_EQ(read[1], turned[0]);
  return read;
}

TEST(ChooseReadTest, OfTwoSetsThatMeetTheLargerIsRead) {
  EXPECT_THAT(Choose({Part("ab", true)}, {Part("abc", true)}), ElementsAre(std::vector{false}, std::vector{true}));
}

TEST(ChooseReadTest, OfEqualSetsTheFirstNamesIsRead) {
  EXPECT_THAT(Choose({Part("ab", true)}, {Part("ab", true)}), ElementsAre(std::vector{true}, std::vector{false}));
}

TEST(ChooseReadTest, WhatWasLateInOneAndInTheMainVersionOfTheOtherCountsOnce) {
  EXPECT_THAT(Choose({Part("ab", true), Part("c", false, 1)}, {Part("abc", true)}),
              ElementsAre(std::vector{false, false}, std::vector{true}));
}

TEST(ChooseReadTest, WhatIsLateInOneAndNowhereElseIsRead) {
  EXPECT_THAT(Choose({Part("abc", true)}, {Part("ab", true), Part("d", false, 1)}),
              ElementsAre(std::vector{true}, std::vector{false, true}));
}

TEST(ChooseReadTest, AClosedMainVersionGoesBeforeALargerOneThatIsOpen) {
  EXPECT_THAT(Choose({Part("abc", true, 0, false)}, {Part("ab", true)}),
              ElementsAre(std::vector{false}, std::vector{true}));
}

}  // namespace
}  // namespace tributary
