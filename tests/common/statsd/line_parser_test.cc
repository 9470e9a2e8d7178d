#include "common/statsd/line_parser.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/metric/series_key.h"

namespace tributary {
namespace {

// Writes down what it is handed, as "counter name=a.b.c values=1,2 weight=10 tags=a:1 T=5".
class Transcript : public SampleReceiver {
 public:
  void Add(const Sample& sample) override {
    absl::StrAppend(&text, MetricTypeName(sample.type), " ", sample.name);
    if (sample.type == MetricType::kSet) absl::StrAppend(&text, " member=", sample.member);
    if (!sample.values.empty())
      absl::StrAppend(&text, sample.delta ? " deltas=" : " ", absl::StrJoin(sample.values, ","));
    if (sample.weight != 1) absl::StrAppend(&text, " weight=", sample.weight);
    if (!sample.tags.empty()) absl::StrAppend(&text, " #", sample.tags);
    if (sample.unix_seconds != 0) absl::StrAppend(&text, " T", sample.unix_seconds);
  }
  void Add(const CheckSample& check) override {
    absl::StrAppend(&text, "check ", check.name, " ", check.status);
    Field("m", check.message);
    Field("h", check.host);
    Field("#", check.tags);
    if (check.unix_seconds != 0) absl::StrAppend(&text, " d=", check.unix_seconds);
  }
  void Add(const EventSample& event) override {
    absl::StrAppend(&text, "event [", event.title, "] [", event.text, "]");
    Field("k", event.aggregation_key);
    Field("s", event.source_type);
    Field("t", event.alert_type);
    Field("p", event.priority);
    Field("h", event.host);
    Field("#", event.tags);
    if (event.unix_seconds != 0) absl::StrAppend(&text, " d=", event.unix_seconds);
  }
  std::string text;

