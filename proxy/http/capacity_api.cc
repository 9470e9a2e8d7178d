#include "proxy/http/capacity_api.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/program/admin_guard.h"
#include "proxy/http/capacity_json.h"
#include "proxy/http/capacity_questions.h"
#include "proxy/http/envelope.h"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

HttpResponse Success(const Json& data) {
  const Json json = {{"status", "success"}, {"data", data}};
  return HttpResponse::Json(200, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// What became of questions.
struct CapacityMetrics {
  explicit CapacityMetrics(Telemetry& telemetry)
      : answered(Result(telemetry, "answered")),
        bad_question(Result(telemetry, "bad_question")),
        refused(Result(telemetry, "refused")),
        unavailable(Result(telemetry, "unavailable")) {}
  static Counter& Result(Telemetry& telemetry, const char* result) {
    return telemetry.AddCounter("tributary_proxy_capacity_questions_total", "Questions of capacity, by result.",
                                {{"result", result}});
  }
  Counter& Of(const absl::Status& status) {
    if (status.ok()) return answered;
    if (absl::IsInvalidArgument(status) || absl::IsNotFound(status)) return bad_question;
    return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ? unavailable : refused;
  }

  Counter& answered;
  Counter& bad_question;
  Counter& refused;
  Counter& unavailable;
};

HttpResponse Respond(CapacityMetrics& metrics, const absl::StatusOr<Json>& data) {
  metrics.Of(data.status()).Increment();
  return data.ok() ? Success(*data) : ErrorResponse(data.status());
}

absl::StatusOr<Json> Headroom(Capacity& capacity, const HttpRequest& http) {
  TRIBUTARY_ASSIGN_OR_RETURN(const HeadroomRequest request, HeadroomRequestOf(http));
  TRIBUTARY_ASSIGN_OR_RETURN(const HeadroomAnswer answer, capacity.Headroom(request));
  return HeadroomJson(request, answer, capacity.ServiceNames());
}

absl::StatusOr<Json> Forecast(Capacity& capacity, const HttpRequest& http) {
  TRIBUTARY_ASSIGN_OR_RETURN(const ForecastRequest request, ForecastRequestOf(http));
  TRIBUTARY_ASSIGN_OR_RETURN(const ForecastAnswer answer, capacity.Forecast(request));
  return ForecastJson(request, answer);
}

absl::StatusOr<Json> Launch(Capacity& capacity, const HttpRequest& http) {
  TRIBUTARY_ASSIGN_OR_RETURN(const LaunchRequest request, LaunchRequestOf(http));
  TRIBUTARY_ASSIGN_OR_RETURN(const LaunchReport report, capacity.Launch(request));
  return LaunchJson(request, report);
}

absl::StatusOr<Json> ListCalibrations(Capacity& capacity, const HttpRequest&) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Calibration> calibrations, capacity.Calibrations());
  Json list = Json::array();
  for (const Calibration& calibration : calibrations) list.push_back(CalibrationJson(calibration));
  return Json{{"calibrations", std::move(list)}};
}

absl::StatusOr<Json> Calibrate(Capacity& capacity, const HttpRequest& http) {
  TRIBUTARY_ASSIGN_OR_RETURN(const CalibrationRequest request, CalibrationRequestOf(http));
  if (request.remove) {
    TRIBUTARY_RETURN_IF_ERROR(capacity.Forget(request.calibration));
    return Json{{"removed", CalibrationJson(request.calibration)}};
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const CalibrationReport report, capacity.Calibrate(request.calibration));
  return CalibrationReportJson(report);
}

}  // namespace

void RegisterCapacityApi(HttpServer& server, Capacity& capacity, bool remote_admin, Telemetry& telemetry) {
  using Question = absl::StatusOr<Json> (*)(Capacity&, const HttpRequest&);
  const auto metrics = std::make_shared<CapacityMetrics>(telemetry);
  const auto asking = [&capacity, metrics](Question question) {
    return [&capacity, metrics, question](const HttpRequest& request) {
      return Respond(*metrics, question(capacity, request));
    };
  };
  for (const char* method : {"GET", "POST"}) {
    server.Handle(method, "/api/v1/capacity/headroom", asking(Headroom));
    server.Handle(method, "/api/v1/capacity/forecast", asking(Forecast));
    server.Handle(method, "/api/v1/capacity/launch", asking(Launch));
  }
  server.Handle("GET", "/api/v1/capacity/calibrate", asking(ListCalibrations));
  server.Handle("POST", "/api/v1/capacity/calibrate", GuardAdmin(remote_admin, asking(Calibrate)));
}

}  // namespace tributary
