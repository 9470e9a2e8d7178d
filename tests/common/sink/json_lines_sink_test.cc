#include "common/sink/json_lines_sink.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/common/sink/rows.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;

class JsonLinesSinkTest : public ::testing::Test {
 protected:
  JsonLinesSink MakeSink(uint64_t max_bytes = 1 << 20, int max_files = 5) const {
    return JsonLinesSink({path_.string(), max_bytes, max_files, StatisticOptions()}, TenSeconds());
  }
  static std::string Read(const std::filesystem::path& path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  // The names of the rows of a file, each line parsed.
  static std::vector<std::string> Names(const std::filesystem::path& path) {
    std::vector<std::string> names;
    for (const absl::string_view line : absl::StrSplit(Read(path), '\n', absl::SkipEmpty())) {
      names.push_back(nlohmann::json::parse(line.begin(), line.end())["name"]);
    }
    return names;
  }
  void WriteFile(const std::string& text) const { std::ofstream(path_) << text; }

  const TempDir dir_;
  const std::filesystem::path folder_ = dir_.path();
  std::filesystem::path path_ = folder_ / "rows.jsonl";
};

TEST_F(JsonLinesSinkTest, WritesOneLinePerRow) {
  JsonLinesSink sink = MakeSink();
  EXPECT_EQ(sink.Write({GaugeRow("a", {1}), GaugeRow("b", {1})}).delivered, 2u);
  EXPECT_EQ(sink.Write({GaugeRow("c", {1})}).delivered, 1u);
  EXPECT_THAT(Names(path_), ElementsAre("a", "b", "c"));
  EXPECT_EQ(Read(path_).back(), '\n');
}

TEST_F(JsonLinesSinkTest, AppendsAfterARestart) {
  MakeSink().Write({GaugeRow("a", {1})});
  MakeSink().Write({GaugeRow("b", {1})});
  EXPECT_THAT(Names(path_), ElementsAre("a", "b"));
}

TEST_F(JsonLinesSinkTest, CutsOffTheLineThatACrashLeft) {
  MakeSink().Write({GaugeRow("a", {1})});
  std::ofstream(path_, std::ios::app) << R"({"name":"to)";
  MakeSink().Write({GaugeRow("b", {1})});
  EXPECT_THAT(Names(path_), ElementsAre("a", "b"));
}

TEST_F(JsonLinesSinkTest, CutsOffALineThatIsAllThereIs) {
  WriteFile(R"({"name":"to)");
  MakeSink().Write({GaugeRow("b", {1})});
  EXPECT_THAT(Names(path_), ElementsAre("b"));
}

TEST_F(JsonLinesSinkTest, LeavesAForeignFileAlone) {
  WriteFile("precious notes");
  JsonLinesSink sink = MakeSink();
  const SinkResult result = sink.Write({GaugeRow("b", {1})});
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(result.settled(), 0u);
  EXPECT_EQ(Read(path_), "precious notes");
}

TEST_F(JsonLinesSinkTest, RotatesBySizeAndKeepsSoManyFiles) {
  JsonLinesSink sink = MakeSink(300, 3);  // one row is about 230 bytes
  for (const char* name : {"a", "b", "c", "d", "e"}) sink.Write({GaugeRow(name, {1})});
  EXPECT_THAT(Names(path_), ElementsAre("e"));
  EXPECT_THAT(Names(absl::StrCat(path_.string(), ".1")), ElementsAre("d"));
  EXPECT_THAT(Names(absl::StrCat(path_.string(), ".2")), ElementsAre("c"));
  EXPECT_FALSE(std::filesystem::exists(absl::StrCat(path_.string(), ".3")));
}

TEST_F(JsonLinesSinkTest, OneFileOnlyBeginsAnew) {
  JsonLinesSink sink = MakeSink(300, 1);
  for (const char* name : {"a", "b"}) sink.Write({GaugeRow(name, {1})});
  EXPECT_THAT(Names(path_), ElementsAre("b"));
  EXPECT_FALSE(std::filesystem::exists(absl::StrCat(path_.string(), ".1")));
}

TEST_F(JsonLinesSinkTest, SizeOfAnEarlierLifeCounts) {
  MakeSink(300).Write({GaugeRow("a", {1})});
  MakeSink(300).Write({GaugeRow("b", {1})});
  EXPECT_THAT(Names(path_), ElementsAre("b"));
  EXPECT_THAT(Names(absl::StrCat(path_.string(), ".1")), ElementsAre("a"));
}

TEST_F(JsonLinesSinkTest, BeginsANewFileWhenSomebodyMovedItAway) {
  JsonLinesSink sink = MakeSink();
  sink.Write({GaugeRow("a", {1})});
  std::filesystem::rename(path_, folder_ / "moved");
  sink.Write({GaugeRow("b", {1})});
  EXPECT_THAT(Names(folder_ / "moved"), ElementsAre("a"));
  EXPECT_THAT(Names(path_), ElementsAre("b"));
}

TEST_F(JsonLinesSinkTest, FolderThatIsNotThereIsForLater) {
  path_ = folder_ / "later" / "rows.jsonl";
  JsonLinesSink sink = MakeSink();
  EXPECT_FALSE(sink.Open().ok());
  EXPECT_FALSE(sink.Write({GaugeRow("a", {1})}).status.ok());
  std::filesystem::create_directory(path_.parent_path());
  EXPECT_EQ(sink.Write({GaugeRow("a", {1})}).delivered, 1u);
}

TEST_F(JsonLinesSinkTest, FullDiskIsForLaterAndLeavesNoHalfLines) {
  path_ = "/dev/full";
  JsonLinesSink sink = MakeSink();
  const SinkResult result = sink.Write({GaugeRow("a", {1})});
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(result.settled(), 0u);
}

}  // namespace
}  // namespace tributary
