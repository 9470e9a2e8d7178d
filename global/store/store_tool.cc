#include "global/store/store_tool.h"

#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/printable.h"
#include "common/base/status.h"
#include "common/sink/clickhouse_sink.h"
#include "global/store/database.h"
#include "global/store/ledger.h"
#include "global/store/ledger_codec.h"
#include "global/store/row_table.h"
#include "nlohmann/json.hpp"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr int kExportFormat = 1;
constexpr size_t kMaxLineBytes = 16 << 20;
constexpr size_t kRowsOfABatch = 5000;

using Json = nlohmann::json;

// A store opened for looking at: its rows with the series they belong to.
class StoreView {
 public:
  static absl::StatusOr<std::unique_ptr<StoreView>> Open(const std::string& path) {
    auto view = std::unique_ptr<StoreView>(new StoreView());
    TRIBUTARY_ASSIGN_OR_RETURN(view->database_, Database::OpenReadOnly(path));
    TRIBUTARY_ASSIGN_OR_RETURN(view->made_for_, view->database_->MadeFor());
    view->shapes_ = RowShapes(view->made_for_.interval);
    return view;
  }

  const Database& database() const { return *database_; }
  const Database::Options& made_for() const { return made_for_; }
  const std::vector<RowTable::Shape>& shapes() const { return shapes_; }
  const absl::flat_hash_map<KeyId, SharedSeriesKey>& series() const { return series_; }

  // `bad` is told of each that cannot be read.
  absl::Status LoadSeries(absl::FunctionRef<void(absl::string_view what)> bad) {
    return database_->ForEach(Column::kKeys, [&](absl::string_view key, absl::string_view value) {
      const auto id = DecodeKeyId(key);
      auto series = DecodeSeriesKey(value);
      if (id && series.ok()) {
        series_.emplace(*id, *std::move(series));
      } else {
        bad(absl::StrCat("series ", absl::BytesToHexString(key)));
      }
      return absl::OkStatus();
    });
  }

  const RowTable::Shape* ShapeOf(uint8_t code) const {
    for (const RowTable::Shape& shape : shapes_) {
      if (shape.code == code) return &shape;
    }
    return nullptr;
  }

  absl::Time EndOf(const RowTable::Shape& shape, const RowKey& at) const {
    return IntervalScale(shape.length).End(RowTable::IntervalOf(shape, at));
  }

  // "10s row of api.latency that ends at ..., version 1, emitter 7", as far as its key tells.
  std::string Describe(absl::string_view key) const {
    const auto at = RowKey::Decode(key);
    const RowTable::Shape* shape = at ? ShapeOf(at->resolution) : nullptr;
    if (shape == nullptr) return absl::StrCat("row with key ", absl::BytesToHexString(key));
    const auto series = series_.find(at->series);
    return absl::StrFormat(
        "%s row of %s that ends at %s, version %d, emitter %d", absl::FormatDuration(shape->length),
        series == series_.end() ? absl::StrCat("unknown series ", at->series) : Printable(series->second->name),
        absl::FormatTime(EndOf(*shape, *at), absl::UTCTimeZone()), at->version, at->emitter);
  }

  // The row behind a key and a value, or what is wrong with them.
  absl::StatusOr<Row> Read(absl::string_view key, absl::string_view value, IntervalMask& covered) const {
    const auto at = RowKey::Decode(key);
    const RowTable::Shape* shape = at ? ShapeOf(at->resolution) : nullptr;
    if (shape == nullptr) return absl::DataLossError("is no row of this store");
    const auto series = series_.find(at->series);
    if (series == series_.end()) return absl::DataLossError("belongs to no series");
    return RowTable::Decode(*shape, *at, value, series->second, covered);
  }

 private:
  StoreView() = default;
  std::unique_ptr<Database> database_;
  Database::Options made_for_;
  std::vector<RowTable::Shape> shapes_;
  absl::flat_hash_map<KeyId, SharedSeriesKey> series_;
};

