#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "global/store/database.h"

namespace tributary {

// Names the hand-over of one global's history; 0: none. Rows that it brought carry it.
using HandoverId = uint32_t;
// The same whenever this global leaves by this view.
HandoverId HandoverIdOf(const std::string& node_id, const View& without);

// What a reading of the store leaves out. A value.
struct HiddenRows {
  bool all = false;
  std::vector<HandoverId> handovers = {};  // ascending
  bool Hides(HandoverId handover) const {
    return all || (handover != 0 && std::binary_search(handovers.begin(), handovers.end(), handover));
  }
};

struct TakenHandover {
  enum class State : uint8_t { kOpen = 1, kComplete = 2, kFinished = 3, kCancelled = 4 };
  HandoverId id = 0;
  std::string from;         // the member's id
  std::string address;      // where it is asked
  IntervalIndex order = 0;  // the first interval of the view without it, and the view's sequence
  uint64_t sequence = 0;
  State state = State::kOpen;
  std::string cursor;  // of the last chunk
  uint64_t rows = 0;
  StoreId store = 0;  // whose rows they are; 0: was not told
};

// The histories that a store has taken from others, and whether its own was given away. On disk with the rows.
//
// Taken:   hidden until finished, for the one who hands over answers until then; for ever when a newer hand-over of the
//          same global took its place.
// Given:   all that the store holds is hidden, and gone with the next Open: it is at others.
// Bounds:  kMaxTaken; those whose time is beyond the retention are forgotten.
// Threads: readers are thread-safe; Begin, Take, Finish and Forget are the store's writer's. `database` outlives it.
class HandoverLog {
 public:
  static constexpr size_t kMaxTaken = 4096;

  // Empties the store first if it was given away.
  static absl::StatusOr<std::unique_ptr<HandoverLog>> Open(Database& database);

  // Or goes on with it; cancels those of the same global that are older and not finished. ResourceExhausted when there
  // are too many; Aborted when a newer one of the same global is known.
  absl::StatusOr<TakenHandover> Begin(const TakenHandover& handover, rocksdb::WriteBatch& batch);
  // REQUIRES: Find has it, open or complete. An empty cursor is none.
  void Take(HandoverId id, absl::string_view cursor, bool is_last, uint64_t rows, rocksdb::WriteBatch& batch);
  void Finish(HandoverId id, rocksdb::WriteBatch& batch);
  // Those of views that were in force before.
  void Forget(IntervalIndex before, rocksdb::WriteBatch& batch);
  // Of this store's own history; durable when these return OK. Any thread.
  absl::Status BeginToGive(HandoverId id);
  absl::Status Give(HandoverId id);

  std::optional<TakenHandover> Find(HandoverId id) const;
  // Whether rows of another than `id` are here, or may be.
  bool HasOther(HandoverId id) const;
  // Newest first, without those cancelled.
  std::vector<TakenHandover> Taken(size_t limit) const;
  // Of this store's own history, newest last.
  std::vector<HandoverId> Given() const;
  // The same of a store that is not open as a ledger; what cannot be read is none.
  static std::vector<HandoverId> GivenIn(const Database& database);
  bool is_given() const;
  // What BeginToGive was told last and Give was not; after a start, too.
  HandoverId giving() const;
  // `with` and `without` go before the state, but for those cancelled.
  HiddenRows Hidden(absl::Span<const HandoverId> with = {}, absl::Span<const HandoverId> without = {}) const;
  // What a reading hides, and what makes it so: of one moment.
  struct Moment {
    HiddenRows hidden;
    std::vector<HandoverId> given;
    std::vector<TakenHandover> taken;  // as Taken
  };
  Moment Look(absl::Span<const HandoverId> with, absl::Span<const HandoverId> without, size_t limit) const;

 private:
  explicit HandoverLog(Database& database) : database_(database) {}
  absl::Status Load();
  absl::Status Empty();
  void Put(const TakenHandover& handover, rocksdb::WriteBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  HiddenRows HiddenNow(absl::Span<const HandoverId> with, absl::Span<const HandoverId> without) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<TakenHandover> TakenNow(size_t limit) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Database& database_;
  mutable Mutex mutex_;
  std::map<HandoverId, TakenHandover> taken_ ABSL_GUARDED_BY(mutex_);
  std::vector<HandoverId> given_ ABSL_GUARDED_BY(mutex_);
  bool is_given_ ABSL_GUARDED_BY(mutex_) = false;
  HandoverId giving_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tributary
