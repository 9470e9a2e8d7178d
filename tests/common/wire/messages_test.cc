#include "common/wire/messages.h"

#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "common/wire/payload.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

const std::string kInstance(16, 'i');

v1::Block ValidBlock() {
  v1::Block block;
  block.set_interval(5);
  block.set_partition(kPartitionCount - 1);
  block.set_chunk(1);
  block.set_chunk_count(2);
  block.set_codec(v1::CODEC_ZSTD);
  block.set_payload("x");
  return block;
}

View ValidView() {
  return {.sequence = 7,
          .effective_from = 9,
          .members = {{"global-0", "10.0.0.1:8126", 1}, {"global-1", "10.0.0.2:8126", 2.5}}};
}

v1::Up Up() {
  v1::Up up;
  up.set_instance(kInstance);
  return up;
}

v1::Down Down() {
  v1::Down down;
  down.set_instance(kInstance);
  down.set_owner("global-0");
  return down;
}

v1::Up UpHello() {
  v1::Up up = Up();
  up.mutable_hello()->set_role(v1::ROLE_AGENT);
  up.mutable_hello()->set_cluster("test");
  up.mutable_hello()->set_first_interval(3);
  up.mutable_hello()->set_supersedes(std::string(16, 's'));
  return up;
}

v1::Up UpBatch() {
  v1::Up up = Up();
  *up.mutable_batch()->add_blocks() = ValidBlock();
  return up;
}

v1::Up UpMarker() {
  v1::Up up = Up();
  up.mutable_marker()->set_interval(4);
  up.mutable_marker()->set_nonempty(std::string(512, '\x01'));
  up.mutable_marker()->add_dropped()->set_reason("forward_memory");
  up.mutable_marker()->mutable_books()->set_accepted(UINT64_MAX);
  up.mutable_marker()->mutable_books()->add_dropped()->set_reason("rule");
  return up;
}

v1::Up UpGoodbye() {
  v1::Up up = Up();
  up.mutable_goodbye()->set_final_interval(4);
  up.mutable_goodbye()->mutable_books()->add_dropped()->set_reason("rule");
  return up;
}

v1::Up UpView() {
  v1::Up up = Up();
  *up.mutable_view() = ToProto(ValidView());
  return up;
}

v1::Down DownReceived() {
  v1::Down down = Down();
  v1::Received::Blocks& blocks = *down.mutable_received()->add_blocks();
  blocks.set_interval(4);
  blocks.set_status(v1::BLOCK_STATUS_OK);
  blocks.add_partitions(4095);
  blocks.add_chunks(0x80000000);
  down.mutable_received()->add_markers(4);
  return down;
}

v1::Down DownCommitted() {
  v1::Down down = Down();
  down.mutable_committed()->add_partitions(0);
  down.mutable_committed()->add_chunks(0);
  return down;
}

v1::Down DownPull() {
  v1::Down down = Down();
  down.mutable_pull()->add_partitions(17);
  return down;
}

std::string Reason(const absl::Status& status) { return std::string(status.message()); }

TEST(ValidateTest, TakesEveryKindOfMessage) {
  for (const v1::Up& up : {UpHello(), UpBatch(), UpMarker(), UpGoodbye(), UpView()}) {
    EXPECT_TRUE(Validate(up).ok()) << up.DebugString();
  }
  for (v1::Down down : {DownReceived(), DownCommitted(), DownPull()}) {
    EXPECT_TRUE(Validate(down).ok()) << down.DebugString();
    down.clear_owner();  // the proxy itself
    EXPECT_TRUE(Validate(down).ok());
  }
  v1::Down down = Down();
  down.mutable_welcome();
  EXPECT_TRUE(Validate(down).ok());
  down.mutable_credit();
  EXPECT_TRUE(Validate(down).ok());
  down.mutable_refusal();
  EXPECT_TRUE(Validate(down).ok());
  *down.mutable_view() = ToProto(ValidView());
  EXPECT_TRUE(Validate(down).ok());
}

struct WrongUp {
  const char* reason;
  v1::Up up;
  std::function<void(v1::Up&)> change;
};

