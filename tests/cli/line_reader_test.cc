#include "cli/line_reader.h"

#include <unistd.h>

#include <thread>
#include <vector>

#include "common/base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;

class LineReaderTest : public ::testing::Test {
 protected:
  LineReaderTest() { TRIBUTARY_CHECK(pipe(ends_) == 0); }
  ~LineReaderTest() override {
    close(ends_[0]);
    EndInput();
  }
  void Write(absl::string_view text) {
    TRIBUTARY_CHECK(write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void EndInput() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  std::vector<std::string> ReadAll(LineReader& reader) {
    std::vector<std::string> lines;
    absl::string_view line;
    while (*reader.Next(line, absl::Seconds(10)) == LineReader::Event::kLine) lines.emplace_back(line);
    return lines;
  }

  int ends_[2];
};

TEST_F(LineReaderTest, TakesEveryLineEndAndALastLineWithoutOne) {
  LineReader reader(ends_[0]);
  Write("a\nb\r\n\n\nc");
  EndInput();
  EXPECT_THAT(ReadAll(reader), ElementsAre("a", "b", "c"));
}

TEST_F(LineReaderTest, TellsThatNothingComes) {
  LineReader reader(ends_[0]);
  absl::string_view line;
  Write("a\nhalf");
  EXPECT_EQ(*reader.Next(line, absl::Seconds(10)), LineReader::Event::kLine);
  EXPECT_EQ(*reader.Next(line, absl::ZeroDuration()), LineReader::Event::kIdle);
  Write(" and half\n");
  EXPECT_EQ(*reader.Next(line, absl::Seconds(10)), LineReader::Event::kLine);
  EXPECT_EQ(line, "half and half");
}

TEST_F(LineReaderTest, SkipsLinesThatAreTooLongAndCountsThem) {
  LineReader reader(ends_[0]);
  std::thread writer([this] {
    Write("a\n" + std::string(3 * LineReader::kMaxLineBytes, 'x') + "\nb\n");
    EndInput();
  });
  EXPECT_THAT(ReadAll(reader), ElementsAre("a", "b"));
  EXPECT_EQ(reader.skipped_lines(), 1u);
  writer.join();
}

}  // namespace
}  // namespace tributary
