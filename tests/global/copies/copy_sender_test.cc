// A store that is copied to another global while it is written, with what goes wrong on the way.

#include "global/copies/copy_sender.h"

#include <atomic>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/copies/copy_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::IsEmpty;
using testing::Optional;

View ViewOf(const std::vector<std::string>& ids) {
  View view{.sequence = 1, .effective_from = 1, .members = {}};
  for (const std::string& id : ids) view.members.push_back({id, id + ":1", 1});
  return view;
}

TEST(HolderTest, IsTheNextById) {
  const auto holder_id = [](const std::string& node, const std::vector<std::string>& ids) {
    const std::optional<Member> holder = HolderOf(node, ViewOf(ids));
    return holder ? std::optional(holder->id) : std::nullopt;
  };
  EXPECT_THAT(holder_id("g-0", {"g-2", "g-0", "g-1"}), Optional(std::string("g-1")));
  EXPECT_THAT(holder_id("g-2", {"g-2", "g-0", "g-1"}), Optional(std::string("g-0")));
  EXPECT_THAT(holder_id("g-1", {"g-0", "g-2"}), Optional(std::string("g-2"))) << "of one that has left, too";
  EXPECT_EQ(holder_id("g-0", {"g-0"}), std::nullopt);
  EXPECT_EQ(holder_id("g-0", {}), std::nullopt);
}

// Who keeps copies, without sockets.
struct Holder {
  explicit Holder(const Clock& clock) : held(*HeldCopies::Open(HeldOptions(folder.path()), clock)) {}
  const TempDir folder;
  std::unique_ptr<HeldCopies> held;
  std::atomic<bool> is_down{false};
  std::atomic<int> chunks{0};
  std::atomic<bool> loses_answers{false};
};

class DirectPeer : public CopyPeer {
 public:
  explicit DirectPeer(Holder& holder) : holder_(holder) {}
  absl::StatusOr<v1::CopyReply> Begin(const v1::CopyBegin& begin, absl::Duration) override {
    if (holder_.is_down) return absl::UnavailableError("down");
    const auto about = holder_.held->Begin(begin.store(), begin.of());
    if (!about.ok()) return about.status();
    v1::CopyReply reply;
    reply.set_cursor(about->cursor);
    return reply;
  }
  absl::StatusOr<v1::CopyReply> Apply(const v1::CopyChunk& chunk, absl::Duration) override {
    if (holder_.is_down) return absl::UnavailableError("down");
    ++holder_.chunks;
    const absl::Status applied = holder_.held->Apply(chunk);
    if (!applied.ok()) return applied;
    if (holder_.loses_answers && holder_.chunks % 3 == 0) return absl::DeadlineExceededError("lost");
    return v1::CopyReply();
  }
  absl::StatusOr<v1::CopyReply> Announce(const v1::CopyBegin& begin, absl::Duration) override {
    if (holder_.is_down) return absl::UnavailableError("down");
    holder_.held->Announce(begin.store(), begin.of());
    return v1::CopyReply();
  }
  absl::StatusOr<v1::CopyReply> Drop(const v1::CopyDrop& drop, absl::Duration) override {
    if (holder_.is_down) return absl::UnavailableError("down");
    const absl::Status dropped = holder_.held->Drop(drop.store());
    if (!dropped.ok()) return dropped;
    return v1::CopyReply();
  }

 private:
  Holder& holder_;
};

class CopySenderTest : public testing::Test {
 protected:
  CopySenderTest() : source_(source_folder_.path()) { Know({"global-0", "global-1"}); }
  ~CopySenderTest() override { sender_.reset(); }

