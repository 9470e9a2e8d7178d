#include "common/wire/payload.h"

#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/wire/messages.h"
#include "common/wire/series.h"
#include "common/wire/zstd.h"
#include "gtest/gtest.h"
#include "tests/common/wire/sample_units.h"
#include "tests/support/golden_bytes.h"

namespace tributary {
namespace {

const InstanceId kOwn = InstanceOf('A');

std::string GoldenPayload(const std::string& version = "v2") { return GoldenBytes("unit_payload_" + version + ".hex"); }

v1::Block BlockOf(std::string payload, v1::Codec codec = v1::CODEC_RAW) {
  v1::Block block;
  block.set_chunk_count(1);
  block.set_codec(codec);
  block.set_crc32c(Crc32c(payload));
  block.set_payload(std::move(payload));
  return block;
}

std::string Reason(const v1::Block& block) { return std::string(DecodePayload(block, kOwn).status().message()); }

// The block of whatever message a test makes of a valid one.
v1::Block BlockOf(const v1::SeriesAggregate& series) {
  v1::UnitPayload payload;
  *payload.add_series() = series;
  return BlockOf(payload.SerializeAsString());
}

UnitPayload Decode(const v1::Block& block) {
  absl::StatusOr<UnitPayload> payload = DecodePayload(block, kOwn);
  EXPECT_TRUE(payload.ok()) << payload.status();
  return payload.ok() ? *std::move(payload) : UnitPayload();
}

void ExpectGolden(const UnitPayload& payload) {
  const auto series = GoldenSeries();
  ASSERT_EQ(payload.series.size(), series.size());
  for (size_t i = 0; i < series.size(); ++i) {
    EXPECT_EQ(payload.series[i].first, series[i].first) << i;
    EXPECT_TRUE(Same(payload.series[i].second, series[i].second)) << i;
  }
  ASSERT_EQ(payload.events.size(), 1u);
  EXPECT_EQ(payload.events[0], GoldenEvent());
}

UnitBuilder GoldenUnit() {
  UnitBuilder builder(kOwn);
  for (const auto& [key, aggregate] : GoldenSeries()) EXPECT_TRUE(builder.Add(key, aggregate, 3));
  EXPECT_TRUE(builder.Add(GoldenEvent()));
  return builder;
}

SeriesKey Counter(int number) { return {absl::StrCat("counter.", number), {}, MetricType::kCounter}; }

// ---- what is written

TEST(UnitBuilderTest, WritesTheGoldenBytes) {
  const std::vector<v1::Block> blocks = GoldenUnit().Finish(7, 9);
  ASSERT_EQ(blocks.size(), 1u);
  const std::string bytes =
      blocks[0].codec() == v1::CODEC_ZSTD ? *DecompressZstd(blocks[0].payload(), 1 << 20) : blocks[0].payload();
  EXPECT_EQ(absl::BytesToHexString(bytes), absl::BytesToHexString(GoldenPayload()));
}

TEST(UnitBuilderTest, ItsBlocksAreReadBack) {
  const std::vector<v1::Block> blocks = GoldenUnit().Finish(7, 9);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].interval(), 7);
  EXPECT_EQ(blocks[0].partition(), 9u);
  EXPECT_EQ(blocks[0].chunk(), 0u);
  EXPECT_EQ(blocks[0].chunk_count(), 1u);
  EXPECT_EQ(blocks[0].sample_count(), 6 * 3u + 1);
  EXPECT_TRUE(Validate(blocks[0]).ok());
  ExpectGolden(Decode(blocks[0]));
}

TEST(UnitBuilderTest, FinishLeavesItEmpty) {
  UnitBuilder builder = GoldenUnit();
  EXPECT_FALSE(builder.empty());
  builder.Finish(7, 9);
  EXPECT_TRUE(builder.empty());
  EXPECT_TRUE(builder.Finish(8, 9).empty());
  EXPECT_TRUE(builder.Add(Counter(1), CounterAggregate(), 1));
  EXPECT_EQ(Decode(builder.Finish(8, 9)[0]).series.size(), 1u);
}

