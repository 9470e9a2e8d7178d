#include "local/tap/tap_hub.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tributary {
namespace {

class TapHubTest : public ::testing::Test {
 protected:
  static Tap::Options Everything() { return {.pattern = *TapPattern::Parse("*")}; }
  std::string Open() {
    const auto id = hub_.Open(Everything());
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or("");
  }
  bool open() { return hub_.NewBatch().open(); }
  void Offer(absl::string_view text) {
    if (const TapHub::Batch batch = hub_.NewBatch(); batch.open()) batch.Offer({text, Peer()});
  }
  size_t Polled(const std::string& id) {
    const auto taken = hub_.Poll(id);
    EXPECT_TRUE(taken.ok()) << taken.status();
    return taken.ok() ? taken->records.size() : 0;
  }

  ManualClock clock_{absl::FromUnixSeconds(1'780'000'000)};
  TapHub hub_{clock_};
};

TEST_F(TapHubTest, IsClosedWithoutATap) {
  EXPECT_FALSE(open());
  Open();
  EXPECT_TRUE(open());
}

TEST_F(TapHubTest, OffersEveryLineToEveryTap) {
  const std::string first = Open();
  Offer("a:1|c");
  const std::string second = Open();
  Offer("a:2|c");
  EXPECT_EQ(Polled(first), 2u);
  EXPECT_EQ(Polled(second), 1u);
}

TEST_F(TapHubTest, KeepsATapThatIsPolled) {
  const std::string id = Open();
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(absl::Seconds(4));
    Offer("a:1|c");
    EXPECT_EQ(Polled(id), 1u);
  }
}

TEST_F(TapHubTest, EndsATapThatNobodyPolls) {
  const std::string id = Open();
  clock_.Advance(TapHub::kPatience);
  Offer("a:1|c");
  EXPECT_FALSE(open());
  EXPECT_TRUE(absl::IsNotFound(hub_.Poll(id).status()));
}

TEST_F(TapHubTest, HasRoomForEightAndAgainWhenOneEnds) {
  std::set<std::string> ids;
  for (size_t i = 0; i < TapHub::kMaxTaps; ++i) ids.insert(Open());
  EXPECT_EQ(ids.size(), TapHub::kMaxTaps);
  EXPECT_TRUE(absl::IsResourceExhausted(hub_.Open(Everything()).status()));
  clock_.Advance(TapHub::kPatience);
  Open();
}

TEST_F(TapHubTest, DoesNotKnowIdsItDidNotGive) {
  Open();
  for (const std::string id : {"", "0", "00000000000000000000000000000000"}) {
    EXPECT_TRUE(absl::IsNotFound(hub_.Poll(id).status()));
  }
}

}  // namespace
}  // namespace tributary
