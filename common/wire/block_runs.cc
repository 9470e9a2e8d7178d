#include "common/wire/block_runs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"

namespace tributary {
namespace {

// The columns of one run, the defaults written out.
class RunWriter {
 public:
  explicit RunWriter(v1::BlockRun& run) : run_(run) {}

  bool Takes(const v1::Block& block) const {
    return run_.sizes().empty() || (block.interval() == run_.interval() && block.partition() >= last_partition_);
  }

  void Add(const v1::Block& block) {
    run_.set_interval(block.interval());
    run_.add_partition_steps(block.partition() - last_partition_);
    last_partition_ = block.partition();
    run_.add_chunks(block.chunk());
    run_.add_chunk_counts(block.chunk_count());
    run_.add_sample_counts(block.sample_count());
    run_.add_crc32cs(block.crc32c());
    const bool is_zstd = block.codec() == v1::CODEC_ZSTD;
    run_.add_sizes(static_cast<uint32_t>(block.payload().size()) << 1 | (is_zstd ? 1 : 0));
    run_.mutable_payloads()->append(block.payload());
    has_chunks_ |= block.chunk() != 0;
    has_chunk_counts_ |= block.chunk_count() != 1;
  }

  void Finish() {
    if (!has_chunks_) run_.clear_chunks();
    if (!has_chunk_counts_) run_.clear_chunk_counts();
  }

 private:
  v1::BlockRun& run_;
  uint32_t last_partition_ = 0;
  bool has_chunks_ = false;
  bool has_chunk_counts_ = false;
};

bool IsWellFormed(const v1::BlockRun& run) {
  const int count = run.sizes_size();
  const auto is_column = [&](int size) { return size == count; };
  if (!is_column(run.partition_steps_size()) || !is_column(run.sample_counts_size())) return false;
  if (!is_column(run.crc32cs_size()) || !(run.chunks().empty() || is_column(run.chunks_size()))) return false;
  if (!run.chunk_counts().empty() && !is_column(run.chunk_counts_size())) return false;
  uint64_t payload_bytes = 0;
  for (const uint32_t size : run.sizes()) payload_bytes += size >> 1;
  return payload_bytes == run.payloads().size();
}

bool AreWellFormed(const v1::Batch& batch) {
  size_t blocks = 0;
  for (const v1::BlockRun& run : batch.runs()) {
    blocks += static_cast<size_t>(run.sizes_size());
    if (blocks > kMaxBatchBlocks || !IsWellFormed(run)) return false;
  }
  return true;
}

// REQUIRES: IsWellFormed(run).
void Unpack(const v1::BlockRun& run, v1::Batch& batch) {
  absl::string_view payloads = run.payloads();
  uint32_t partition = 0;
  for (int i = 0; i < run.sizes_size(); ++i) {
    v1::Block& block = *batch.add_blocks();
    partition += run.partition_steps(i);  // wraps, if it must: a partition out of range is the block's to be refused
    const size_t size = run.sizes(i) >> 1;
    block.set_interval(run.interval());
    block.set_partition(partition);
    block.set_chunk(run.chunks().empty() ? 0 : run.chunks(i));
    block.set_chunk_count(run.chunk_counts().empty() ? 1 : run.chunk_counts(i));
    block.set_sample_count(run.sample_counts(i));
    block.set_crc32c(run.crc32cs(i));
    block.set_codec((run.sizes(i) & 1) != 0 ? v1::CODEC_ZSTD : v1::CODEC_RAW);
    block.set_payload(payloads.data(), size);
    payloads.remove_prefix(size);
  }
}

using Chunks = google::protobuf::RepeatedField<uint32_t>;

void LeaveOutZeros(Chunks& chunks) {
  if (std::all_of(chunks.begin(), chunks.end(), [](uint32_t chunk) { return chunk == 0; })) chunks.Clear();
}

void FillIn(int count, Chunks& chunks) {
  if (chunks.empty()) chunks.Resize(count, 0);
}

}  // namespace

void PackBlocks(v1::Up& message) {
  if (!message.has_batch()) return;
  v1::Batch packed;
  packed.mutable_owner()->swap(*message.mutable_batch()->mutable_owner());
  std::optional<RunWriter> writer;
  for (const v1::Block& block : message.batch().blocks()) {
    if (!writer || !writer->Takes(block)) {
      if (writer) writer->Finish();
      writer.emplace(*packed.add_runs());
    }
    writer->Add(block);
  }
  if (writer) writer->Finish();
  *message.mutable_batch() = std::move(packed);
}

void UnpackBlocks(v1::Up& message) {
  if (!message.has_batch() || message.batch().runs().empty()) return;
  if (!AreWellFormed(message.batch())) return message.clear_message();
  v1::Batch& batch = *message.mutable_batch();
  for (const v1::BlockRun& run : batch.runs()) Unpack(run, batch);
  batch.clear_runs();
}

void PackNames(v1::Down& message) {
  if (message.has_committed()) LeaveOutZeros(*message.mutable_committed()->mutable_chunks());
  if (!message.has_received()) return;
  for (v1::Received::Blocks& blocks : *message.mutable_received()->mutable_blocks()) {
    LeaveOutZeros(*blocks.mutable_chunks());
  }
}

void UnpackNames(v1::Down& message) {
  if (message.has_committed()) {
    v1::Committed& committed = *message.mutable_committed();
    FillIn(committed.partitions_size(), *committed.mutable_chunks());
  }
  if (!message.has_received()) return;
  for (v1::Received::Blocks& blocks : *message.mutable_received()->mutable_blocks()) {
    FillIn(blocks.partitions_size(), *blocks.mutable_chunks());
  }
}

}  // namespace tributary
