#include "local/ingest/sample_queue.h"

#include <vector>

#include "common/statsd/line_parser.h"
#include "tests/local/shard/shard_fixture.h"

namespace tributary {
namespace {

class SampleQueueTest : public ShardFixture {
 protected:
  void Parse(absl::string_view line) { ASSERT_EQ(parser_.Parse(line, queue_), LineError::kNone) << line; }

  LineParser parser_;  // one buffer of values for all lines
  std::unique_ptr<Shard> shard_ = NewShard();
  SampleQueue queue_{*shard_};
};

TEST_F(SampleQueueTest, KeepsTheValuesOfEachLine) {
  double total = 0;
  for (int i = 1; i <= 100; ++i) {
    Parse("hits:" + std::to_string(i) + "|c");
    total += i;
  }
  queue_.Flush();
  EXPECT_EQ(CounterTotal(Take(*shard_).main), total);
}

TEST_F(SampleQueueTest, HandsNothingOnTwice) {
  Parse("hits:1|c");
  queue_.Flush();
  queue_.Flush();
  EXPECT_EQ(CounterTotal(Take(*shard_).main), 1);
}

// Of gauges the last one counts, and changes apply to it: single values, packed ones and more than wait at once.
TEST_F(SampleQueueTest, KeepsTheOrderOfSamples) {
  for (int i = 0; i < 30; ++i) {
    Parse("depth:1000|g");
    Parse("depth:5:7|g");
    Parse("depth:+" + std::to_string(i) + "|g");
  }
  queue_.Flush();
  const Window window = Take(*shard_).main;
  ASSERT_EQ(window.entries.size(), 1u);
  EXPECT_EQ(std::get<GaugeAggregate>(window.entries[0].value).last, 7 + 29);
  EXPECT_EQ(window.entries[0].sample_count, 30u * 4);
}

TEST_F(SampleQueueTest, KeepsTheOrderOfSamplesChecksAndEvents) {
  Parse("a:1|c");
  Parse("_sc|db.up|0");
  Parse("b:1|c");
  Parse("_e{3,3}:foo|bar");
  Parse("c:1|s");
  queue_.Flush();
  const Window window = Take(*shard_).main;
  EXPECT_EQ(Names(window),
            (std::vector<std::string>{"global a #", "host db.up #host:web-1", "global b #", "global c #"}));
  EXPECT_EQ(window.events.size(), 1u);
}

}  // namespace
}  // namespace tributary
