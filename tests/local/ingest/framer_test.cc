#include "local/ingest/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"

namespace tributary {
namespace {

const Peer kPeer = Peer::OfProcess(1234, 1000);

class Collector : public TextReceiver {
 public:
  void Receive(absl::string_view text, const Peer& peer) override {
    EXPECT_EQ(peer, kPeer);
    packets.emplace_back(text);
    absl::StrAppend(&all, text, absl::EndsWith(text, "\n") ? "" : "\n");
  }
  void Refuse(absl::string_view text, absl::string_view reason, const Peer& peer) override {
    EXPECT_EQ(peer, kPeer);
    refused.push_back(absl::StrCat(reason, " ", text));
  }
  void EndBatch() override {}
  std::vector<std::string> packets;
  std::string all;
  std::vector<std::string> refused;
};

std::string Packet(absl::string_view text) {
  std::string bytes;
  ByteWriter(bytes).U32(static_cast<uint32_t>(text.size()));
  bytes.append(text.data(), text.size());
  return bytes;
}

TEST(LineFramerTest, GivesTheSameLinesHoweverTheyAreSplit) {
  const std::string stream = "a:1|c\nbb:2|c\n\nccc:3|c\nlast:4|c";
  const std::string expected = "a:1|c\nbb:2|c\n\nccc:3|c\nlast:4|c\n";
  for (size_t split = 1; split < stream.size(); ++split) {
    LineFramer framer(kPeer);
    Collector collector;
    for (size_t at = 0; at < stream.size(); at += split) {
      EXPECT_TRUE(framer.Feed(absl::string_view(stream).substr(at, split), collector));
    }
    framer.Finish(collector);
    EXPECT_EQ(collector.all, expected) << "split every " << split;
  }
}

TEST(LineFramerTest, SkipsALineThatIsTooLongAndNothingElse) {
  LineFramer framer(kPeer);
  Collector collector;
  const std::string chunk(LineFramer::kMaxLineBytes, 'x');
  framer.Feed("before:1|c\nlong", collector);
  framer.Feed(chunk, collector);
  framer.Feed(chunk, collector);
  framer.Feed("tail:1|c\nafter:1|c\n", collector);
  EXPECT_EQ(collector.all, "before:1|c\nafter:1|c\n");
  EXPECT_EQ(framer.TakeSkippedLines(), 1u);
  EXPECT_EQ(framer.TakeSkippedLines(), 0u);
  EXPECT_EQ(collector.refused, std::vector<std::string>{"line_too_long long"});
}

TEST(LineFramerTest, TakesALineOfTheGreatestLength) {
  LineFramer framer(kPeer);
  Collector collector;
  const std::string line(LineFramer::kMaxLineBytes, 'x');
  framer.Feed(line, collector);
  framer.Feed("\n", collector);
  EXPECT_EQ(collector.all.size(), LineFramer::kMaxLineBytes + 1);
  EXPECT_EQ(framer.TakeSkippedLines(), 0u);
}

TEST(LineFramerTest, ForgetsTheEndOfALineThatWasTooLong) {
  LineFramer framer(kPeer);
  Collector collector;
  framer.Feed("x", collector);
  framer.Feed(std::string(LineFramer::kMaxLineBytes, 'x'), collector);
  framer.Finish(collector);
  EXPECT_EQ(collector.all, "");
}

TEST(LengthFramerTest, GivesTheSamePacketsHoweverTheyAreSplit) {
  const std::string stream = Packet("a:1|c\nb:2|c") + Packet("x") + Packet(std::string(300, 'y'));
  for (size_t split = 1; split <= stream.size(); ++split) {
    LengthFramer framer(kPeer, 300);
    Collector collector;
    for (size_t at = 0; at < stream.size(); at += split) {
      EXPECT_TRUE(framer.Feed(absl::string_view(stream).substr(at, split), collector));
    }
    ASSERT_EQ(collector.packets.size(), 3u) << "split every " << split;
    EXPECT_EQ(collector.packets[0], "a:1|c\nb:2|c");
    EXPECT_EQ(collector.packets[1], "x");
    EXPECT_EQ(collector.packets[2], std::string(300, 'y'));
  }
}

TEST(LengthFramerTest, RefusesLengthsOfZeroAndAboveTheLimit) {
  Collector collector;
  EXPECT_FALSE(LengthFramer(kPeer, 300).Feed(absl::string_view("\0\0\0\0", 4), collector));
  EXPECT_FALSE(LengthFramer(kPeer, 300).Feed(Packet(std::string(301, 'y')), collector));
  EXPECT_FALSE(LengthFramer(kPeer, 300).Feed("\xff\xff\xff\xff", collector));
  EXPECT_TRUE(collector.packets.empty());
}

TEST(LengthFramerTest, AnUnfinishedPacketStaysUnfinished) {
  LengthFramer framer(kPeer, 300);
  Collector collector;
  framer.Feed(Packet("a:1|c").substr(0, 7), collector);
  framer.Finish(collector);
  EXPECT_TRUE(collector.packets.empty());
  EXPECT_TRUE(framer.is_unfinished());
}

TEST(UnixStreamFramerTest, TakesLinesAndPacketsHoweverTheyAreSplit) {
  const std::string lines = "py.requests:1|c\nb:2|c\n\nlast:4|c";
  const std::string packets = Packet("a:1|c\nb:2|c") + Packet("last:3|c");
  const std::pair<std::string, std::string> kCases[] = {{lines, "py.requests:1|c\nb:2|c\n\nlast:4|c\n"},
                                                        {packets, "a:1|c\nb:2|c\nlast:3|c\n"}};
  for (const auto& [stream, expected] : kCases) {
    for (size_t split = 1; split <= stream.size(); ++split) {
      UnixStreamFramer framer(kPeer, 16 << 20);
      Collector collector;
      for (size_t at = 0; at < stream.size(); at += split) {
        EXPECT_TRUE(framer.Feed(absl::string_view(stream).substr(at, split), collector));
      }
      framer.Finish(collector);
      EXPECT_EQ(collector.all, expected) << "split every " << split;
    }
  }
}

TEST(UnixStreamFramerTest, RefusesWhatIsNeither) {
  for (const std::string& stream :
       {std::string("\0\0\0\0", 4), Packet(std::string(301, 'y')), std::string(4, '\xff'), std::string("abc\x01:1|c\n"),
        std::string("\0\0\0\x05"
                    "a:1|c",
                    9)}) {
    UnixStreamFramer framer(kPeer, 300);
    Collector collector;
    EXPECT_FALSE(framer.Feed(stream, collector)) << stream;
    EXPECT_TRUE(collector.packets.empty());
    ASSERT_EQ(collector.refused.size(), 1u);
    EXPECT_TRUE(absl::StartsWith(collector.refused[0], "bad_length ")) << collector.refused[0];
  }
}

TEST(UnixStreamFramerTest, ShowsHowARefusedStreamBegan) {
  UnixStreamFramer framer(kPeer, 300);
  Collector collector;
  EXPECT_FALSE(framer.Feed(Packet("long.line:1|c" + std::string(1000, 'y')), collector));
  ASSERT_EQ(collector.refused.size(), 1u);
  EXPECT_TRUE(absl::StrContains(collector.refused[0], "long.line:1|c")) << collector.refused[0];
}

TEST(UnixStreamFramerTest, TellsLinesThatAreTooLong) {
  UnixStreamFramer framer(kPeer, 300);
  Collector collector;
  const std::string chunk(LineFramer::kMaxLineBytes, 'x');
  EXPECT_TRUE(framer.Feed(chunk, collector));
  EXPECT_TRUE(framer.Feed(chunk, collector));
  EXPECT_TRUE(framer.Feed("\nafter:1|c\n", collector));
  EXPECT_EQ(collector.all, "after:1|c\n");
  EXPECT_EQ(framer.TakeSkippedLines(), 1u);
}

TEST(UnixStreamFramerTest, OfAnEndTooShortToTellTextIsALine) {
  UnixStreamFramer text(kPeer, 300), length(kPeer, 300);
  Collector collector;
  text.Feed("a:1", collector);
  text.Finish(collector);
  EXPECT_EQ(collector.all, "a:1\n");
  EXPECT_FALSE(text.is_unfinished());
  length.Feed(Packet("a:1|c").substr(0, 3), collector);
  length.Finish(collector);
  EXPECT_EQ(collector.all, "a:1\n");
  EXPECT_TRUE(length.is_unfinished());
}

TEST(FramerTest, TellsWhatIsWholeAndWhatIsNot) {
  LineFramer lines(kPeer);
  LengthFramer packets(kPeer, 1000);
  UnixStreamFramer unix_lines(kPeer, 1000);
  UnixStreamFramer unix_packets(kPeer, 1000);
  const std::pair<Framer*, std::string> kCases[] = {
      {&lines, "a:1|c\n"}, {&packets, Packet("a:1|c")}, {&unix_lines, "a:1|c\n"}, {&unix_packets, Packet("a:1|c")}};
  for (const auto& [framer, whole] : kCases) {
    Collector collector;
    framer->Feed(absl::string_view(whole).substr(0, whole.size() - 1), collector);
    EXPECT_TRUE(framer->is_unfinished());
    EXPECT_FALSE(framer->TakeProgress());
    framer->Feed(absl::string_view(whole).substr(whole.size() - 1), collector);
    EXPECT_FALSE(framer->is_unfinished());
    EXPECT_TRUE(framer->TakeProgress());
    EXPECT_FALSE(framer->TakeProgress());
    framer->Feed(absl::string_view(whole).substr(0, whole.size() - 2), collector);
    framer->Abandon("slow", collector);
    EXPECT_EQ(collector.refused.size(), 1u);
    EXPECT_TRUE(absl::StartsWith(collector.refused[0], "slow a:1")) << collector.refused[0];
  }
}

}  // namespace
}  // namespace tributary
