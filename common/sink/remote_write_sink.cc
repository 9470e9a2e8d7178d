#include "common/sink/remote_write_sink.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/bytes.h"
#include "common/sink/native_histogram.h"
#include "prometheus/remote_write.pb.h"
#include "snappy.h"

namespace tributary {
namespace {

// Enough of an answer to tell what is wrong.
constexpr size_t kMaxToldBytes = 300;

// Without the label `leave_out`.
std::string IdentityBytes(const Point& point, absl::string_view leave_out = "") {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Sized(point.name);
  for (const auto& [name, value] : point.labels) {
    if (name == leave_out) continue;
    writer.Sized(name);
    writer.Sized(value);
  }
  return bytes;
}

// As a person writes it: name{label="value"}.
std::string SeriesText(const Point& point) {
  const std::string labels = absl::StrJoin(point.labels, ",", [](std::string* out, const auto& label) {
    absl::StrAppend(out, label.first, "=\"", label.second, "\"");
  });
  return absl::StrCat(point.name, "{", labels, "}");
}

void AddLabel(absl::string_view name, absl::string_view value, prometheus::TimeSeries& series) {
  prometheus::Label& label = *series.add_labels();
  label.set_name(std::string(name));
  label.set_value(std::string(value));
}

// __name__ goes where it sorts: before lower case, after upper case.
void AddLabels(const Point& point, prometheus::TimeSeries& series) {
  constexpr absl::string_view kName = "__name__";
  bool named = false;
  for (const auto& [name, value] : point.labels) {
    if (!named && kName < name) AddLabel(kName, point.name, series);
    named |= kName < name;
    AddLabel(name, value, series);
  }
  if (!named) AddLabel(kName, point.name, series);
}

void SortByTime(prometheus::TimeSeries& series) {
  const auto sort = [](auto& points) {
    std::stable_sort(points.begin(), points.end(),
                     [](const auto& a, const auto& b) { return a.timestamp() < b.timestamp(); });
  };
  sort(*series.mutable_samples());
  sort(*series.mutable_histograms());
}

absl::Duration RetryAfter(const HttpReply& reply) {
  int seconds = 0;
  if (!absl::SimpleAtoi(reply.Header("retry-after"), &seconds) || seconds < 0) return absl::ZeroDuration();
  return absl::Seconds(seconds);
}

bool IsAboutSamples(int status) { return status == 400 || status == 409 || status == 413 || status == 422; }

SinkDropReason WhyRefused(absl::string_view body) {
  const std::string told = absl::AsciiStrToLower(body);
  for (const absl::string_view sign : {"out of order", "out-of-order", "duplicate sample"}) {
    if (absl::StrContains(told, sign)) return SinkDropReason::kOutOfOrder;
  }
  return SinkDropReason::kRefused;
}

}  // namespace

RemoteWriteSink::RemoteWriteSink(Options options, IntervalScale scale)
    : options_(std::move(options)), scale_(scale), identities_(options_.max_identities) {}

SinkResult RemoteWriteSink::Write(absl::Span<const Row> rows) {
  SinkResult result;
  while (!rows.empty()) {
    Request request = Fill(rows);
    const Answer answer = Send(request.samples, request);
    if (!request.refusal.empty()) result.refusal = std::move(request.refusal);
    if (!answer.status.ok()) {
      result.status = answer.status;
      result.retry_after = answer.retry_after;
      return result;
    }
    for (const Fate& fate : request.fates) {
      if (fate) {
        result.Drop(*fate);
      } else {
        ++result.delivered;
      }
    }
    rows.remove_prefix(request.fates.size());
  }
  return result;
}

RemoteWriteSink::Request RemoteWriteSink::Fill(absl::Span<const Row> rows) {
  Request request;
  for (const Row& row : rows) {
    std::vector<Point> points = PointsOf(row, scale_, options_.points);
    const bool fits = request.samples.size() + points.size() <= options_.max_samples_per_request;
    if (!fits && !request.fates.empty()) break;
    request.fates.push_back(Check(row, points));
    if (request.fates.back()) continue;
    for (Point& point : points) request.samples.push_back({request.fates.size() - 1, std::move(point)});
  }
  return request;
}

RemoteWriteSink::Fate RemoteWriteSink::Check(const Row& row, const std::vector<Point>& points) {
  if (points.empty()) return SinkDropReason::kNoPoints;
  std::vector<uint64_t> identities;
  // A row's buckets are of one metric: it is remembered once.
  for (const Point& point : points) identities.push_back(absl::HashOf(IdentityBytes(point, kVmrangeLabel)));
  std::sort(identities.begin(), identities.end());
  identities.erase(std::unique(identities.begin(), identities.end()), identities.end());
  const uint64_t owner = absl::HashOf(row.key->name, row.key->tags, row.key->type);
  if (!identities_.Claim(identities, owner)) return SinkDropReason::kCollision;
  return std::nullopt;
}

RemoteWriteSink::Answer RemoteWriteSink::Send(absl::Span<const Sample> samples, Request& request) {
  if (samples.empty()) return {};
  Answer answer = Post(samples);
  if (!answer.status.ok() || !answer.refused) return answer;
  if (samples.size() == 1) {
    request.fates[samples.front().row] = answer.refused;
    request.refusal = absl::StrCat(SeriesText(samples.front().point), " was refused: ", answer.told);
    return {};
  }
  const size_t half = samples.size() / 2;
  answer = Send(samples.first(half), request);
  return answer.status.ok() ? Send(samples.subspan(half), request) : answer;
}

RemoteWriteSink::Answer RemoteWriteSink::Post(absl::Span<const Sample> samples) {
  HttpFetch fetch = options_.request;
  fetch.method = "POST";
  fetch.headers.insert(fetch.headers.begin(), {{"Content-Encoding", "snappy"},
                                               {"Content-Type", "application/x-protobuf"},
                                               {"X-Prometheus-Remote-Write-Version", "0.1.0"},
                                               {"User-Agent", "tributary"}});
  fetch.body = Encode(samples);

  const absl::StatusOr<HttpReply> reply = client_.Fetch(fetch);
  if (!reply.ok()) return {.status = reply.status()};
  if (reply->status >= 200 && reply->status < 300) return {};
  const std::string told(absl::string_view(reply->body).substr(0, kMaxToldBytes));
  if (IsAboutSamples(reply->status)) {
    return {.refused = WhyRefused(reply->body), .told = absl::StrCat(reply->status, ": ", told)};
  }
  return {.status = absl::UnavailableError(absl::StrCat("remote write was answered ", reply->status, ": ", told)),
          .retry_after = RetryAfter(*reply)};
}

std::string RemoteWriteSink::Encode(absl::Span<const Sample> samples) const {
  prometheus::WriteRequest request;
  absl::flat_hash_map<std::string, prometheus::TimeSeries*> by_identity;
  for (const Sample& sample : samples) {
    prometheus::TimeSeries*& series = by_identity[IdentityBytes(sample.point)];
    if (series == nullptr) {
      series = request.add_timeseries();
      AddLabels(sample.point, *series);
    }
    if (sample.point.histogram != nullptr) {
      WriteHistogram(*sample.point.histogram, sample.point.unix_ms, *series->add_histograms());
      continue;
    }
    prometheus::Sample& added = *series->add_samples();
    added.set_value(sample.point.value);
    added.set_timestamp(sample.point.unix_ms);
  }
  for (prometheus::TimeSeries& series : *request.mutable_timeseries()) SortByTime(series);
  const std::string bytes = request.SerializeAsString();
  std::string compressed;
  snappy::Compress(bytes.data(), bytes.size(), &compressed);
  return compressed;
}

}  // namespace tributary