 private:
  void Field(absl::string_view name, absl::string_view value) {
    if (!value.empty()) absl::StrAppend(&text, " ", name, "=", value);
  }
};

struct Accepted {
  absl::string_view line;
  absl::string_view says;
  int skipped_sections = 0;
};

struct Refused {
  absl::string_view line;
  absl::string_view reason;
};

void ExpectAccepted(const Accepted& row) {
  SCOPED_TRACE(std::string(row.line));
  LineParser parser;
  Transcript transcript;
  EXPECT_EQ(LineErrorName(parser.Parse(row.line, transcript)), "none");
  EXPECT_EQ(transcript.text, row.says);
  EXPECT_EQ(parser.skipped_sections(), static_cast<uint64_t>(row.skipped_sections));
}

void ExpectRefused(const Refused& row) {
  SCOPED_TRACE(std::string(row.line));
  LineParser parser;
  Transcript transcript;
  EXPECT_EQ(LineErrorName(parser.Parse(row.line, transcript)), row.reason);
  EXPECT_EQ(transcript.text, "");  // nothing of a refused line is handed on
}

// The rows are those Veneur's parser was asked; a comment marks where its answer was another one, and wrong.

TEST(LineParserTest, ReadsValuesOfEveryType) {
  const Accepted rows[] = {
      {"a.b.c:1|c", "counter a.b.c 1"},
      {"a.b.c:+1|c", "counter a.b.c 1"},
      {"a.b.c:-1|c", "counter a.b.c -1"},
      {"a.b.c:1e3|c", "counter a.b.c 1000"},
      {"a.b.c:1.5|c", "counter a.b.c 1.5"},
      {"a.b.c:.5|c", "counter a.b.c 0.5"},
      {"a.b.c:5.|c", "counter a.b.c 5"},
      {"a.b.c:1|g", "gauge a.b.c 1"},
      {"a.b.c:1|h", "histogram a.b.c 1"},
      {"a.b.c:1.234|h", "histogram a.b.c 1.234"},
      {"a.b.c:0.1716|d|#filter:x", "distribution a.b.c 0.1716 #filter:x"},
      {"a.b.c:1|ms", "timer a.b.c 1"},
      {"a.b.c:1.234|ms", "timer a.b.c 1.234"},
      {"a.b.c:1|m", "timer a.b.c 1"},
      {"a.b.c:foo|s", "set a.b.c member=foo"},
      // Veneur made two members of it: "10.0.0.1" and "8080".
      {"a.b.c:10.0.0.1:8080|s", "set a.b.c member=10.0.0.1:8080"},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, ReadsSignedGaugesAsDeltas) {
  // Veneur took them as levels; StatsD's specification says they are changes.
  ExpectAccepted({"a.b.c:+5|g", "gauge a.b.c deltas=5"});
  ExpectAccepted({"a.b.c:-5|g", "gauge a.b.c deltas=-5"});
  ExpectAccepted({"a.b.c:+1:-2|g", "gauge a.b.c deltas=1,-2"});
  ExpectRefused({"a.b.c:5:-2|g", "bad_value"});
  ExpectRefused({"a.b.c:+5:2|g", "bad_value"});
}

TEST(LineParserTest, ReadsSignedGaugesAsLevelsWhenToldTo) {
  LineParser parser({.gauge_deltas = false});
  Transcript transcript;
  EXPECT_EQ(parser.Parse("temperature:-5:+3|g", transcript), LineError::kNone);
  EXPECT_EQ(transcript.text, "gauge temperature -5,3");
}

TEST(LineParserTest, ReadsPackedValues) {
  const Accepted rows[] = {
      {"a.b.c:1:2:3:4|ms|@0.1|#result:success,op:frob", "timer a.b.c 1,2,3,4 weight=10 #result:success,op:frob"},
      {"a.b.c:1:2|c", "counter a.b.c 1,2"},
      {"a.b.c:1:2|g", "gauge a.b.c 1,2"},
      {"a.b.c:21::22|d", "distribution a.b.c 21,22"},  // the Datadog agent skips what is empty
      {"a.b.c:1:|c", "counter a.b.c 1"},
      {"a.b.c::1|c", "counter a.b.c 1"},  // refused by Veneur
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, ReadsSectionsInAnyOrder) {
  const Accepted rows[] = {
      {"a.b.c:1|c|#foo:bar,baz:gorch", "counter a.b.c 1 #foo:bar,baz:gorch"},
      {"a.b.c:1|c|#", "counter a.b.c 1"},
      {"foo:1|c|#a,,b", "counter foo 1 #a,,b"},
      {"foo:1|c|#b:2,a:1,b:2", "counter foo 1 #b:2,a:1,b:2"},
      {"a.b.c:1|c|@0.1", "counter a.b.c 1 weight=10"},
      {"a.b.c:1|c|@0.1|#foo:bar", "counter a.b.c 1 weight=10 #foo:bar"},
      {"a.b.c:1|c|#a:1|@0.5", "counter a.b.c 1 weight=2 #a:1"},
      {"a.b.c:1|g|@0.1", "gauge a.b.c 1 weight=10"},
      {"a.b.c:1|h|#veneurlocalonly,tag2:quacks", "histogram a.b.c 1 #veneurlocalonly,tag2:quacks"},
      {"a.b.c:1|h|#veneurglobalonly,tag2:quacks", "histogram a.b.c 1 #veneurglobalonly,tag2:quacks"},
      {"a.b.c:1|h|#veneurglobalonly:true,t:1", "histogram a.b.c 1 #veneurglobalonly:true,t:1"},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, TakesNamesAsTheyAre) {
  ExpectAccepted({"foo bar:1|c", "counter foo bar 1"});
  ExpectAccepted({"foo{x}:1|c", "counter foo{x} 1"});
  ExpectAccepted({"caf\xc3\xa9:1|c", "counter caf\xc3\xa9 1"});
  ExpectAccepted({"\xff\x01:1|c", "counter \xff\x01 1"});
}

TEST(LineParserTest, ReadsTheFieldsOfNewerDogStatsD) {
  // Veneur refused every one of them, and with them the clients of today.
  const Accepted rows[] = {
      {"foo:1|c|c:ci-abc123", "counter foo 1"},
      {"foo:1|c|#a:1|c:abc", "counter foo 1 #a:1"},
      {"foo:1|c|T1656581400", "counter foo 1 T1656581400"},
      {"foo:1|c|e:it-false", "counter foo 1"},
      {"foo:1|c|#a:1|c:ci-83fc,in-4026|e:it-false,cn-app,pu-810f|card:low|T1656581400",
       "counter foo 1 #a:1 T1656581400"},
      {"foo:1|c|card:high", "counter foo 1"},
      // datadog-go's reservoir sends stored / total as rate.
      {"foo:1:2|d|@0.25|#env:p|c:in-1", "distribution foo 1,2 weight=4 #env:p"},
      // Micrometer, jsocl's statsd, PHP.
      {"jvm.memory.used:1.23e8|g|#area:heap", "gauge jvm.memory.used 1.23e+08 #area:heap"},
      {"page.render:320|ms|@0.1", "timer page.render 320 weight=10"},
      // hot-shots' Telegraf mode keeps its tags in the name.
      {"cpu,host=a:1|c", "counter cpu,host=a 1"},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, SkipsAndCountsUnknownAndRepeatedSections) {
  // All refused by Veneur.
  const Accepted rows[] = {
      {"foo:1|c|foo", "counter foo 1", 1},
      {"foo:1|c|", "counter foo 1", 1},
      {"foo:1|c||", "counter foo 1", 2},
      {"foo:1|c|zz:1|#a:1|future", "counter foo 1 #a:1", 2},
      {"foo:1|c|@0.5|@0.2", "counter foo 1 weight=5", 1},
      {"foo:1|c|#foo|#bar", "counter foo 1 #bar", 1},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, WeighsByTheExactReciprocalOfTheRate) {
  LineParser parser;
  struct Weight : Transcript {
    void Add(const Sample& sample) override { weight = sample.weight; }
    using Transcript::Add;
    double weight = 0;
  } receiver;
  for (const auto& [line, weight] : {std::pair<const char*, double>{"a:1|c|@0.3", 1 / 0.3},
                                     {"a:1|c|@0.1", 10.0},  // Veneur counted 9
                                     {"a:1|c|@1", 1.0},
                                     {"a:1|c|@3e-7", 1 / 3e-7}}) {
    EXPECT_EQ(parser.Parse(line, receiver), LineError::kNone);
    EXPECT_EQ(receiver.weight, weight) << line;
  }
}

TEST(LineParserTest, RefusesLinesWithoutValueNameOrType) {
  const Refused rows[] = {
      {"", "no_value"},
      {"foo", "no_value"},
      {"foo|c", "no_value"},
      {"foo|c:1", "no_value"},
      {"|", "no_value"},
      {"a.b.c:|s", "no_value"},  // Veneur said nothing
      {"a.b.c:|c", "no_value"},  // nor here
      {"a.b.c:::|c", "no_value"},
      {"foo:|c|", "no_value"},
      {":1|c", "no_name"},
      {":", "no_name"},
      {"foo:1", "unknown_type"},
      {"foo:1|", "unknown_type"},
      {"foo:1||", "unknown_type"},
      {"foo:1|foo|", "unknown_type"},
      // Veneur looked at the first byte only.
      {"a.b.c:1|ct", "unknown_type"},
      {"a.b.c:1|cxyz", "unknown_type"},
      {"a.b.c:1|gg", "unknown_type"},
      {"a.b.c:1|hist", "unknown_type"},
      {"a.b.c:1|mxyz", "unknown_type"},
      {"a.b.c:1|C", "unknown_type"},
      {"foo:1|c#a:1", "unknown_type"},  // and lost these tags
  };
  for (const Refused& row : rows) ExpectRefused(row);
}

TEST(LineParserTest, RefusesWhatIsNoFiniteDecimalNumber) {
  const absl::string_view values[] = {
      "nan", "NaN", "inf", "-inf", "+inf", "+Infinity", "1e400",  "fart", "0x10",
      " 1",  "1 ",  "+",   "-",    ".",    "--1",       "+-1",    "-+1",  "1_000" /* Veneur: 1000 */,
      "1,5", "e5",  "1e",  "1e+",  "1f",   "b:1",       "1:bad:3"};
  for (const absl::string_view value : values) {
    for (const absl::string_view type : {"c", "g", "ms", "h", "d"}) {
      ExpectRefused({absl::StrCat("x:", value, "|", type), "bad_value"});
    }
  }
}

TEST(LineParserTest, RefusesRatesOutsideZeroToOne) {
  for (const absl::string_view rate : {"-0.1", "0", "-0", "1.1", "", "nan", "inf", "fart", "1e-320", "0.5x", " 0.5"}) {
    ExpectRefused({absl::StrCat("foo:1|c|@", rate), "bad_rate"});
  }
}

TEST(LineParserTest, RefusesTimestampsThatAreNone) {
  for (const absl::string_view timestamp : {"", "0", "-5", "x", "1.5", "99999999999999999999"}) {
    ExpectRefused({absl::StrCat("foo:1|c|T", timestamp), "bad_timestamp"});
  }
}

TEST(LineParserTest, RefusesNamesBeyondTheLimit) {
  const std::string longest(kMaxNameBytes, 'n');
  LineParser parser;
  Transcript transcript;
  EXPECT_EQ(parser.Parse(absl::StrCat(longest, ":1|c"), transcript), LineError::kNone);
  ExpectRefused({absl::StrCat(longest, "n:1|c"), "name_too_long"});
  ExpectRefused({absl::StrCat("_sc|", longest, "n|0"), "bad_check"});
}

TEST(LineParserTest, ReadsEvents) {
  const Accepted rows[] = {
      {"_e{3,3}:foo|bar", "event [foo] [bar]"},
      {"_e{3,3}:foo|bar|k:foos|s:test|t:success|p:low|#foo:bar,baz:qux|d:1136239445|h:example.com",
       "event [foo] [bar] k=foos s=test t=success p=low h=example.com #=foo:bar,baz:qux d=1136239445"},
      {"_e{3,15}:foo|foo\\nbar\\nbaz\\n", "event [foo] [foo\\nbar\\nbaz\\n]"},
      {"_e{3,3}:foo|bar|#veneurlocalonly,a:1", "event [foo] [bar] #=veneurlocalonly,a:1"},
      // The lengths decide; Veneur refused a '|' in title or text.
      {"_e{7,3}:foo|bar|baz", "event [foo|bar] [baz]"},
      {"_e{3,7}:foo|bar|baz", "event [foo] [bar|baz]"},
      {"_e{6,2}:caf\xc3\xa9!|\xc3\xa9|t:info", "event [caf\xc3\xa9!] [\xc3\xa9] t=info"},
      {"_e{3,0}:foo|", "event [foo] []"},
      {"_e{3,3}:foo|bar|c:container|e:it-false|card:low", "event [foo] [bar]"},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, SkipsWhatItCannotReadInEvents) {
  // An event without a readable date is an event; Veneur lost it.
  const Accepted rows[] = {
      {"_e{3,3}:foo|bar|d:abc", "event [foo] [bar]", 1},
      {"_e{3,3}:foo|bar|p:baz", "event [foo] [bar]", 1},
      {"_e{3,3}:foo|bar|t:baz", "event [foo] [bar]", 1},
      {"_e{3,3}:foo|bar|t:info|t:error", "event [foo] [bar] t=error", 1},
      {"_e{3,3}:foo|bar||", "event [foo] [bar]", 2},
      {"_e{3,3}:foo|bar|x:1", "event [foo] [bar]", 1},
      {"_e{3,0}:foo||", "event [foo] []", 1},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

// As JavaScript counts: the clef is two units.
TEST(LineParserTest, ReadsEventsWhoseLengthsCountUtf16) {
  const Accepted rows[] = {
      {"_e{9,4}:größer 𝄞|über|t:error|#stadt:köln", "event [größer 𝄞] [über] t=error #=stadt:köln"},
      {"_e{6,3}:größer|a|ö", "event [größer] [a|ö]"},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, RefusesEventsWhoseLengthsDoNotFit) {
  const absl::string_view lines[] = {
      "_e{4,3}:foo|bar",
      "_e{3,4}:foo|bar",
      "_e{3,2}:foo|bar",
      "_e{2,3}:foo|bar",
      "_e{0,3}:|bar",
      "_e{-1,3}:foo|bar",
      "_e{3}:foo|bar",
      "_e{3,3}:foo",
      "_e{3,3}",
      "_e{3,3}foo|bar",
      "_e{,}:foo|bar",
      "_e{3,3:foo|bar",
      "_e{3, 3}:foo|bar",
      "_e{4294967295,4294967295}:foo|bar",
      "_e{99999999999,1}:foo|bar",
      "_e{",
  };
  for (const absl::string_view line : lines) ExpectRefused({line, "bad_event"});
}

TEST(LineParserTest, ReadsChecks) {
  const Accepted rows[] = {
      {"_sc|foo.bar|0", "check foo.bar 0"},
      {"_sc|foo.bar|1", "check foo.bar 1"},
      {"_sc|foo.bar|2", "check foo.bar 2"},
      {"_sc|foo.bar|3", "check foo.bar 3"},
      {"_sc|foo.bar|0|#foo:bar,qux:dor|d:1136239445|h:example.com",
       "check foo.bar 0 h=example.com #=foo:bar,qux:dor d=1136239445"},
      {"_sc|foo|0|m:foo\\nbar", "check foo 0 m=foo\\nbar"},
      {"_sc|foo|1|#veneurglobalonly,a:1", "check foo 1 #=veneurglobalonly,a:1"},
      {"_sc|foo|1|#veneurglobalonly:true,a:1", "check foo 1 #=veneurglobalonly:true,a:1"},
      // datadog-go puts the container after the message; Veneur refused whatever followed one.
      {"_sc|foo|0|m:down|c:ci-1|e:it-false", "check foo 0 m=down"},
      {"_sc|foo.bar|0|m:a|#b:1", "check foo.bar 0 m=a #=b:1"},
  };
  for (const Accepted& row : rows) ExpectAccepted(row);
}

TEST(LineParserTest, SkipsWhatItCannotReadInChecks) {
  ExpectAccepted({"_sc|foo.bar|0||", "check foo.bar 0", 2});
  ExpectAccepted({"_sc|foo.bar|0|d:abc", "check foo.bar 0", 1});
  ExpectAccepted({"_sc|foo.bar|0|x:1", "check foo.bar 0", 1});
}

TEST(LineParserTest, RefusesChecksWithoutNameOrStatus) {
  for (const absl::string_view line : {"_sc|foo.bar", "_sc|foo.bar|", "_sc|foo.bar|5", "_sc|foo.bar|-1",
                                       "_sc|foo.bar|OK", "_sc|foo.bar|00x", "_sc||0", "_sc|"}) {
    ExpectRefused({line, "bad_check"});
  }
  ExpectRefused({"foo.bar|0", "no_value"});
  ExpectRefused({"_scx|foo|0", "no_value"});
}

TEST(LineParserTest, ReadsTheNextLineAsIfItWereTheFirst) {
  LineParser parser;
  Transcript bad;
  EXPECT_EQ(parser.Parse("a:1:2:x|c|@0.1|#t", bad), LineError::kBadValue);
  Transcript good;
  EXPECT_EQ(parser.Parse("b:7|c", good), LineError::kNone);
  EXPECT_EQ(good.text, "counter b 7");
}

}  // namespace
}  // namespace tributary