TEST(ValidateTest, RefusesWrongMessagesUp) {
  const WrongUp wrong[] = {
      {"bad_instance", UpHello(), [](v1::Up& up) { up.clear_instance(); }},
      {"bad_instance", UpHello(), [](v1::Up& up) { up.set_instance(std::string(17, 'i')); }},
      {"bad_instance", UpHello(), [](v1::Up& up) { up.set_instance(std::string(16, '\0')); }},
      {"unknown_message", UpHello(), [](v1::Up& up) { up.clear_message(); }},
      {"bad_hello", UpHello(), [](v1::Up& up) { up.mutable_hello()->set_role(v1::ROLE_UNSPECIFIED); }},
      {"bad_hello", UpHello(), [](v1::Up& up) { up.mutable_hello()->set_role(static_cast<v1::Role>(9)); }},
      {"bad_hello", UpHello(), [](v1::Up& up) { up.mutable_hello()->set_supersedes("short"); }},
      {"bad_hello", UpHello(), [](v1::Up& up) { up.mutable_hello()->set_host(std::string(254, 'h')); }},
      {"bad_hello", UpHello(), [](v1::Up& up) { up.mutable_hello()->set_first_interval(kMaxInterval + 1); }},
      {"bad_batch", UpBatch(), [](v1::Up& up) { up.mutable_batch()->clear_blocks(); }},
      {"bad_batch", UpBatch(), [](v1::Up& up) { up.mutable_batch()->set_owner(std::string(254, 'o')); }},
      {"bad_block", UpBatch(), [](v1::Up& up) { up.mutable_batch()->mutable_blocks(0)->set_partition(4096); }},
      {"bad_marker", UpMarker(), [](v1::Up& up) { up.mutable_marker()->set_nonempty(std::string(511, 'x')); }},
      {"bad_marker", UpMarker(), [](v1::Up& up) { up.mutable_marker()->set_interval(-1); }},
      {"bad_marker", UpMarker(), [](v1::Up& up) { up.mutable_marker()->add_dropped(); }},
      {"bad_marker", UpMarker(),
       [](v1::Up& up) {
         for (int i = 0; i < 64; ++i) up.mutable_marker()->add_dropped()->set_reason("r");
       }},
      {"bad_marker", UpMarker(), [](v1::Up& up) { up.mutable_marker()->mutable_books()->add_dropped(); }},
      {"bad_marker", UpMarker(),
       [](v1::Up& up) {
         for (int i = 0; i < 64; ++i) up.mutable_marker()->mutable_books()->add_dropped()->set_reason("r");
       }},
      {"bad_goodbye", UpGoodbye(), [](v1::Up& up) { up.mutable_goodbye()->set_final_interval(-1); }},
      {"bad_goodbye", UpGoodbye(),
       [](v1::Up& up) { up.mutable_goodbye()->mutable_books()->mutable_dropped(0)->set_reason(std::string(65, 'r')); }},
      {"bad_view", UpView(), [](v1::Up& up) { up.mutable_view()->clear_members(); }},
  };
  for (WrongUp test : wrong) {
    test.change(test.up);
    EXPECT_EQ(Reason(Validate(test.up)), test.reason) << test.up.ShortDebugString();
  }
}

struct WrongDown {
  const char* reason;
  v1::Down down;
  std::function<void(v1::Down&)> change;
};

TEST(ValidateTest, RefusesWrongMessagesDown) {
  const WrongDown wrong[] = {
      {"bad_instance", DownPull(), [](v1::Down& down) { down.set_instance("short"); }},
      {"bad_owner", DownPull(), [](v1::Down& down) { down.set_owner(std::string(254, 'o')); }},
      {"unknown_message", DownPull(), [](v1::Down& down) { down.clear_message(); }},
      {"bad_received", DownReceived(),
       [](v1::Down& down) { down.mutable_received()->mutable_blocks(0)->add_partitions(1); }},
      {"bad_received", DownReceived(),
       [](v1::Down& down) { down.mutable_received()->mutable_blocks(0)->clear_status(); }},
      {"bad_received", DownReceived(),
       [](v1::Down& down) { down.mutable_received()->mutable_blocks(0)->set_partitions(0, 4096); }},
      {"bad_received", DownReceived(), [](v1::Down& down) { down.mutable_received()->add_markers(-1); }},
      {"bad_committed", DownCommitted(), [](v1::Down& down) { down.mutable_committed()->add_chunks(1); }},
      {"bad_committed", DownCommitted(), [](v1::Down& down) { down.mutable_committed()->set_partitions(0, 9999); }},
      {"bad_committed", DownCommitted(), [](v1::Down& down) { down.mutable_committed()->set_interval(-7); }},
      {"bad_pull", DownPull(), [](v1::Down& down) { down.mutable_pull()->add_partitions(4096); }},
  };
  for (WrongDown test : wrong) {
    test.change(test.down);
    EXPECT_EQ(Reason(Validate(test.down)), test.reason) << test.down.ShortDebugString();
  }
}

TEST(ValidateTest, BlocksAreNumberedWithinTheirUnit) {
  const auto reason = [](uint32_t chunk, uint32_t chunk_count) {
    v1::Block block = ValidBlock();
    block.set_chunk(chunk);
    block.set_chunk_count(chunk_count);
    return Reason(Validate(block));
  };
  EXPECT_EQ(reason(0, 1), "");
  EXPECT_EQ(reason(1, 1), "bad_block");
  EXPECT_EQ(reason(0, 4096), "");
  EXPECT_EQ(reason(0, 4097), "bad_block");
  EXPECT_EQ(reason(0x80001000, 0), "");  // late
  EXPECT_EQ(reason(0x7fffffff, 0), "bad_block");
  EXPECT_EQ(reason(0x80001000, 1), "bad_block");
}

