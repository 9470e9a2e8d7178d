#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/aggregate/row.h"

namespace tributary {

// Why a sink gave up on a row. Each is a `reason` of tributary_sink_rows_dropped_total.
enum class SinkDropReason : uint8_t {
  kRefused = 0,     // the storage will never take one of the row's points (remote write: 400, 409, 413, 422)
  kOutOfOrder = 1,  // the storage has that sample, or a newer one, of the same series already
  kCollision = 2,   // the series has the same identity in this storage as another series, which came first
  kNoPoints = 3,    // nothing of the row can be told there: no running total, or only percentiles of a partial row
};
inline constexpr size_t kSinkDropReasons = 4;
absl::string_view SinkDropReasonName(SinkDropReason reason);

// What became of the rows of one Write. The first settled() of them are done with: delivered, or dropped for good.
// When `status` is not OK the others are to be written again, not before `retry_after`.
struct SinkResult {
  absl::Status status;
  absl::Duration retry_after = absl::ZeroDuration();  // the storage's wish; zero: none
  uint64_t delivered = 0;
  std::array<uint64_t, kSinkDropReasons> dropped{};
  std::string refusal;  // of the last point that the storage refused: which series, and what it says; for the log

  void Drop(SinkDropReason reason) { ++dropped[static_cast<size_t>(reason)]; }
  uint64_t settled() const {
    uint64_t rows = delivered;
    for (const uint64_t count : dropped) rows += count;
    return rows;
  }
};

// Where committed rows and events go: a storage, a file, a terminal.
//
// A row is delivered when the storage has confirmed it. Writing a row again must be harmless or at least told in the
// sink's own comment: the feeder repeats what it does not know to be settled.
// Errors:  OK with settled() == rows.size(), or a status and a shorter prefix. Never both short and OK.
// Threads: Write and WriteEvents are called by one thread at a time; Cancel by any.
class Sink {
 public:
  virtual ~Sink() = default;

  virtual SinkResult Write(absl::Span<const Row> rows) = 0;

  // Events are given to sinks that take them only: all of them are delivered, or none as far as known and all are to be
  // written again.
  virtual bool takes_events() const { return false; }
  virtual absl::Status WriteEvents(absl::Span<const Event> events) { return absl::UnimplementedError("no events"); }

  // The running Write, and every later one, returns soon: for shutdown.
  virtual void Cancel() {}
};

}  // namespace tributary
