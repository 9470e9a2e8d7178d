#include "cli/capacity/number_columns.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NumberColumnsTest, ColumnsAreFoundByTheirTitles) {
  const auto columns = NumberColumns::Parse("Load, \"throughput\"\r\n# made by hand\n1,10\n\n2, 2e1 \n");
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_THAT(*columns->Column("load"), ElementsAre(1, 2));
  EXPECT_THAT(*columns->Column("throughput"), ElementsAre(10, 20));
  EXPECT_THAT(columns->Column("latency").status().message(),
              HasSubstr("no column `latency`; there is Load, throughput"));
}

TEST(NumberColumnsTest, OneColumnNeedsNoTitle) {
  const auto columns = NumberColumns::Parse("3\n1\n4\n");
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_THAT(*columns->Column("value"), ElementsAre(3, 1, 4));
}

TEST(NumberColumnsTest, TextColumnsAreLeftOutAndGapsAreNotKnown) {
  const auto columns = NumberColumns::Parse("time,value\n2026-01-01,1\n2026-01-02,\n2026-01-03,NA\n");
  ASSERT_TRUE(columns.ok()) << columns.status();
  const std::vector<double> values = *columns->Column("anything");
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0], 1);
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_TRUE(std::isnan(values[2]));
}

TEST(NumberColumnsTest, WhatIsWrongIsNamedByItsPlace) {
  const auto error = [](absl::string_view text) { return std::string(NumberColumns::Parse(text).status().message()); };
  EXPECT_THAT(error("a,b\n1,2\n3,x\n"), HasSubstr("line 3, column 2: 'x' is not a number"));
  EXPECT_THAT(error("a,b\n1,2\n3\n"), HasSubstr("line 3: 1 cells, the first line has 2"));
  EXPECT_THAT(error(""), HasSubstr("no numbers"));
  EXPECT_THAT(error("a,b\n"), HasSubstr("no numbers"));
  EXPECT_THAT(NumberColumns::Read("/does/not/exist").status().message(), HasSubstr("/does/not/exist: No such file"));
}

}  // namespace
}  // namespace tributary
