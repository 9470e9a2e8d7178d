#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "global/store/change_reader.h"
#include "global/store/database.h"
#include "rocksdb/iterator.h"
#include "tributary/v1/copy.pb.h"

namespace tributary {

// A store as changes that make a copy of it: first all there is, column by column; then what was written since that
// began, as it is written. What is written meanwhile is sent twice, and changes nothing at the second time: a put is a
// put, and the order is that of the writing. Of the store goes what queries need: not manifests, totals and outbox.
//
// Cursor:  where a copy is; a feed opened with it goes on behind it, in another process too.
// Errors:  NotFound: there is no way on from the cursor; begin anew with an empty one.
// Threads: thread-compatible, beside any writer. `database` outlives it.
class StoreFeed {
 public:
  StoreFeed(Database& database, absl::string_view cursor);
  ~StoreFeed();

  // Appends changes of about `max_bytes`, a change more at most, and where a copy is with them. False: nothing has
  // changed.
  absl::StatusOr<bool> Next(size_t max_bytes, v1::CopyChunk& chunk);
  // All that there was when it began has been told.
  bool is_whole() const { return phase_ == Phase::kFollowing; }

 private:
  enum class Phase : uint8_t { kScanning = 1, kFollowing = 2 };
  std::string cursor() const;
  absl::Status ReadCursor(absl::string_view cursor);
  absl::StatusOr<bool> Scan(size_t max_bytes, v1::CopyChunk& chunk);
  absl::StatusOr<bool> Follow(size_t max_bytes, v1::CopyChunk& chunk);

  Database& database_;
  absl::Status status_;
  Phase phase_ = Phase::kScanning;
  uint64_t number_ = 0;  // of the first change to be followed
  size_t column_ = 0;    // scanning: of kColumns, and the last key of it
  std::string last_key_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::unique_ptr<ChangeReader> changes_;
};

}  // namespace tributary
