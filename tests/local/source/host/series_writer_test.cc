#include "local/source/host/series_writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/local/source/host/recorder.h"

namespace tributary {
namespace {

class SeriesWriterTest : public ::testing::Test {
 protected:
  Recorder recorder_;
  SeriesWriter out_{recorder_};
};

TEST_F(SeriesWriterTest, ACounterNeedsTwoTotals) {
  Rise rise;
  out_.Counter("c", "a:1", rise, 100);
  EXPECT_EQ(recorder_.size(), 0u);
  out_.Counter("c", "a:1", rise, 130, 0.5);
  EXPECT_EQ(recorder_.Last("counter c #a:1"), 15);
}

// A device that was replaced, or a kernel's 32 bits that ran over: nobody knows by how much.
TEST_F(SeriesWriterTest, ATotalThatFallsBeginsAnew) {
  Rise rise;
  out_.Counter("c", "", rise, 100);
  out_.Counter("c", "", rise, 40);
  EXPECT_EQ(recorder_.size(), 0u);
  out_.Counter("c", "", rise, 42);
  EXPECT_EQ(recorder_.Last("counter c #"), 2);
}

TEST_F(SeriesWriterTest, SharesLieBetweenNothingAndAll) {
  out_.Share("u", "", 3, 4);
  EXPECT_EQ(recorder_.Last("distribution u #"), 0.75);
  out_.Share("u", "", 5, 4);
  EXPECT_EQ(recorder_.Last("distribution u #"), 1);
  out_.Share("none", "", 1, 0);
  out_.Share("none", "", std::nullopt, 1);
  EXPECT_FALSE(recorder_.HasMetric("none"));
}

TEST_F(SeriesWriterTest, LeavesOutWhatIsNoNumber) {
  out_.Gauge("g", "", std::nan(""));
  out_.Gauge("g", "", HUGE_VAL);
  EXPECT_EQ(recorder_.size(), 0u);
}

TEST_F(SeriesWriterTest, TagsAreOneTagWhateverTheName) {
  EXPECT_EQ(TagOf("system.device", "sda"), "system.device:sda");
  EXPECT_EQ(TagOf("k", "a,b|c\nd"), "k:a_b_c_d");
  EXPECT_LE(TagOf("k", std::string(5000, 'x')).size(), 256u);
}

}  // namespace
}  // namespace tributary