void Ignore(absl::string_view) {}

absl::StatusOr<std::string> ControlOf(const Database& database, absl::string_view key) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<std::string> value, database.Get(Column::kControl, key));
  return value.value_or("");
}

// What a person reads of a row's value.
void Describe(const Aggregate& value, Json& line) {
  if (const auto* counter = std::get_if<CounterAggregate>(&value)) {
    line["value"] = counter->total.ToDouble();
  } else if (const auto* gauge = std::get_if<GaugeAggregate>(&value)) {
    line["last"] = gauge->last;
    line["min"] = gauge->min;
    line["max"] = gauge->max;
    line["sum"] = gauge->sum.ToDouble();
    line["count"] = gauge->count;
  } else if (const auto* distribution = std::get_if<DistributionAggregate>(&value)) {
    const TDigest& digest = distribution->digest;
    line["count"] = digest.count().ToDouble();
    line["sum"] = digest.sum().ToDouble();
    line["min"] = digest.min();
    line["max"] = digest.max();
    line["p50"] = digest.Quantile(0.5);
    line["p99"] = digest.Quantile(0.99);
  } else if (const auto* set = std::get_if<SetAggregate>(&value)) {
    line["estimate"] = set->members.Estimate();
  } else if (const auto* check = std::get_if<CheckAggregate>(&value)) {
    line["status"] = check->status;
  }
}

