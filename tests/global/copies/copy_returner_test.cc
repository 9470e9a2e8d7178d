// A lost history comes back to a global that has begun anew with an empty store.

#include "global/copies/copy_returner.h"

#include <atomic>

#include "absl/time/clock.h"
#include "common/rpc/channel.h"
#include "global/copies/store_feed.h"
#include "global/handover/history_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/write_batch.h"
#include "tests/global/copies/copy_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// The owner's service, without sockets.
struct Owner {
  explicit Owner(Source& source, const Clock& clock)
      : service(
            *source.ledger, {"test", "global-0", absl::Seconds(10)},
            [this, &source](std::function<void(rocksdb::WriteBatch&)> fill, absl::Duration) {
              MutexLock lock(mutex);  // as on the thread that commits
              rocksdb::WriteBatch batch;
              fill(batch);
              return source.database->Write(batch, /*durable=*/true);
            },
            [] { return std::vector<View>(); }, clock, telemetry) {}
  Mutex mutex;
  Telemetry telemetry;
  HistoryService service;
  std::atomic<int> calls{0};
  std::atomic<int> fails_every{0};  // of the calls, or none
  std::atomic<bool> is_down{false};
};

class DirectPeer : public HistoryPeer {
 public:
  explicit DirectPeer(Owner& owner) : owner_(owner) {}
  absl::StatusOr<v1::HandoverReply> Begin(const v1::HandoverBegin& begin, absl::Duration) override {
    return Call([&](v1::HandoverReply& reply) { return owner_.service.Begin(nullptr, &begin, &reply); });
  }
  absl::StatusOr<v1::HandoverReply> Take(const v1::HandoverChunk& chunk, absl::Duration) override {
    return Call([&](v1::HandoverReply& reply) { return owner_.service.Take(nullptr, &chunk, &reply); });
  }
  absl::StatusOr<v1::HandoverReply> Finish(const v1::HandoverFinish& finish, absl::Duration) override {
    return Call([&](v1::HandoverReply& reply) { return owner_.service.Finish(nullptr, &finish, &reply); });
  }

 private:
  template <class Run>
  absl::StatusOr<v1::HandoverReply> Call(Run run) {
    const int call = ++owner_.calls;
    if (owner_.is_down) return absl::UnavailableError("down");
    v1::HandoverReply reply;
    if (const absl::Status status = ToAbslStatus(run(reply)); !status.ok()) return status;
    // Done, and the answer is lost.
    if (owner_.fails_every > 0 && call % owner_.fails_every == 0) return absl::UnavailableError("lost");
    return reply;
  }
  Owner& owner_;
};

class CopyReturnerTest : public testing::Test {
 protected:
  CopyReturnerTest()
      : lost_(lost_folder_.path()),
        now_(now_folder_.path()),
        held_(*HeldCopies::Open(HeldOptions(held_folder_.path()), clock_)) {}

  // What is in the lost store, at the holder.
  void Copy() {
    ASSERT_TRUE(held_->Begin(lost_.name, "global-0").ok());
    StoreFeed feed(*lost_.database, "");
    for (bool more = true; more;) {
      v1::CopyChunk chunk;
      more = *feed.Next(1 << 20, chunk);
      chunk.set_store(lost_.name);
      if (!more) chunk.set_through_unix_ms(absl::ToUnixMillis(lost_.through()));
      ASSERT_TRUE(held_->Apply(chunk).ok());
    }
  }
  std::unique_ptr<CopyReturner> Returning(Owner& owner, std::vector<Member> members = {{"global-0", "a:1", 1}}) {
    CopyReturner::Options options{"test", absl::Seconds(10), absl::Seconds(1), absl::Milliseconds(10)};
    const View view{.sequence = 1, .effective_from = 1, .members = std::move(members)};
    auto returner = std::make_unique<CopyReturner>(
        *held_, options, [view] { return std::vector<View>{view}; },
        [&owner](const Member&) { return std::make_unique<DirectPeer>(owner); }, clock_, metrics_);
    returner->Start();
    return returner;
  }
  bool IsReturned() {
    for (int i = 0; i < 4000 && !held_->List().empty(); ++i) absl::SleepFor(absl::Milliseconds(5));
    return held_->List().empty();
  }

  const TempDir lost_folder_, now_folder_, held_folder_;
  const ManualClock clock_{IntervalScale(absl::Seconds(10)).Start(Source::kFirst + 500)};
  Source lost_, now_;
  std::unique_ptr<HeldCopies> held_;
  Telemetry telemetry_;
  HandoverMetrics metrics_{telemetry_};
};

TEST_F(CopyReturnerTest, ALostHistoryIsThereOnceBesideWhatWasMadeAnew) {
  lost_.Count("hits", 400);
  Copy();
  now_.next = Source::kFirst + 350;  // 50 intervals that the lost store has, too, and ten that came after
  now_.Count("hits", 60);
  held_->Announce(now_.name, "global-0");
  Owner owner(now_, clock_);
  owner.fails_every = 3;
  const auto returner = Returning(owner);
  ASSERT_TRUE(IsReturned());
  EXPECT_EQ(TotalOf(*now_.ledger, "hits"), 410);
  now_.Count("hits", 400);  // and is rolled up with what comes
  now_.RollUp();
  EXPECT_EQ(TotalOf(*now_.ledger, "hits", absl::Minutes(1)), 810);
}

TEST_F(CopyReturnerTest, WhatWasBegunIsGoneOnWith) {
  lost_.Count("hits", 400);
  Copy();
  held_->Announce(now_.name, "global-0");
  Owner owner(now_, clock_);
  owner.is_down = true;
  {
    const auto returner = Returning(owner);
    while (owner.calls < 2) absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_THAT(held_->List(), SizeIs(1));
  owner.is_down = false;
  const auto returner = Returning(owner);
  ASSERT_TRUE(IsReturned());
  EXPECT_EQ(TotalOf(*now_.ledger, "hits"), 400);
}

TEST_F(CopyReturnerTest, NothingIsGivenToOneThatIsNoMemberOrHasItsStore) {
  lost_.Count("hits", 10);
  Copy();
  Owner owner(now_, clock_);
  {
    const auto returner = Returning(owner);  // it has not said that it has another one
    absl::SleepFor(absl::Milliseconds(50));
  }
  held_->Announce(now_.name, "global-0");
  {
    const auto returner = Returning(owner, {{"global-1", "b:1", 1}});
    absl::SleepFor(absl::Milliseconds(50));
  }
  EXPECT_EQ(owner.calls, 0);
  EXPECT_THAT(held_->List(), SizeIs(1));
}

}  // namespace
}  // namespace tributary
