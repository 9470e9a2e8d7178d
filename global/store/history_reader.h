#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "global/store/database.h"
#include "global/store/handover_log.h"
#include "global/store/ledger_codec.h"
#include "global/store/row_table.h"
#include "global/store/series_catalog.h"

namespace tributary {

// Goes over every row of a store as it was when the reader was made: by length, block, series and time. Leaves out what
// is hidden, of unknown series, or below the floors. Keeps files of the store alive: not for long.
// Thread-compatible; `database` and `catalog` outlive it.
class HistoryReader {
 public:
  struct Item {
    RowKey at;
    SharedSeriesKey series;
    absl::string_view value;  // until the next Next
  };
  // From behind the key `after` on. `floors`: by shape, the first key to be read.
  HistoryReader(const Database& database, const SeriesCatalog& catalog, std::vector<RowTable::Shape> shapes,
                std::vector<RowKey> floors, HiddenRows hidden, absl::string_view after);
  ~HistoryReader();

  // False at the end, or when status() is not OK.
  bool Next(Item& item);
  const absl::Status& status() const { return status_; }

 private:
  bool IsBelowFloor(const RowKey& at) const;
  bool IsHidden(const RowKey& at, const SharedSeriesKey& series, absl::string_view value) const;

  const SeriesCatalog& catalog_;
  const std::vector<RowTable::Shape> shapes_;
  const std::vector<RowKey> floors_;
  const HiddenRows hidden_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  bool is_first_ = true;
  KeyId last_id_ = 0;
  std::optional<SharedSeriesKey> last_series_;  // of last_id_, if there is one
  absl::Status status_;
};

}  // namespace tributary
