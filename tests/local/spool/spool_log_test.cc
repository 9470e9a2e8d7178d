#include "local/spool/spool_log.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

InstanceId Instance(char c) { return *InstanceId::FromBytes(std::string(InstanceId::kBytes, c)); }

v1::Block MakeBlock(IntervalIndex interval, uint32_t partition, size_t bytes = 1000) {
  v1::Block block;
  block.set_interval(interval);
  block.set_partition(partition);
  block.set_chunk_count(1);
  block.set_sample_count(10);
  block.set_codec(v1::CODEC_RAW);
  block.set_payload(std::string(bytes, 'x'));
  block.set_crc32c(Crc32c(block.payload()));
  return block;
}

v1::Marker MakeMarker(IntervalIndex interval) {
  v1::Marker marker;
  marker.set_interval(interval);
  return marker;
}

class SpoolLogTest : public testing::Test {
 protected:
  SpoolLogTest() {
    options_.folder = dir_.path() + "/spool";
    options_.segment_bytes = 4096;
  }

  void Open(char instance) {
    units_.reset();
    log_.reset();
    auto log = SpoolLog::Open(options_, clock_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    units_ = log_->For(Instance(instance));
  }
  GroupId Append(IntervalIndex interval, UnitSpool::Use use = UnitSpool::Use::kPending) {
    const auto group = units_->Append(use, {MakeBlock(interval, 1), MakeBlock(interval, 2)});
    EXPECT_TRUE(group);
    return group.value_or(0);
  }
  std::vector<std::string> Segments() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
      if (entry.path().extension() == ".segment") paths.push_back(entry.path().string());
    }
    return paths;
  }

  const TempDir dir_;
  SpoolLog::Options options_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  std::unique_ptr<SpoolLog> log_;
  std::unique_ptr<UnitSpool> units_;
};

TEST_F(SpoolLogTest, GroupIsReadAsItWasAppended) {
  Open('a');
  const GroupId first = Append(7);
  const GroupId second = Append(8);
  const std::vector<v1::Block> blocks = units_->Read(first);
  ASSERT_THAT(blocks, SizeIs(2));
  EXPECT_EQ(blocks[1].SerializeAsString(), MakeBlock(7, 2).SerializeAsString());
  EXPECT_EQ(units_->Read(second)[0].interval(), 8);
}

TEST_F(SpoolLogTest, SuccessorFindsWhatWasNotForgotten) {
  Open('a');
  units_->Forget(Append(7));
  const GroupId kept = Append(8);
  Append(9, UnitSpool::Use::kRetained);
  units_->NoteMarker(MakeMarker(8), 20);
  Open('b');
  auto legacies = log_->TakeLegacies();
  ASSERT_THAT(legacies, SizeIs(1));
  const Legacy& legacy = legacies.at(Instance('a'));
  ASSERT_THAT(legacy.groups, SizeIs(1));
  EXPECT_EQ(legacy.groups[0].id, kept);
  EXPECT_EQ(legacy.groups[0].interval, 8);
  EXPECT_EQ(legacy.groups[0].sample_count, 20u);
  EXPECT_EQ(legacy.lost_samples, 0u);
  EXPECT_FALSE(legacy.final_interval);
  EXPECT_THAT(units_->Read(kept), SizeIs(2));
}

TEST_F(SpoolLogTest, WhatTheMarkerCountsAndIsNotThereIsLost) {
  Open('a');
  Append(7);
  units_->NoteMarker(MakeMarker(7), 50);
  Open('b');
  EXPECT_EQ(log_->TakeLegacies().at(Instance('a')).lost_samples, 30u);
}

TEST_F(SpoolLogTest, NewGroupsHaveNewNamesAfterARestart) {
  Open('a');
  const GroupId before = Append(7);
  Open('b');
  EXPECT_GT(Append(8), before);
}