TEST(UnitBuilderTest, LateBlocksNameTheIntervalThatWasClosing) {
  const std::vector<v1::Block> blocks = GoldenUnit().FinishLate(100, 9, 103);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].interval(), 100);
  EXPECT_EQ(blocks[0].chunk(), 0x80003000u);
  EXPECT_EQ(blocks[0].chunk_count(), 0u);
  EXPECT_TRUE(Validate(blocks[0]).ok());
}

TEST(LateChunkTest, HoldsAgeAndNumber) {
  EXPECT_EQ(LateChunk(100, 101, 0), 0x80001000u);
  EXPECT_EQ(LateChunk(100, 101, 4095), 0x80001fffu);
  EXPECT_EQ(LateChunk(0, (1 << 19) - 1, 1), 0xfffff001u);
}

TEST(LateChunkDeathTest, RefusesWhatHasNoNumber) {
  EXPECT_DEATH(LateChunk(100, 100, 0), "age");
  EXPECT_DEATH(LateChunk(0, 1 << 19, 0), "age");
  EXPECT_DEATH(LateChunk(0, 1, 4096), "age");
}

TEST(UnitBuilderTest, CutsChunksThatNobodyHasToRefuse) {
  UnitBuilder builder(kOwn);
  constexpr int kSeries = 2000;
  std::mt19937 random(1);
  for (int i = 0; i < kSeries; ++i) {
    SeriesKey key = Counter(i);
    std::string noise(500, '\0');  // does not compress
    for (char& c : noise) c = static_cast<char>('0' + random() % 75);
    key.tags = {absl::StrCat("a:", noise), absl::StrCat("b:", noise)};
    ASSERT_TRUE(builder.Add(key, CounterAggregate(), 2));
  }
  const std::vector<v1::Block> blocks = builder.Finish(7, 9);
  ASSERT_EQ(blocks.size(), 2u);
  size_t series = 0;
  uint64_t samples = 0;
  for (const v1::Block& block : blocks) {
    EXPECT_EQ(block.chunk(), &block - blocks.data());
    EXPECT_EQ(block.chunk_count(), 2u);
    EXPECT_TRUE(Validate(block).ok());
    series += Decode(block).series.size();
    samples += block.sample_count();
  }
  EXPECT_EQ(series, static_cast<size_t>(kSeries));
  EXPECT_EQ(samples, 2u * kSeries);
}

TEST(UnitBuilderTest, CompressesWhatRepeatsItself) {
  UnitBuilder builder(kOwn);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(builder.Add(Counter(i), CounterAggregate(), 1));
  const std::vector<v1::Block> blocks = builder.Finish(7, 9);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].codec(), v1::CODEC_ZSTD);
  EXPECT_LT(blocks[0].payload().size(), 1000 * 10u);
}

TEST(UnitBuilderTest, DoesNotCompressAFewBytes) {
  UnitBuilder builder(kOwn);
  ASSERT_TRUE(builder.Add(Counter(1), CounterAggregate(), 1));
  EXPECT_EQ(builder.Finish(7, 9)[0].codec(), v1::CODEC_RAW);
}

// One such series would make every receiver refuse the whole block.
TEST(UnitBuilderTest, TakesNothingThatReceiversRefuse) {
  UnitBuilder builder(kOwn);
  const SeriesKey gauge{"g", {}, MetricType::kGauge};
  const SeriesKey check{"c", {}, MetricType::kCheck};
  EXPECT_FALSE(builder.Add({"", {}, MetricType::kCounter}, CounterAggregate(), 1));
  EXPECT_FALSE(builder.Add({"m", {"b", "a"}, MetricType::kCounter}, CounterAggregate(), 1));
  EXPECT_FALSE(builder.Add({std::string(1025, 'n'), {}, MetricType::kCounter}, CounterAggregate(), 1));
  EXPECT_FALSE(builder.Add(gauge, GaugeAggregate(), 1));
  EXPECT_FALSE(builder.Add({"t", {}, MetricType::kTimer}, DistributionAggregate(), 1));
  EXPECT_FALSE(builder.Add({"s", {}, MetricType::kSet}, SetAggregate(), 1));
  EXPECT_FALSE(builder.Add(check, CheckAggregate{.status = 4, .message = {}, .writer = {}}, 1));
  EXPECT_FALSE(builder.Add(check, CheckAggregate{.message = std::string(8193, 'm'), .writer = {}}, 1));
  Event event;
  event.text = std::string((64 << 10) + 1, 't');
  EXPECT_FALSE(builder.Add(event));
  event = Event();
  event.priority = "urgent";
  EXPECT_FALSE(builder.Add(event));
  EXPECT_TRUE(builder.empty());
}

