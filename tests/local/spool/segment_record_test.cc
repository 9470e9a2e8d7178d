#include "local/spool/segment_record.h"

#include <random>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Kind = SegmentRecord::Kind;

InstanceId Instance() { return *InstanceId::FromBytes("0123456789abcdef"); }

SegmentRecord Units(GroupId group, uint64_t samples) {
  SegmentRecord record;
  record.kind = Kind::kPending;
  record.instance = Instance();
  record.group = group;
  v1::Block& block = *record.batch.add_blocks();
  block.set_interval(1000);
  block.set_partition(7);
  block.set_chunk_count(1);
  block.set_sample_count(samples);
  block.set_codec(v1::CODEC_RAW);
  block.set_payload(std::string(50, static_cast<char>('a' + group % 26)));
  block.set_crc32c(Crc32c(block.payload()));
  return record;
}

std::string Segment(int records) {
  std::string bytes(kSegmentMagic);
  for (int i = 1; i <= records; ++i) bytes += EncodeRecord(Units(static_cast<GroupId>(i), 10));
  return bytes;
}

std::vector<GroupId> GroupsIn(const std::string& bytes, uint64_t* damage = nullptr) {
  std::vector<GroupId> groups;
  SegmentReader reader(bytes);
  while (const auto record = reader.Next()) groups.push_back(record->group);
  if (damage != nullptr) *damage = reader.damage();
  return groups;
}

TEST(SegmentRecordTest, EveryKindIsReadAsItWasWritten) {
  SegmentRecord marker;
  marker.kind = Kind::kMarker;
  marker.instance = Instance();
  marker.samples = 42;
  marker.marker.set_interval(1000);
  marker.marker.mutable_books()->set_accepted(99);
  SegmentRecord goodbye;
  goodbye.kind = Kind::kGoodbye;
  goodbye.instance = Instance();
  goodbye.final_interval = 1001;
  SegmentRecord forget;
  forget.group = 5;
  const std::string bytes = std::string(kSegmentMagic) + EncodeRecord(Units(5, 10)) + EncodeRecord(marker) +
                            EncodeRecord(goodbye) + EncodeRecord(forget);
  SegmentReader reader(bytes);
  const auto units = reader.Next();
  ASSERT_TRUE(units);
  EXPECT_EQ(units->kind, Kind::kPending);
  EXPECT_EQ(units->instance, Instance());
  EXPECT_EQ(units->batch.SerializeAsString(), Units(5, 10).batch.SerializeAsString());
  const auto read_marker = reader.Next();
  ASSERT_TRUE(read_marker);
  EXPECT_EQ(read_marker->samples, 42u);
  EXPECT_EQ(read_marker->marker.books().accepted(), 99u);
  const auto read_goodbye = reader.Next();
  ASSERT_TRUE(read_goodbye);
  EXPECT_EQ(read_goodbye->final_interval, 1001);
  const auto read_forget = reader.Next();
  ASSERT_TRUE(read_forget);
  EXPECT_EQ(read_forget->group, 5u);
  EXPECT_FALSE(reader.Next());
  EXPECT_EQ(reader.damage(), 0u);
}

TEST(SegmentRecordTest, TornTailCostsTheTornRecordOnly) {
  const std::string whole = Segment(3);
  const size_t two = Segment(2).size();
  for (size_t size = two + 1; size < whole.size(); ++size) {
    uint64_t damage = 0;
    EXPECT_EQ(GroupsIn(whole.substr(0, size), &damage), (std::vector<GroupId>{1, 2})) << size;
    EXPECT_EQ(damage, 1u) << size;
  }
}

TEST(SegmentRecordTest, AnyFlippedBitCostsItsRecordOnly) {
  const std::string whole = Segment(3);
  const size_t one = Segment(1).size();
  const size_t two = Segment(2).size();
  for (size_t bit = 8 * one; bit < 8 * two; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    uint64_t damage = 0;
    EXPECT_EQ(GroupsIn(bytes, &damage), (std::vector<GroupId>{1, 3})) << bit;
    EXPECT_EQ(damage, 1u) << bit;
  }
}

TEST(SegmentRecordTest, WhateverIsMutatedNothingIsInvented) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string whole = Segment(20);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = whole;
    for (unsigned changes = 1 + random() % 8; changes > 0 && !bytes.empty(); --changes) {
      const size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.resize(at);
          break;
        case 2:
          bytes.erase(at, random() % 100);
          break;
        default:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 100));
      }
    }
    SegmentReader reader(bytes);
    while (const auto record = reader.Next()) {
      EXPECT_EQ(record->batch.SerializeAsString(), Units(record->group, 10).batch.SerializeAsString());
    }
  }
}

}  // namespace
}  // namespace tributary
