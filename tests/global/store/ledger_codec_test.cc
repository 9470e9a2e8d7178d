#include "global/store/ledger_codec.h"

#include <random>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(RowKeyTest, BytesAreFixed) {
  const RowKey key{1, 0x01020304, 0x05060708, 0x090a, 0x0b, 0x0c0d};
  EXPECT_EQ(key.Encode(), std::string("\x01\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d", 14));
  EXPECT_EQ(RowKey::Decode(key.Encode()), key);
}

TEST(RowKeyTest, SortsByBlockSeriesTimeAndVersion) {
  const RowKey base{1, 5, 5, 5, 5, 5};
  std::vector<RowKey> larger(5, base);
  ++larger[0].emitter;
  ++larger[1].version;
  ++larger[2].offset;
  ++larger[3].series;
  ++larger[4].block;
  for (size_t i = 0; i < larger.size(); ++i) EXPECT_LT(base.Encode(), larger[i].Encode()) << i;
  for (size_t i = 1; i < larger.size(); ++i) EXPECT_LT(larger[i - 1].Encode(), larger[i].Encode()) << i;
}

TEST(RowKeyTest, OtherLengthsAreRefused) {
  EXPECT_FALSE(RowKey::Decode("").has_value());
  EXPECT_FALSE(RowKey::Decode(std::string(13, 'a')).has_value());
  EXPECT_FALSE(RowKey::Decode(std::string(15, 'a')).has_value());
}

TEST(LedgerCodecTest, NegativeTotalsSurvive) {
  SeriesTotal total;
  total.last_interval = 123456789;
  total.total = RunningTotal{Fixed128::FromDouble(-1.5), Fixed192::FromDouble(-1e20), 77};
  total.pending = RunningTotal{Fixed128::FromDouble(2), Fixed192::FromDouble(0.125), 0};
  EXPECT_EQ(DecodeTotal(EncodeTotal(total)), total);
  total.total.reset();
  EXPECT_EQ(DecodeTotal(EncodeTotal(total)), total);
}

TEST(LedgerCodecTest, LifetimesAndStaleRowsComeBack) {
  EXPECT_EQ(DecodeLifetime(EncodeLifetime({7, 1234567890})), (Lifetime{7, 1234567890}));
  const StaleRow row{2, 0x0102030405060708, 9};
  EXPECT_EQ(DecodeStaleRow(EncodeStaleRow(row)), row);
  EXPECT_LT(EncodeStaleRow({2, 300, 9}), EncodeStaleRow({2, 301, 1}));
}

TEST(LedgerCodecTest, RolledUpRowSaysWhatItCovers) {
  IntervalMask mask(6), read;
  mask.Set(2);
  EXPECT_EQ(DecodeRollup(EncodeRollup(mask, 6, "row"), 6, read).value(), "row");
  EXPECT_EQ(read, mask);
  EXPECT_FALSE(DecodeRollup(EncodeRollup(mask, 6, "row"), 360, read).ok());
  EXPECT_FALSE(DecodeRollup("", 6, read).ok());
}

TEST(LedgerCodecTest, TruncatedBytesAreRefused) {
  Manifest manifest;
  manifest.chunks = {{InstanceId::Random(), 1, 2, 3, 4, 5}};
  manifest.emitted = {{Hash128{1, 2}, 1}};
  RosterEntry entry;
  entry.instance = InstanceId::Random();
  entry.host = "host";
  entry.last_heard = absl::FromUnixSeconds(5);
  const std::string manifest_bytes = EncodeManifest(manifest), roster_bytes = EncodeRoster({entry});
  EXPECT_EQ(DecodeManifest(manifest_bytes), manifest);
  EXPECT_EQ(DecodeRoster(roster_bytes)->front(), entry);
  for (size_t size = 0; size < manifest_bytes.size(); ++size) {
    EXPECT_FALSE(DecodeManifest(absl::string_view(manifest_bytes).substr(0, size)).has_value()) << size;
  }
  for (size_t size = 0; size < roster_bytes.size(); ++size) {
    EXPECT_FALSE(DecodeRoster(absl::string_view(roster_bytes).substr(0, size)).has_value()) << size;
  }
}

TEST(LedgerCodecTest, ViewsAreReadAsTheyWereWritten) {
  const std::vector<View> views = {{1, 10, {{"global-0", "a:1", 1}}},
                                   {2, 20, {{"global-0", "a:1", 1}, {"b", "b:1", 2}}}};
  const std::string bytes = EncodeViews(views);
  EXPECT_EQ(DecodeViews(bytes), views);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeViews(absl::string_view(bytes).substr(0, size)).has_value()) << size;
  }
}

TEST(LedgerCodecTest, AnyBytesAreSafe) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    DecodeManifest(bytes);
    DecodeRoster(bytes);
    DecodeViews(bytes);
    DecodeTotal(bytes);
    DecodeManifestName(bytes);
    DecodeLifetime(bytes);
    DecodeStaleRow(bytes);
    IntervalMask mask;
    const bool is_rollup = DecodeRollup(bytes, 360, mask).ok();
    EXPECT_TRUE(!is_rollup || mask.Count() > 0);
    const SeriesKey key{"a", {}, MetricType::kCounter};
    const auto row = DecodeRow(bytes, key, 1, 1);
    if (row.ok()) {
      EXPECT_EQ(row->key, key);
    }
  }
}

}  // namespace
}  // namespace tributary