// The largest series that the limits of keys and digests allow.
TEST(UnitBuilderTest, TakesEverythingWithinTheLimits) {
  SeriesKey key{std::string(kMaxNameBytes, '\xfe'), {}, MetricType::kTimer};
  for (size_t i = 0; i < kMaxTags; ++i)
    key.tags.push_back(absl::StrCat(1000 + i, std::string(kMaxTagBytes - 4, '\xfe')));
  DistributionAggregate timer{.digest = TDigest(TDigest::kMaxCompression)};
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) timer.Add(std::lognormal_distribution<>(0, 20)(random), 1.0 / 3);
  UnitBuilder builder(kOwn);
  ASSERT_TRUE(builder.Add(key, timer, 200000));
  const UnitPayload payload = Decode(builder.Finish(7, 9)[0]);
  ASSERT_EQ(payload.series.size(), 1u);
  EXPECT_EQ(payload.series[0].first, key);
  EXPECT_EQ(std::get<DistributionAggregate>(payload.series[0].second).digest.count(), timer.digest.count());
}

// ---- what is read

TEST(DecodePayloadTest, ReadsTheGoldenBytes) { ExpectGolden(Decode(BlockOf(GoldenPayload()))); }

TEST(DecodePayloadTest, ReadsSketchesInTheirFirstForms) { ExpectGolden(Decode(BlockOf(GoldenPayload("v1")))); }

TEST(DecodePayloadTest, KeysThatAreKnownAreShared) {
  KeyMemo memo(100);
  UnitPayload first;
  UnitPayload second;
  ASSERT_TRUE(DecodePayload(BlockOf(GoldenPayload()), kOwn, memo, first).ok());
  ASSERT_TRUE(DecodePayload(BlockOf(GoldenPayload()), kOwn, memo, second).ok());
  ExpectGolden(first);
  ExpectGolden(second);
  for (size_t i = 0; i < first.series.size(); ++i) EXPECT_EQ(&*first.series[i].first, &*second.series[i].first) << i;
  EXPECT_EQ(memo.size(), first.series.size());
}

// A key that is known says nothing of the value beside it.
TEST(DecodePayloadTest, AKnownKeyWithAnotherValueIsRefused) {
  KeyMemo memo(100);
  UnitPayload payload;
  const SeriesKey key{"api.latency", {"a"}, MetricType::kTimer};
  DistributionAggregate timer;
  timer.Add(1, 1);
  v1::SeriesAggregate message;
  ToProto(key, message);
  ToProto(timer, message);
  ASSERT_TRUE(DecodePayload(BlockOf(message), kOwn, memo, payload).ok());
  message.mutable_counter();
  EXPECT_EQ(DecodePayload(BlockOf(message), kOwn, memo, payload).message(), "bad_type");
  message.mutable_distribution()->set_digest("x");
  EXPECT_EQ(DecodePayload(BlockOf(message), kOwn, memo, payload).message(), "bad_digest");
  message.clear_value();
  EXPECT_EQ(DecodePayload(BlockOf(message), kOwn, memo, payload).message(), "bad_type");
}

// Protobuf lets an encoder write fields in any order.
TEST(DecodePayloadTest, KeysAfterTheirValuesAreRead) {
  for (const auto& [key, aggregate] : GoldenSeries()) {
    v1::SeriesAggregate key_message;
    v1::SeriesAggregate value_message;
    ToProto(key, key_message);
    ToProto(aggregate, value_message, kOwn);
    const std::string item = value_message.SerializeAsString() + key_message.SerializeAsString();
    std::string bytes;
    ByteWriter(bytes).U8(v1::UnitPayload::kSeriesFieldNumber << 3 | 2);
    ByteWriter(bytes).Sized(item);
    const UnitPayload payload = Decode(BlockOf(bytes));
    ASSERT_EQ(payload.series.size(), 1u);
    EXPECT_EQ(payload.series[0].first, key);
    EXPECT_TRUE(Same(payload.series[0].second, aggregate));
  }
}

