#include "local/tap/tap_page.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

absl::StatusOr<Tap::Options> ReadOptions(const HttpRequest& request) {
  Tap::Options options;
  TRIBUTARY_ASSIGN_OR_RETURN(options.pattern, TapPattern::Parse(request.Parameter("match").value_or("*")));
  const absl::string_view rate = request.Parameter("rate").value_or("100");
  if (!absl::SimpleAtoi(rate, &options.rate) || options.rate < 1 || options.rate > Tap::kMaxRate) {
    return absl::InvalidArgumentError(absl::StrCat("rate must be 1 to ", Tap::kMaxRate, " records a second"));
  }
  const absl::string_view rejected = request.Parameter("rejected").value_or("also");
  if (rejected == "only") {
    options.rejected = Tap::Rejected::kOnly;
  } else if (rejected == "no") {
    options.rejected = Tap::Rejected::kNo;
  } else if (rejected != "also") {
    return absl::InvalidArgumentError("rejected must be also, only or no");
  }
  return options;
}

HttpResponse Refusal(const absl::Status& status) {
  const int code = absl::IsNotFound(status) ? 404 : absl::IsResourceExhausted(status) ? 503 : 400;
  const nlohmann::json page = {{"error", std::string(status.message())}};
  return HttpResponse::Json(code, page.dump());
}

HttpResponse Page(absl::string_view id, const Tap::Taken& taken) {
  nlohmann::json records = nlohmann::json::array();
  for (const TapRecord& record : taken.records) {
    nlohmann::json& shown = records.emplace_back();
    shown = {{"time", absl::ToUnixMillis(record.time) / 1000.0}, {"line", record.line}, {"client", record.client}};
    if (!record.rejected.empty()) shown["rejected"] = record.rejected;
  }
  const nlohmann::json page = {{"id", std::string(id)}, {"skipped", taken.skipped}, {"records", std::move(records)}};
  return HttpResponse::Json(200, page.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

absl::StatusOr<HttpResponse> Answer(TapHub& taps, const HttpRequest& request) {
  if (const auto id = request.Parameter("id")) {
    TRIBUTARY_ASSIGN_OR_RETURN(const Tap::Taken taken, taps.Poll(*id));
    return Page(*id, taken);
  }
  TRIBUTARY_ASSIGN_OR_RETURN(Tap::Options options, ReadOptions(request));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string id, taps.Open(std::move(options)));
  return Page(id, {});
}

}  // namespace

void AddTapPage(HttpServer& server, TapHub& taps) {
  server.Handle("GET", "/api/v1/tap", [&taps](const HttpRequest& request) {
    absl::StatusOr<HttpResponse> answer = Answer(taps, request);
    return answer.ok() ? *std::move(answer) : Refusal(answer.status());
  });
}

}  // namespace tributary