TEST(ValidateTest, PayloadsAreBounded) {
  v1::Block block = ValidBlock();
  block.set_payload(std::string(kMaxPayloadBytes, 'x'));
  EXPECT_TRUE(Validate(block).ok());
  v1::Up up = Up();
  *up.mutable_batch()->add_blocks() = block;
  EXPECT_TRUE(Validate(up).ok());
  *up.mutable_batch()->add_blocks() = ValidBlock();
  EXPECT_EQ(Reason(Validate(up)), "batch_too_large");
  block.mutable_payload()->push_back('x');
  EXPECT_EQ(Reason(Validate(block)), "payload_too_large");
  block.clear_payload();
  EXPECT_EQ(Reason(Validate(block)), "empty_payload");
  block = ValidBlock();
  block.clear_codec();
  EXPECT_EQ(Reason(Validate(block)), "unknown_codec");
}

TEST(ViewMessageTest, IsReadBack) {
  const absl::StatusOr<View> view = FromProto(ToProto(ValidView()));
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(*view, ValidView());
}

TEST(ViewMessageTest, RefusesWhatIsNotWellFormed) {
  const std::pair<const char*, std::function<void(View&)>> wrong[] = {
      {"no members", [](View& view) { view.members.clear(); }},
      {"an id twice", [](View& view) { view.members[1].id = view.members[0].id; }},
      {"no weight", [](View& view) { view.members[0].weight = 0; }},
      {"a long id", [](View& view) { view.members[0].id = std::string(254, 'i'); }},
      {"a long address", [](View& view) { view.members[0].address = std::string(254, 'a'); }},
      {"a negative interval", [](View& view) { view.effective_from = -1; }},
      {"too many members",
       [](View& view) {
         for (int i = 0; i < 1024; ++i) view.members.push_back({absl::StrCat("m", i), "a:1", 1});
       }},
  };
  for (const auto& [what, change] : wrong) {
    View view = ValidView();
    change(view);
    EXPECT_EQ(Reason(FromProto(ToProto(view)).status()), "bad_view") << what;
  }
}

TEST(BooksTest, BalanceWhenEverySampleIsSomewhereOnce) {
  v1::Books books;
  EXPECT_EQ(DifferenceOf(books), 0);
  books.set_accepted(63);
  EXPECT_EQ(DifferenceOf(books), 63);
  books.set_committed(1);
  books.set_local(2);
  books.set_pending(4);
  books.set_open(8);
  for (const uint64_t samples : {16, 32}) {
    v1::Drop& drop = *books.add_dropped();
    drop.set_reason("rule");
    drop.set_sample_count(samples);
  }
  EXPECT_EQ(DroppedOf(books), 48u);
  EXPECT_EQ(DifferenceOf(books), 0);
  books.set_committed(2);
  EXPECT_EQ(DifferenceOf(books), -1);
}

TEST(BooksTest, TakeAnyNumber) {
  v1::Books books;
  books.set_accepted(UINT64_MAX);
  books.set_committed(UINT64_MAX);
  books.set_pending(UINT64_MAX);
  EXPECT_EQ(DifferenceOf(books), 1);  // modulo 2^64
}

TEST(PartitionSetTest, BitPIsBitPModulo8OfBytePOver8) {
  PartitionSet partitions;
  partitions.set(0);
  partitions.set(11);
  partitions.set(4095);
  const std::string bytes = EncodePartitions(partitions);
  ASSERT_EQ(bytes.size(), 512u);
  EXPECT_EQ(bytes[0], '\x01');
  EXPECT_EQ(bytes[1], '\x08');
  EXPECT_EQ(bytes[511], '\x80');
}

TEST(PartitionSetTest, IsReadBack) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  PartitionSet partitions;
  for (int i = 0; i < 500; ++i) partitions.set(random() % kPartitionCount);
  EXPECT_EQ(DecodePartitions(EncodePartitions(partitions)), partitions);
}

TEST(PartitionSetTest, NoneIsNoBytes) {
  EXPECT_EQ(EncodePartitions({}), "");
  EXPECT_EQ(DecodePartitions(""), PartitionSet());
  EXPECT_EQ(DecodePartitions(std::string(512, '\0')), PartitionSet());
}

TEST(PartitionSetTest, OtherSizesAreNone) {
  EXPECT_EQ(DecodePartitions("x"), std::nullopt);
  EXPECT_EQ(DecodePartitions(std::string(513, 'x')), std::nullopt);
}

}  // namespace
}  // namespace tributary
