#pragma once

#include <string>

#include "absl/types/span.h"
#include "common/base/interval.h"
#include "common/net/http_client.h"
#include "common/sink/sink.h"

namespace tributary {

// Inserts rows with their sketches' centroids into a table of ClickHouse, through its HTTP interface; docs/query.md has
// the table (docs/examples/clickhouse.sql) and what to ask of it.
//
// Requests: INSERT ... FORMAT RowBinary of up to max_rows_per_request rows; the column names are written, so a table
// may have
//           more columns.
// Again:    a row written again replaces itself, and a whole row the partial one before it: the table is a
//           ReplacingMergeTree over (name, series, time, version) and is read with FINAL.
// Errors:   every answer but 200 is about the table or the server, for all rows are well-formed: to be written again.
// Left out: running totals (sums over rows are exact), and sets' sketches (their estimate is told).
// Threads:  as Sink.
class ClickHouseSink : public Sink {
 public:
  struct Options {
    HttpFetch request;  // all but method and body; the url is the server's, with its parameters if it has any
    std::string table;  // `database.table` or `table`: letters, digits, `_`
    size_t max_rows_per_request = 10'000;
  };
  ClickHouseSink(Options options, IntervalScale scale);

  SinkResult Write(absl::Span<const Row> rows) override;
  void Cancel() override { client_.Cancel(); }

 private:
  const Options options_;
  const IntervalScale scale_;
  const std::string url_;
  HttpClient client_;
};

// One row as RowBinary, in the order of kClickHouseColumns.
// Source: https://clickhouse.com/docs/en/interfaces/formats#rowbinary
extern const char* const kClickHouseColumns;
void AppendRowBinary(const Row& row, const IntervalScale& scale, std::string& out);

}  // namespace tributary