TEST(DecodePayloadTest, ReciprocalSumsOfEveryShapeAreRead) {
  for (const Fixed192& sum : {Fixed192(), Fixed192::FromDouble(1), Fixed192::FromDouble(-0.75),
                              Fixed192::FromParts(-5, 0, 7), Fixed192::FromParts(9, 1, 0)}) {
    DistributionAggregate timer;
    timer.Add(2, 1);
    timer.reciprocal_sum = sum;
    UnitBuilder builder(kOwn);
    ASSERT_TRUE(builder.Add({"t", {}, MetricType::kTimer}, timer, 1));
    const UnitPayload payload = Decode(builder.Finish(7, 9)[0]);
    EXPECT_EQ(std::get<DistributionAggregate>(payload.series.at(0).second).reciprocal_sum, sum);
  }
}

TEST(KeyMemoTest, KeepsTheYoungAndIsBounded) {
  KeyMemo memo(10);
  const auto key = [](int i) { return SharedSeriesKey(Counter(i)); };
  memo.Add("used", key(0));
  for (int i = 1; i < 100; ++i) {
    memo.Add(absl::StrCat(i), key(i));
    EXPECT_LE(memo.size(), 10u);
    ASSERT_NE(memo.Find("used"), nullptr) << i;
  }
  EXPECT_EQ(*memo.Find("used"), Counter(0));
  EXPECT_EQ(memo.Find("1"), nullptr);
  const std::string long_key(KeyMemo::kMaxBytes + 1, 'k');
  memo.Add(long_key, key(1));
  EXPECT_EQ(memo.Find(long_key), nullptr);
}

TEST(DecodePayloadTest, AWriterThatWasLeftOutIsTheSender) {
  const absl::StatusOr<UnitPayload> payload = DecodePayload(BlockOf(GoldenPayload()), InstanceOf('Z'));
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(std::get<GaugeAggregate>(payload->series[1].second).last_writer, InstanceOf('Z'));
  EXPECT_EQ(std::get<GaugeAggregate>(payload->series[2].second).last_writer, InstanceOf('B'));
  EXPECT_EQ(std::get<CheckAggregate>(payload->series[5].second).writer, InstanceOf('Z'));
}

TEST(DecodePayloadTest, ReadsZstd) { ExpectGolden(Decode(BlockOf(CompressZstd(GoldenPayload()), v1::CODEC_ZSTD))); }

TEST(DecodePayloadTest, SkipsFieldsOfLaterVersions) {
  std::string bytes = GoldenPayload();
  ByteWriter writer(bytes);
  writer.Varint(15 << 3 | 0), writer.Varint(300);
  writer.Varint(16 << 3 | 1), writer.U64(1);
  writer.Varint(17 << 3 | 2), writer.Sized("later");
  writer.Varint(18 << 3 | 5), writer.U32(1);
  ExpectGolden(Decode(BlockOf(bytes)));
}

TEST(DecodePayloadTest, RefusesABlockThatWasDamaged) {
  v1::Block block = BlockOf(GoldenPayload());
  block.mutable_payload()->back() ^= 1;
  EXPECT_EQ(Reason(block), "crc_mismatch");
}

TEST(DecodePayloadTest, RefusesWhatItCannotUnpack) {
  EXPECT_EQ(Reason(BlockOf(GoldenPayload(), v1::CODEC_UNSPECIFIED)), "unknown_codec");
  EXPECT_EQ(Reason(BlockOf(GoldenPayload(), static_cast<v1::Codec>(77))), "unknown_codec");
  EXPECT_EQ(Reason(BlockOf(GoldenPayload(), v1::CODEC_ZSTD)), "bad_zstd");
  EXPECT_EQ(Reason(BlockOf(CompressZstd(GoldenPayload()) + "more", v1::CODEC_ZSTD)), "bad_zstd");
  EXPECT_EQ(Reason(BlockOf(std::string(kMaxPayloadBytes + 1, '\0'))), "payload_too_large");
}

TEST(DecodePayloadTest, RefusesAZstdBomb) {
  const std::string bomb = CompressZstd(std::string(1 << 30, '\0'));
  ASSERT_LT(bomb.size(), kMaxPayloadBytes);
  EXPECT_EQ(Reason(BlockOf(bomb, v1::CODEC_ZSTD)), "bad_zstd");
}