TEST_F(SpoolLogTest, NothingIsLeftOfWhoIsFinished) {
  Open('a');
  Append(7);
  units_->NoteMarker(MakeMarker(7), 20);
  units_->NoteGoodbye(7);
  Open('b');
  EXPECT_EQ(log_->TakeLegacies().at(Instance('a')).final_interval, 7);
  log_->Finish(Instance('a'));
  Open('c');
  EXPECT_THAT(log_->TakeLegacies(), IsEmpty());
}

TEST_F(SpoolLogTest, SegmentsGoWhenNothingInThemIsNeeded) {
  Open('a');
  std::vector<GroupId> groups;
  for (int i = 0; i < 20; ++i) groups.push_back(Append(i));
  EXPECT_GT(Segments().size(), 8u);
  for (const GroupId group : groups) units_->Forget(group);
  EXPECT_LE(Segments().size(), 2u);
}

TEST_F(SpoolLogTest, NewestMarkerOutlivesItsSegment) {
  Open('a');
  units_->NoteMarker(MakeMarker(7), 0);
  for (int i = 0; i < 20; ++i) units_->Forget(Append(i));
  Open('b');
  EXPECT_EQ(log_->TakeLegacies().at(Instance('a')).markers.back().interval(), 7);
}

TEST_F(SpoolLogTest, BeyondItsBytesTheOldestGoAndAreTold) {
  options_.max_bytes = 16 << 10;
  Open('a');
  std::vector<GroupId> groups;
  for (int i = 0; i < 20; ++i) groups.push_back(Append(i));
  EXPECT_LE(log_->stats().bytes, options_.max_bytes);
  const std::vector<GroupId> lost = units_->TakeLost();
  ASSERT_FALSE(lost.empty());
  EXPECT_EQ(lost, std::vector<GroupId>(groups.begin(), groups.begin() + static_cast<long>(lost.size())));
  EXPECT_THAT(units_->Read(groups[0]), IsEmpty());
  EXPECT_THAT(units_->Read(groups.back()), SizeIs(2));
}

TEST_F(SpoolLogTest, BeyondItsAgeASegmentGoes) {
  Open('a');
  const GroupId old = Append(1);
  Append(2);
  clock_.Advance(absl::Hours(25));
  Append(3);
  Append(4);
  EXPECT_THAT(units_->TakeLost(), testing::Contains(old));
}

TEST_F(SpoolLogTest, SecondAgentIsRefused) {
  Open('a');
  const auto second = SpoolLog::Open(options_, clock_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another agent uses this spool"));
}

TEST_F(SpoolLogTest, FolderIsForItsOwnerOnly) {
  Open('a');
  struct stat state {};
  ASSERT_EQ(stat(options_.folder.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0700u);
}

TEST_F(SpoolLogTest, DamagedFilesNeverStopAnAgentNorInventSamples) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  Open('a');
  for (int i = 0; i < 12; ++i) Append(i);
  units_->NoteMarker(MakeMarker(11), 240);
  units_.reset();
  log_.reset();
  const std::string saved = dir_.path() + "/saved";
  std::filesystem::copy(options_.folder, saved);
  for (int round = 0; round < 300; ++round) {
    std::filesystem::remove_all(options_.folder);
    std::filesystem::copy(saved, options_.folder);
    const std::vector<std::string> paths = Segments();
    const std::string& path = paths[random() % paths.size()];
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (random() % 2 == 0) {
      bytes.resize(random() % (bytes.size() + 1));
    } else {
      for (unsigned flips = 1 + random() % 5; flips > 0; --flips) {
        bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
      }
    }
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    Open('b');
    auto legacies = log_->TakeLegacies();
    const Legacy legacy = legacies[Instance('a')];
    uint64_t samples = 0;
    for (const Legacy::Group& group : legacy.groups) {
      EXPECT_THAT(units_->Read(group.id), SizeIs(2));
      samples += group.sample_count;
    }
    EXPECT_LE(samples, 240u);
    if (!legacy.markers.empty()) {
      EXPECT_EQ(samples + legacy.lost_samples, 240u);
    }
  }
}

}  // namespace
}  // namespace tributary
