#include "proxy/http/audit_api.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/interval.h"
#include "proxy/http/envelope.h"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint32_t kDefaultIntervals = 12;
constexpr uint32_t kMaxIntervals = 60;

Json SumsJson(const AuditSums& sums) {
  return {{"announced", sums.announced},
          {"committed", sums.committed},
          {"under_way", sums.under_way},
          {"dropped", sums.dropped},
          {"lost", sums.lost},
          {"unheard", sums.unheard},
          {"missing", sums.missing},
          {"doubled", sums.doubled},
          {"unannounced", sums.unannounced},
          {"late", sums.late}};
}

Json IntervalsJson(const ClusterAudit& audit, const IntervalScale& scale) {
  Json intervals = Json::array();
  for (const ClusterAudit::Interval& interval : audit.intervals) {
    intervals.push_back({{"end", absl::ToUnixSeconds(scale.End(interval.interval))},
                         {"agents", interval.agents},
                         {"samples", SumsJson(interval.sums)}});
  }
  return intervals;
}

Json OffJson(const ClusterAudit& audit, const IntervalScale& scale) {
  Json entries = Json::array();
  for (const ClusterAudit::Off& off : audit.off) {
    entries.push_back({{"end", absl::ToUnixSeconds(scale.End(off.interval))},
                       {"host", off.host},
                       {"instance", off.instance.ToString()},
                       {"samples", SumsJson(off.sums)}});
  }
  return entries;
}

absl::StatusOr<uint32_t> IntervalsParameter(const HttpRequest& request) {
  const std::optional<absl::string_view> text = request.Parameter("intervals");
  if (!text || text->empty()) return kDefaultIntervals;
  uint32_t intervals = 0;
  if (absl::SimpleAtoi(*text, &intervals) && intervals >= 1 && intervals <= kMaxIntervals) return intervals;
  return absl::InvalidArgumentError(absl::StrCat("intervals must be a number from 1 to ", kMaxIntervals));
}

}  // namespace

HttpResponse ClusterAuditResponse(const ClusterStatus& status, const ClusterInspection::Options& options) {
  const IntervalScale scale(options.interval);
  const ClusterAudit audit = AuditOf(status);
  size_t heard = 0;
  for (const GlobalState& global : status.globals) heard += global.status.ok() ? 1 : 0;
  const Json json = {{"status", "success"},
                     {"data",
                      {{"cluster", options.cluster},
                       {"interval_seconds", absl::ToDoubleSeconds(options.interval)},
                       {"now", static_cast<double>(absl::ToUnixMillis(status.now)) / 1000},
                       {"globals", status.globals.size()},
                       {"globals_heard", heard},
                       {"balanced", audit.problems.empty()},
                       {"problems", audit.problems},
                       {"samples", SumsJson(audit.sums)},
                       {"intervals", IntervalsJson(audit, scale)},
                       {"off", OffJson(audit, scale)}}}};
  return HttpResponse::Json(200, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void RegisterAuditApi(HttpServer& server, ClusterInspection& inspection) {
  server.Handle("GET", "/api/v1/status/audit", [&inspection](const HttpRequest& request) {
    const absl::StatusOr<uint32_t> intervals = IntervalsParameter(request);
    if (!intervals.ok()) return ErrorResponse(intervals.status());
    const absl::StatusOr<ClusterStatus> status = inspection.Inspect(*intervals);
    return status.ok() ? ClusterAuditResponse(*status, inspection.options()) : ErrorResponse(status.status());
  });
}

}  // namespace tributary