  void Know(const std::vector<std::string>& ids) {
    MutexLock lock(mutex_);
    view_ = ViewOf(ids);
  }
  void StartSending() {
    through_ms_ = absl::ToUnixMillis(source_.through());
    CopySender::Options options{"test", "global-0", absl::Seconds(10), source_.name, absl::Milliseconds(5)};
    CopySender::Source source{[this] {
                                MutexLock lock(mutex_);
                                return std::vector<View>{view_};
                              },
                              [this] { return absl::FromUnixMillis(through_ms_); }};
    sender_ = std::make_unique<CopySender>(
        *source_.database, options, source,
        [this](const Member& member) { return std::make_unique<DirectPeer>(HolderNamed(member.id)); }, clock_,
        metrics_);
    sender_->Start();
  }
  void Count(const std::string& metric, int intervals) {
    source_.Count(metric, intervals);
    through_ms_ = absl::ToUnixMillis(source_.through());
  }
  Holder& HolderNamed(const std::string& id) { return id == "global-1" ? first_ : second_; }
  // Within 20 s.
  template <class Condition>
  static bool Eventually(Condition condition) {
    for (int i = 0; i < 4000; ++i) {
      if (condition()) return true;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return false;
  }
  bool HasAll(const Holder& holder) {
    const auto list = holder.held->List();
    return list.size() == 1 && list[0].through == source_.through();
  }
  double TotalAt(const Holder& holder, const std::string& metric) {
    const auto copy = holder.held->Read(source_.name);
    EXPECT_TRUE(copy.ok()) << copy.status();
    return copy.ok() ? TotalOf(*(*copy)->ledger, metric) : -1;
  }

  const TempDir source_folder_;
  Source source_;
  const SystemClock clock_;
  Holder first_{clock_}, second_{clock_};
  Telemetry telemetry_;
  CopyMetrics metrics_{telemetry_};
  Mutex mutex_;
  View view_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int64_t> through_ms_{0};
  std::unique_ptr<CopySender> sender_;
};

TEST_F(CopySenderTest, WhatIsWrittenIsAtTheHolder) {
  Count("hits", 20);
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  Count("hits", 20);
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  EXPECT_EQ(TotalAt(first_, "hits"), 40);
  EXPECT_EQ(metrics_.begun.value(), 1u);
  EXPECT_THAT(second_.held->List(), IsEmpty());
}

TEST_F(CopySenderTest, GoesOnWhereItWas) {
  Count("hits", 20);
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  first_.is_down = true;
  Count("hits", 20);
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_FALSE(HasAll(first_));
  first_.is_down = false;
  first_.loses_answers = true;
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  sender_.reset();
  source_.Open();
  Count("hits", 20);
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  EXPECT_EQ(TotalAt(first_, "hits"), 60);
  EXPECT_EQ(metrics_.begun.value(), 1u) << "nothing was sent twice from the beginning";
}

TEST_F(CopySenderTest, ALostCopyIsMadeAnew) {
  Count("hits", 20);
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  ASSERT_TRUE(first_.held->Drop(source_.name).ok());
  Count("hits", 20);
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  EXPECT_EQ(TotalAt(first_, "hits"), 40);
  EXPECT_EQ(metrics_.begun.value(), 2u);
}

TEST_F(CopySenderTest, TheFormerCopyGoesWhenTheNewOneIsWhole) {
  Count("hits", 20);
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  second_.is_down = true;
  Know({"global-0", "global-00", "global-1"});  // comes between
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(TotalAt(first_, "hits"), 20) << "as long as the other has none";
  second_.is_down = false;
  ASSERT_TRUE(Eventually([&] { return HasAll(second_) && first_.held->List().empty(); }));
  EXPECT_EQ(TotalAt(second_, "hits"), 20);
}

TEST_F(CopySenderTest, AHolderThatIsAwayDropsItWhenItIsBack) {
  Count("hits", 20);
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  first_.is_down = true;
  Know({"global-0", "global-2"});
  ASSERT_TRUE(Eventually([&] { return HasAll(second_); }));
  sender_.reset();  // who had it is remembered
  source_.Open();
  first_.is_down = false;
  Know({"global-0", "global-00", "global-1"});
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(second_) && first_.held->List().empty(); }));
}

TEST_F(CopySenderTest, WhatWasWrittenLastIsSentBeforeTheEnd) {
  Count("hits", 20);
  StartSending();
  ASSERT_TRUE(Eventually([&] { return HasAll(first_); }));
  Count("last", 500);
  sender_->Stop(absl::Seconds(20));
  EXPECT_TRUE(HasAll(first_));
  EXPECT_EQ(TotalAt(first_, "last"), 500);
}

TEST_F(CopySenderTest, AloneItHasNoCopy) {
  Know({"global-0"});
  Count("hits", 20);
  StartSending();
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(metrics_.begun.value(), 0u);
  EXPECT_EQ(metrics_.lag_seconds.value(), 0);
}

}  // namespace
}  // namespace tributary
