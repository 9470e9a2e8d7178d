#include "cli/demo_rows.h"

#include <unistd.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace tributary {
namespace {

class DemoRowsTest : public testing::Test {
 protected:
  ~DemoRowsTest() override { unlink(path_.c_str()); }
  void Append(absl::string_view text) { std::ofstream(path_, std::ios::app | std::ios::binary) << text; }

  const std::string path_ = testing::TempDir() + "/demo_rows_" + std::to_string(getpid()) + ".jsonl";
  DemoRows rows_{{path_}, IntervalScale(absl::Seconds(10))};
};

constexpr char kEu[] =
    R"({"name":"c","type":"counter","tag_list":["r:eu"],"start_unix_ms":70000,"version":1,"value":2})"
    "\n";
constexpr char kUs[] =
    R"({"name":"c","type":"counter","tag_list":["r:us"],"start_unix_ms":70000,"version":1,"value":3})"
    "\n";
constexpr char kLate[] =
    R"({"name":"c","type":"counter","tag_list":["r:us"],"start_unix_ms":70000,"version":2,"late":true,"value":4})"
    "\n";

TEST_F(DemoRowsTest, AFileThatIsNotThereYetIsEmpty) {
  EXPECT_TRUE(rows_.Read().ok());
  EXPECT_EQ(rows_.Total("c", 7), 0);
}

TEST_F(DemoRowsTest, SeriesAndVersionsAddUpAndRepeatsDoNot) {
  Append(std::string(kEu) + kUs + kLate + kUs);
  ASSERT_TRUE(rows_.Read().ok());
  EXPECT_EQ(rows_.Total("c", 7), 9);
  EXPECT_EQ(rows_.Total("c", 8), 0);
}

TEST_F(DemoRowsTest, AnUnfinishedLineWaitsForItsEnd) {
  const std::string line = kEu;
  Append(line.substr(0, 20));
  ASSERT_TRUE(rows_.Read().ok());
  EXPECT_EQ(rows_.Total("c", 7), 0);
  Append(line.substr(20));
  ASSERT_TRUE(rows_.Read().ok());
  EXPECT_EQ(rows_.Total("c", 7), 2);
}

TEST_F(DemoRowsTest, ALineThatIsNoRowIsToldWithItsFile) {
  Append("{\"name\":\n");
  const absl::Status status = rows_.Read();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find(path_), absl::string_view::npos);
}

TEST_F(DemoRowsTest, APartialRowIsCountedOnce) {
  const std::string partial =
      R"({"name":"t","type":"timer","tag_list":[],"start_unix_ms":70000,"version":1,"partial":true,"count":5})"
      "\n";
  Append(partial + partial);
  ASSERT_TRUE(rows_.Read().ok());
  EXPECT_EQ(rows_.Count("t", 7), 5);
  EXPECT_EQ(rows_.partial_rows(), 1u);
}

}  // namespace
}  // namespace tributary