// Bytes that are not UTF-8 are shown as U+FFFD: an import takes the key's own bytes.
std::string Dump(const Json& line) { return line.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json LineOf(const RowKey& at, const RowTable::Shape& shape, const Row& row, absl::Time end, absl::string_view value) {
  Json line = {{"resolution", absl::FormatDuration(shape.length)},
               {"end_unix_ms", absl::ToUnixMillis(end)},
               {"name", row.key->name},
               {"tags", row.key->tags},
               {"type", std::string(MetricTypeName(row.key->type))},
               {"version", at.version},
               {"emitter", at.emitter},
               {"partial", row.partial},
               {"late", row.late},
               {"coverage", row.coverage},
               {"contributors", row.contributors},
               {"approximate_order", row.approximate_order}};
  Describe(row.value, line);
  line["series"] = absl::Base64Escape(EncodeSeriesKey(*row.key));
  line["row"] = absl::Base64Escape(value);
  return line;
}

// One line of an export, as an import needs it.
struct ImportedRow {
  SharedSeriesKey key;
  RowKey at;
  std::string value;
};

absl::StatusOr<ImportedRow> ReadLine(const Json& line, const std::vector<RowTable::Shape>& shapes) {
  ImportedRow row;
  std::string series;
  bool is_kept = false;
  try {
    if (!absl::Base64Unescape(line.at("series").get<std::string>(), &series) ||
        !absl::Base64Unescape(line.at("row").get<std::string>(), &row.value)) {
      return absl::InvalidArgumentError("series and row must be base64");
    }
    row.at.version = line.at("version").get<uint8_t>();
    row.at.emitter = line.at("emitter").get<uint16_t>();
    const std::string length = line.at("resolution").get<std::string>();
    const absl::Time end = absl::FromUnixMillis(line.at("end_unix_ms").get<int64_t>());
    for (const RowTable::Shape& shape : shapes) {
      if (absl::FormatDuration(shape.length) != length) continue;
      is_kept = true;
      const IntervalIndex interval = IntervalScale(shape.length).At(end) - 1;
      const IntervalIndex per_block = shape.block / shape.length;
      if (interval < 0 || interval / per_block > UINT32_MAX)
        return absl::InvalidArgumentError("end_unix_ms is no time");
      row.at.resolution = shape.code;
      row.at.block = static_cast<uint32_t>(interval / per_block);
      row.at.offset = static_cast<uint16_t>(interval % per_block);
    }
    if (!is_kept) return absl::InvalidArgumentError("no rows of that resolution are kept");
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
  TRIBUTARY_ASSIGN_OR_RETURN(SeriesKey key, DecodeSeriesKey(series));
  row.key = std::move(key);
  return row;
}

// The first line: whose rows they are.
absl::StatusOr<Database::Options> ReadHeader(const std::string& text) {
  const Json header = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  Database::Options options;
  try {
    if (header.at("tributary_store").get<int>() != kExportFormat) {
      return absl::InvalidArgumentError("is an export of another format");
    }
    options.cluster = header.at("cluster").get<std::string>();
    if (!absl::ParseDuration(header.at("interval").get<std::string>(), &options.interval) ||
        options.interval < absl::Seconds(1) || absl::Minutes(1) % options.interval != absl::ZeroDuration()) {
      return absl::InvalidArgumentError("interval is none");
    }
  } catch (const Json::exception&) {
    return absl::InvalidArgumentError("the first line is not that of an export");
  }
  return options;
}

}  // namespace

absl::Status InspectStore(const std::string& path, std::ostream& out) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, StoreView::Open(path));
  TRIBUTARY_RETURN_IF_ERROR(view->LoadSeries(Ignore));
  const Database& database = view->database();
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string sealed, ControlOf(database, "sealed_through"));
  out << path << ": cluster " << view->made_for().cluster << ", interval "
      << absl::FormatDuration(view->made_for().interval) << ", " << view->series().size() << " series, "
      << database.DiskBytes() << " bytes on disk, sealed through interval " << (sealed.empty() ? "-" : sealed);
  for (const RowTable::Shape& shape : view->shapes()) {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::string through, ControlOf(database, Rollup::ProgressKey(shape)));
    if (!through.empty()) {
      out << ", " << absl::FormatDuration(shape.length) << " through " << through.substr(0, through.find(' '));
    }
  }
  out << "\n"
      << absl::StrFormat("%-10s %-20s %12s %10s %14s %9s\n", "RESOLUTION", "BLOCK", "ROWS", "SERIES", "BYTES",
                         "PER ROW");
  struct Sums {
    uint64_t rows = 0, series = 0, bytes = 0;
    KeyId last = 0;
  };
  std::map<std::pair<uint8_t, uint32_t>, Sums> blocks;
  TRIBUTARY_RETURN_IF_ERROR(
      database.ForEach(Column::kRows, [&](absl::string_view key, absl::string_view value) -> absl::Status {
        const auto at = RowKey::Decode(key);
        if (!at) return absl::OkStatus();  // for check to tell
        Sums& sums = blocks[{at->resolution, at->block}];
        sums.series += sums.rows == 0 || sums.last != at->series ? 1 : 0;
        sums.last = at->series;
        ++sums.rows;
        sums.bytes += key.size() + value.size();
        return absl::OkStatus();
      }));
  for (const auto& [block, sums] : blocks) {
    const RowTable::Shape* shape = view->ShapeOf(block.first);
    if (shape == nullptr) continue;
    const absl::Time start = absl::UnixEpoch() + block.second * shape->block;
    out << absl::StrFormat("%-10s %-20s %12d %10d %14d %9.1f\n", absl::FormatDuration(shape->length),
                           absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", start, absl::UTCTimeZone()), sums.rows, sums.series,
                           sums.bytes, static_cast<double>(sums.bytes) / static_cast<double>(sums.rows));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> CheckStore(const std::string& path, std::ostream& out) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, StoreView::Open(path));
  size_t corrupt = 0, files = 0, rows = 0;
  const auto tell = [&](absl::string_view what, absl::string_view why) {
    ++corrupt;
    out << "corrupt: " << what << ": " << why << "\n";
  };
  view->database().VerifyFiles([&](const std::string& file, const absl::Status& status) {
    ++files;
    if (!status.ok()) tell("file", status.message());
  });
  if (const absl::Status read = view->LoadSeries([&](absl::string_view what) { tell(what, "cannot be read"); });
      !read.ok()) {
    tell("list of series", read.message());
  }
  std::string last = "before the first";
  const absl::Status read =
      view->database().ForEach(Column::kRows, [&](absl::string_view key, absl::string_view value) {
        ++rows;
        IntervalMask covered;
        const absl::StatusOr<Row> row = view->Read(key, value, covered);
        if (!row.ok()) tell(view->Describe(key), row.status().message());
        last = std::string(key);
        return absl::OkStatus();
      });
  if (!read.ok()) tell(absl::StrCat("rows behind the ", view->Describe(last)), read.message());
  out << path << ": " << files << " files, " << view->series().size() << " series, " << rows << " rows, " << corrupt
      << " corrupt\n";
  return corrupt;
}

