#include "global/receive/audit_board.h"

#include <map>
#include <string>
#include <tuple>

#include "gtest/gtest.h"

namespace tributary {
namespace {

const InstanceId kAda = *InstanceId::FromBytes(std::string(16, 'a'));
const InstanceId kBob = *InstanceId::FromBytes(std::string(16, 'b'));

v1::Marker MarkerOf(IntervalIndex interval, uint64_t samples) {
  v1::Marker marker;
  marker.set_interval(interval);
  marker.set_sample_count(samples);
  return marker;
}

ManifestChunk ChunkOf(const InstanceId& instance, uint32_t chunk, uint64_t samples) {
  return {.instance = instance, .chunk = chunk, .chunk_count = 2, .crc32c = 0, .sample_count = samples};
}

CommitPlan PlanOf(IntervalIndex interval, bool closed, std::vector<ManifestChunk> chunks) {
  CommitPlan plan;
  WindowCommit& window = plan.windows.emplace_back();
  window.interval = interval;
  window.manifest.closed = closed;
  window.manifest.chunks = std::move(chunks);
  return plan;
}

// (interval, first letter of the instance) -> (announced or -1, committed, late)
std::map<std::pair<IntervalIndex, char>, std::tuple<int, int, int>> Described(const AuditBoard& board,
                                                                              uint32_t intervals = 60) {
  v1::InspectResponse response;
  board.Describe(intervals, response);
  std::map<std::pair<IntervalIndex, char>, std::tuple<int, int, int>> shares;
  for (const v1::IntervalShares& interval : response.audit()) {
    for (const v1::Share& share : interval.shares()) {
      shares[{interval.interval(), share.instance()[0]}] = {share.has_announced() ? int(share.announced()) : -1,
                                                            share.committed(), share.late()};
    }
  }
  return shares;
}

using Shares = decltype(Described(std::declval<AuditBoard>()));

TEST(AuditBoardTest, AddsUpWhatIsCommittedOfEachInstance) {
  AuditBoard board({});
  board.Announce(kAda, MarkerOf(7, 30));
  board.Commit(PlanOf(7, true, {ChunkOf(kAda, 0, 10), ChunkOf(kAda, 1, 20), ChunkOf(kBob, 0, 5)}));
  EXPECT_EQ(Described(board), (Shares{{{7, 'a'}, {30, 30, 0}}, {{7, 'b'}, {-1, 5, 0}}}));
}

TEST(AuditBoardTest, AChunkCountsOnlyWithTheStepThatNamesItForGood) {
  AuditBoard board({});
  board.Commit(PlanOf(7, false, {ChunkOf(kAda, 0, 10)}));
  EXPECT_EQ(Described(board), Shares());
  board.Commit(PlanOf(7, true, {ChunkOf(kAda, 0, 10)}));
  EXPECT_EQ(Described(board), (Shares{{{7, 'a'}, {-1, 10, 0}}}));
}

TEST(AuditBoardTest, LateChunksAreTheirOwn) {
  AuditBoard board({});
  board.Commit(PlanOf(7, false, {ChunkOf(kAda, kFirstLateChunk + 3, 10)}));
  EXPECT_EQ(Described(board), (Shares{{{7, 'a'}, {-1, 0, 10}}}));
}

TEST(AuditBoardTest, KnowsWhatAFormerLifeHasCommitted) {
  WindowBookState state;
  Manifest manifest;
  manifest.closed = true;
  manifest.chunks = {ChunkOf(kAda, 0, 10)};
  state.manifests[{7, 1}] = {manifest};
  EXPECT_EQ(Described(AuditBoard(state)), (Shares{{{7, 'a'}, {-1, 10, 0}}}));
}

TEST(AuditBoardTest, TellsTheNewestIntervalsAndForgetsTheOldest) {
  AuditBoard board({});
  for (IntervalIndex interval = 1; interval <= AuditBoard::kIntervals + 2; ++interval) {
    board.Announce(kAda, MarkerOf(interval, 1));
  }
  const Shares all = Described(board);
  EXPECT_EQ(all.size(), size_t{AuditBoard::kIntervals});
  EXPECT_EQ(all.begin()->first.first, 3);
  EXPECT_EQ(Described(board, 2).begin()->first.first, AuditBoard::kIntervals + 1);
  board.Announce(kBob, MarkerOf(2, 1));  // forgotten for good
  EXPECT_EQ(Described(board), all);
}

}  // namespace
}  // namespace tributary
