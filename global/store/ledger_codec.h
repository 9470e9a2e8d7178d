#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/aggregate/row.h"
#include "global/merge/commit_plan.h"
#include "global/merge/manifest.h"
#include "global/store/interval_mask.h"
#include "global/store/row_reader.h"
#include "global/store/series_catalog.h"

namespace tributary {

// The bytes of the ledger. Keys are big-endian so that they sort as numbers do. Decoders take any bytes and return
// nothing for what they did not write.

// Where a row is: everything of one series in one block of time lies together, in order of time.
struct RowKey {
  static constexpr size_t kBytes = 14;
  uint8_t resolution = 1;  // 1: the cluster's interval
  uint32_t block = 0;
  KeyId series = 0;
  uint16_t offset = 0;  // interval within the block
  uint8_t version = 1;
  uint16_t emitter = 0;  // which node wrote it; two of one version hold the same, or sets of which the larger counts

  std::string Encode() const;
  static std::optional<RowKey> Decode(absl::string_view bytes);
  friend auto operator<=>(const RowKey&, const RowKey&) = default;  // as of the bytes
};
// What is common to the rows of a block, and of a series in it.
std::string BlockPrefix(uint8_t resolution, uint32_t block);

// Without what the key says: series, interval, version. Digests are cut at `compression`.
std::string EncodeRow(const Row& row, double compression);
// REQUIRES: `key` is the series the row belongs to. `handover`, if any, is told which brought the row, or 0.
absl::StatusOr<Row> DecodeRow(absl::string_view bytes, const SharedSeriesKey& key, IntervalIndex interval,
                              uint32_t version, uint32_t* handover = nullptr);
// The same row as one that `handover` brought. REQUIRES: DecodeRow takes it.
std::string MarkRow(absl::string_view bytes, uint32_t handover);

// A row of many intervals: which of `size` it has, and its bytes as a row.
std::string EncodeRollup(const IntervalMask& covered, int size, absl::string_view row);
// The row's bytes.
absl::StatusOr<absl::string_view> DecodeRollup(absl::string_view bytes, int size, IntervalMask& covered);

std::string EncodeKeyId(KeyId id);
std::optional<KeyId> DecodeKeyId(absl::string_view bytes);
std::string EncodeSeriesKey(const SeriesKey& key);
absl::StatusOr<SeriesKey> DecodeSeriesKey(absl::string_view bytes);

// Where a rollup's progress is, in Column::kControl.
std::string RollupProgressKey(uint8_t resolution);

std::string EncodeLifetime(const Lifetime& lifetime);
std::optional<Lifetime> DecodeLifetime(absl::string_view bytes);

// A rolled-up row that is to be made again.
struct StaleRow {
  uint8_t resolution = 0;
  IntervalIndex interval = 0;
  KeyId series = 0;
  friend auto operator<=>(const StaleRow&, const StaleRow&) = default;
};
std::string EncodeStaleRow(const StaleRow& row);
std::optional<StaleRow> DecodeStaleRow(absl::string_view bytes);

struct ManifestName {
  IntervalIndex interval = 0;
  PartitionId partition = 0;
  uint8_t step = 0;
};
std::string EncodeManifestName(const ManifestName& name);
std::optional<ManifestName> DecodeManifestName(absl::string_view bytes);
std::string EncodeManifest(const Manifest& manifest);
std::optional<Manifest> DecodeManifest(absl::string_view bytes);

// Without the key.
std::string EncodeTotal(const SeriesTotal& total);
std::optional<SeriesTotal> DecodeTotal(absl::string_view bytes);

std::string EncodeRoster(const std::vector<RosterEntry>& roster);
std::optional<std::vector<RosterEntry>> DecodeRoster(absl::string_view bytes);

std::string EncodeViews(const std::vector<View>& views);
std::optional<std::vector<View>> DecodeViews(absl::string_view bytes);

}  // namespace tributary