TEST(DecodePayloadTest, ReadsUpToTheDecodedBound) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(15 << 3 | 2), writer.Varint(kMaxDecodedBytes - 5);
  bytes.resize(kMaxDecodedBytes);
  EXPECT_EQ(Reason(BlockOf(CompressZstd(bytes), v1::CODEC_ZSTD)), "");
  bytes.push_back('\0');
  EXPECT_EQ(Reason(BlockOf(CompressZstd(bytes), v1::CODEC_ZSTD)), "bad_zstd");
}

// As one message it would be parsed into 200 bytes for every two.
TEST(DecodePayloadTest, RefusesAnAvalancheOfEmptySeries) {
  std::string bytes;
  for (int i = 0; i < 1 << 19; ++i) bytes.append("\x0a\x00", 2);
  EXPECT_EQ(Reason(BlockOf(bytes)), "bad_type");
}

// A set whose registers are all at one rank takes three bytes, and 16 KiB of memory.
TEST(DecodePayloadTest, RefusesAnAvalancheOfMemory) {
  v1::SeriesAggregate series;
  ToProto({"s", {}, MetricType::kSet}, series);
  series.mutable_set()->set_members("\x82\x45\x01");
  v1::UnitPayload payload;
  for (int i = 0; i < 7000; ++i) *payload.add_series() = series;
  EXPECT_TRUE(DecodePayload(BlockOf(payload.SerializeAsString()), kOwn).ok());
  for (int i = 0; i < 3000; ++i) *payload.add_series() = series;
  EXPECT_EQ(Reason(BlockOf(payload.SerializeAsString())), "payload_too_large");
}

TEST(DecodePayloadTest, RefusesTooManyItems) {
  v1::UnitPayload one;
  v1::SeriesAggregate& series = *one.add_series();
  series.set_name("m");
  series.set_type(v1::METRIC_TYPE_COUNTER);
  series.mutable_counter();
  std::string bytes;
  for (size_t i = 0; i < kMaxPayloadItems; ++i) bytes += one.SerializeAsString();
  EXPECT_EQ(Decode(BlockOf(CompressZstd(bytes), v1::CODEC_ZSTD)).series.size(), kMaxPayloadItems);
  bytes += one.SerializeAsString();
  EXPECT_EQ(Reason(BlockOf(CompressZstd(bytes), v1::CODEC_ZSTD)), "too_many_items");
}

TEST(DecodePayloadTest, RefusesAnItemThatIsTooLarge) {
  v1::SeriesAggregate series;
  series.set_name(std::string(kMaxItemBytes, 'n'));
  EXPECT_EQ(Reason(BlockOf(series)), "item_too_large");
}

// Truncated and changed bytes are read or refused; sanitizers see to the rest.
TEST(DecodePayloadTest, AnyTruncationIsReadOrRefused) {
  const std::string bytes = GoldenPayload();
  size_t refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    refused += !DecodePayload(BlockOf(bytes.substr(0, size)), kOwn).ok();
  }
  EXPECT_EQ(refused, bytes.size() - 7);  // it can be read where one of the seven items ends, or before the first
}

TEST(DecodePayloadTest, AnyMutationIsReadOrRefused) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string raw = GoldenPayload();
  const std::string packed = CompressZstd(raw);
  size_t refused = 0;
  for (int i = 0; i < 20000; ++i) {
    const bool zstd = i % 4 == 0;
    std::string bytes = zstd ? packed : raw;
    for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const absl::StatusOr<UnitPayload> payload =
        DecodePayload(BlockOf(bytes, zstd ? v1::CODEC_ZSTD : v1::CODEC_RAW), kOwn);
    refused += !payload.ok();
    if (!payload.ok()) continue;
    // What was read can be sent on.
    UnitBuilder builder(kOwn);
    for (const auto& [key, aggregate] : payload->series) EXPECT_TRUE(builder.Add(key, aggregate, 1));
    for (const Event& event : payload->events) EXPECT_TRUE(builder.Add(event));
  }
  EXPECT_GT(refused, 5000u);
}

}  // namespace
}  // namespace tributary
