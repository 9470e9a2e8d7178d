#include "common/sink/clickhouse_sink.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/bytes.h"
#include "common/metric/series_key.h"
#include "common/sink/labels.h"
#include "common/sink/statistics.h"

namespace tributary {

const char* const kClickHouseColumns =
    "time,name,series,type,tags.key,tags.value,version,whole,late,coverage,contributors,value,count,sum,min,max,"
    "centroids.mean,centroids.weight";

namespace {

constexpr size_t kMaxToldBytes = 300;
// Of a sample: weights of ClickHouse's digests are whole numbers, ours are not when samples were scaled or split.
constexpr double kWeightUnits = 1000;

std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      escaped.push_back(c);
    } else {
      absl::StrAppend(&escaped, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return escaped;
}

std::string UrlOf(const ClickHouseSink::Options& options) {
  const std::string query = absl::StrCat("INSERT INTO ", options.table, " (", kClickHouseColumns, ") FORMAT RowBinary");
  return absl::StrCat(options.request.url, absl::StrContains(options.request.url, '?') ? "&" : "?",
                      "query=", Escaped(query));
}

void AppendTags(const Labels& tags, ByteWriter& writer) {
  writer.Varint(tags.size());
  for (const auto& [key, value] : tags) writer.Sized(key);
  writer.Varint(tags.size());
  for (const auto& [key, value] : tags) writer.Sized(value);
}

struct Numbers {
  double value = 0;
  double count = 0;
  double sum = 0;
  double min = 0;
  double max = 0;
  std::vector<Centroid> centroids = {};
};

Numbers NumbersOf(const CounterAggregate& counter) {
  const double total = counter.total.ToDouble();
  return {.value = total, .count = total, .sum = total};
}
Numbers NumbersOf(const GaugeAggregate& gauge) {
  return {.value = gauge.last,
          .count = static_cast<double>(gauge.count),
          .sum = gauge.sum.ToDouble(),
          .min = gauge.min,
          .max = gauge.max};
}
Numbers NumbersOf(const DistributionAggregate& distribution) {
  const TDigest& digest = distribution.digest;
  if (digest.empty()) return {};
  return {.value = digest.sum().ToDouble() / digest.count().ToDouble(),
          .count = digest.count().ToDouble(),
          .sum = digest.sum().ToDouble(),
          .min = digest.min(),
          .max = digest.max(),
          .centroids = digest.Centroids()};
}
Numbers NumbersOf(const SetAggregate& set) { return {.value = set.members.Estimate()}; }
Numbers NumbersOf(const CheckAggregate& check) { return {.value = static_cast<double>(check.status)}; }

uint64_t WeightUnits(double weight) {
  return static_cast<uint64_t>(std::clamp(std::round(weight * kWeightUnits), 1.0, 0x1p62));
}

}  // namespace

void AppendRowBinary(const Row& row, const IntervalScale& scale, std::string& out) {
  const Numbers numbers = std::visit([](const auto& aggregate) { return NumbersOf(aggregate); }, row.value);
  ByteWriter writer(out);
  writer.U32(static_cast<uint32_t>(std::clamp<int64_t>(absl::ToUnixSeconds(scale.End(row.interval)), 0, UINT32_MAX)));
  writer.Sized(row.key->name);
  writer.U64(HashOf(*row.key, 0).low);
  writer.Sized(MetricTypeName(row.key->type));
  AppendTags(JoinedTags(row.key->tags), writer);
  writer.U32(row.version);
  writer.U8(row.partial ? 0 : 1);
  writer.U8(row.late ? 1 : 0);
  writer.F64(row.coverage);
  writer.U32(row.contributors);
  for (const double number : {numbers.value, numbers.count, numbers.sum, numbers.min, numbers.max}) writer.F64(number);
  writer.Varint(numbers.centroids.size());
  for (const Centroid& centroid : numbers.centroids) writer.F64(centroid.mean);
  writer.Varint(numbers.centroids.size());
  for (const Centroid& centroid : numbers.centroids) writer.U64(WeightUnits(centroid.weight));
}

ClickHouseSink::ClickHouseSink(Options options, IntervalScale scale)
    : options_(std::move(options)), scale_(scale), url_(UrlOf(options_)) {}

SinkResult ClickHouseSink::Write(absl::Span<const Row> rows) {
  SinkResult result;
  for (; !rows.empty(); rows.remove_prefix(std::min(rows.size(), options_.max_rows_per_request))) {
    const absl::Span<const Row> part = rows.first(std::min(rows.size(), options_.max_rows_per_request));
    HttpFetch fetch = options_.request;
    fetch.method = "POST";
    fetch.url = url_;
    for (const Row& row : part) AppendRowBinary(row, scale_, fetch.body);
    const absl::StatusOr<HttpReply> reply = client_.Fetch(fetch);
    if (!reply.ok()) {
      result.status = reply.status();
      return result;
    }
    if (reply->status != 200) {
      const absl::string_view told = absl::string_view(reply->body).substr(0, kMaxToldBytes);
      result.status = absl::UnavailableError(absl::StrCat("ClickHouse answered ", reply->status, ": ", told));
      return result;
    }
    result.delivered += part.size();
  }
  return result;
}

}  // namespace tributary
