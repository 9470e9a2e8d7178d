#include "local/shard/fold_ledger.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

Client NewClient(int number) {
  Client client;
  client.peer = Peer::OfProcess(1 + number, 0);
  client.hash = number;
  return client;
}

TEST(FoldLedgerTest, AddsUpByMetricClientAndReason) {
  FoldLedger ledger;
  ledger.Add("a", NewClient(1), FoldReason::kMetricLimit, 2);
  ledger.Add("a", NewClient(1), FoldReason::kMetricLimit, 3);
  ledger.Add("a", NewClient(1), FoldReason::kValueLimit, 4);
  ledger.Add("a", NewClient(2), FoldReason::kMetricLimit, 5);
  ledger.Add("b", NewClient(1), FoldReason::kMetricLimit, 6);
  const std::vector<Fold> folds = ledger.Take();
  ASSERT_EQ(folds.size(), 4u);
  EXPECT_EQ(folds[0].metric, "a");
  EXPECT_EQ(folds[0].client, NewClient(1).peer);
  EXPECT_EQ(folds[0].samples, 5u);
  EXPECT_TRUE(ledger.Take().empty());
}

TEST(FoldLedgerTest, KeepsTotalsBeyondItsBound) {
  FoldLedger ledger;
  for (int i = 0; i < 100'000; ++i) {
    ledger.Add(absl::StrCat("name", i), NewClient(1), i % 2 == 0 ? FoldReason::kTagLimit : FoldReason::kSeriesLimit, 1);
  }
  const std::vector<Fold> folds = ledger.Take();
  EXPECT_EQ(folds.size(), FoldLedger::kMaxFolds + 2);  // one for each reason
  EXPECT_EQ(folds.back().metric, "__other__");
  uint64_t samples = 0;
  for (const Fold& fold : folds) samples += fold.samples;
  EXPECT_EQ(samples, 100'000u);
}

}  // namespace
}  // namespace tributary
