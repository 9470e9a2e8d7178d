#pragma once

#include <iosfwd>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tributary {

// What a person, or a script, does with the store of a global. All but import open it read-only, and may do so while
// its owner runs. Not thread-safe.

// A table: rows, series and bytes by length and block; and how far the store is sealed and rolled up.
absl::Status InspectStore(const std::string& path, std::ostream& out);

// Every checksum is compared and every row decoded. Names on `out` what is corrupt, a line each; the number of those.
absl::StatusOr<size_t> CheckStore(const std::string& path, std::ostream& out);

enum class ExportFormat { kNdjson, kClickHouse };
// All rows of one length, or with ZeroDuration of every length. NDJSON: a line that says whose store it is, then a line
// a row: what a person reads, and the bytes that an import takes (docs/operations.md, "The store's tools"). ClickHouse:
// RowBinary for the table of docs/query.md.
absl::Status ExportStore(const std::string& path, ExportFormat format, absl::Duration length, std::ostream& out);

// NDJSON of an export into a store of the same cluster and interval; makes one where there is none. A row that is there
// already, of the same version and emitter, stays; so importing twice changes nothing. The global must not run.
struct ImportCounts {
  size_t rows = 0;
  size_t known = 0;
};
absl::StatusOr<ImportCounts> ImportStore(const std::string& path, std::istream& in);

}  // namespace tributary