absl::Status ExportStore(const std::string& path, ExportFormat format, absl::Duration length, std::ostream& out) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, StoreView::Open(path));
  TRIBUTARY_RETURN_IF_ERROR(view->LoadSeries(Ignore));
  if (format == ExportFormat::kNdjson) {
    out << Dump({{"tributary_store", kExportFormat},
                 {"cluster", view->made_for().cluster},
                 {"interval", absl::FormatDuration(view->made_for().interval)}})
        << "\n";
  }
  std::string bytes;
  return view->database().ForEach(Column::kRows, [&](absl::string_view key, absl::string_view value) -> absl::Status {
    IntervalMask covered;
    const absl::StatusOr<Row> row = view->Read(key, value, covered);
    if (!row.ok()) return Annotate(row.status(), view->Describe(key));
    const RowKey at = *RowKey::Decode(key);
    const RowTable::Shape& shape = *view->ShapeOf(at.resolution);
    if (length != absl::ZeroDuration() && shape.length != length) return absl::OkStatus();
    if (format == ExportFormat::kClickHouse) {
      bytes.clear();
      AppendRowBinary(*row, IntervalScale(shape.length), bytes);
      out << bytes;
    } else {
      out << Dump(LineOf(at, shape, *row, view->EndOf(shape, at), value)) << "\n";
    }
    return out.good() ? absl::OkStatus() : absl::UnavailableError("the output cannot be written");
  });
}

absl::StatusOr<ImportCounts> ImportStore(const std::string& path, std::istream& in) {
  std::string text;
  std::getline(in, text);
  TRIBUTARY_ASSIGN_OR_RETURN(Database::Options options, ReadHeader(text));
  options.path = path;
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, Database::Open(options));
  Ledger::Options ledger_options;
  ledger_options.interval = options.interval;
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<Ledger> ledger,
                             Ledger::Open(*database, ledger_options, absl::UnixEpoch()));
  const std::vector<RowTable::Shape> shapes = RowShapes(options.interval);
  ImportCounts counts;
  auto batch = std::make_unique<rocksdb::WriteBatch>();
  for (size_t number = 2; std::getline(in, text); ++number) {
    const std::string where = absl::StrCat("line ", number);
    if (text.size() > kMaxLineBytes) return absl::InvalidArgumentError(absl::StrCat(where, " is too long"));
    const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object()) return absl::InvalidArgumentError(absl::StrCat(where, " is not a JSON object"));
    const absl::StatusOr<ImportedRow> row = ReadLine(line, shapes);
    if (!row.ok()) return Annotate(row.status(), where);
    const absl::StatusOr<bool> put = ledger->Import(row->key, row->at, row->value, *batch);
    if (!put.ok()) return Annotate(put.status(), where);
    ++(*put ? counts.rows : counts.known);
    if (number % kRowsOfABatch != 0) continue;
    TRIBUTARY_RETURN_IF_ERROR(database->Write(*batch, /*durable=*/false));
    batch = std::make_unique<rocksdb::WriteBatch>();
  }
  TRIBUTARY_RETURN_IF_ERROR(database->Write(*batch, /*durable=*/true));
  return counts;
}

}  // namespace tributary
