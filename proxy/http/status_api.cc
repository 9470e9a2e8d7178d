#include "proxy/http/status_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "common/base/interval.h"
#include "common/wire/messages.h"
#include "proxy/http/envelope.h"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

double Seconds(int64_t unix_ms) { return static_cast<double>(unix_ms) / 1000; }

const char* StateName(v1::AgentState::State state) {
  switch (state) {
    case v1::AgentState::STATE_LIVE:
      return "live";
    case v1::AgentState::STATE_SILENT:
      return "silent";
    case v1::AgentState::STATE_LOST:
      return "lost";
    case v1::AgentState::STATE_LEFT:
      return "left";
    case v1::AgentState::STATE_DEAD:
      return "dead";
    default:
      return "unknown";
  }
}

Json DropsJson(const v1::Books& books) {
  Json drops = Json::array();
  for (const v1::Drop& drop : books.dropped()) {
    drops.push_back({{"reason", drop.reason()}, {"samples", drop.sample_count()}});
  }
  return drops;
}

Json ViewJson(const ClusterView& view, const IntervalScale& scale) {
  Json members = Json::array();
  for (const ClusterView::Owner& owner : view.owners) {
    members.push_back({{"id", owner.member.id},
                       {"address", owner.member.address},
                       {"weight", owner.member.weight},
                       {"partitions", owner.partitions},
                       {"connected", owner.connected}});
  }
  return {{"effective_from", absl::ToUnixSeconds(scale.Start(view.effective_from))},
          {"members", std::move(members)},
          {"guarded", view.guarded},
          {"waiting", view.waiting}};
}

Json SinksJson(const v1::InspectResponse& state) {
  Json sinks = Json::array();
  for (const v1::SinkState& sink : state.sinks()) {
    sinks.push_back({{"name", sink.name()},
                     {"lag_seconds", sink.lag_seconds()},
                     {"rows_queued", sink.rows_queued()},
                     {"rows_dropped", sink.rows_dropped()}});
  }
  return sinks;
}

// A global that was not heard has nothing but its id and the reason.
Json GlobalJson(const GlobalState& global) {
  Json json = {
      {"id", global.global.id}, {"heard", global.status.ok()}, {"error", std::string(global.status.message())}};
  if (!global.status.ok()) return json;
  const v1::InspectResponse& state = global.state;
  json["version"] = state.version();
  json["uptime_seconds"] = Seconds(state.now_unix_ms() - state.started_unix_ms());
  json["windows_open"] = state.windows_open();
  json["committed_through"] = Seconds(state.committed_through_unix_ms());
  json["lag_seconds"] = std::max(0.0, Seconds(state.now_unix_ms() - state.committed_through_unix_ms()));
  json["samples"] = {{"received", state.books().accepted()},
                     {"committed", state.books().committed()},
                     {"open", state.books().open()},
                     {"dropped", DropsJson(state.books())}};
  json["balanced"] = DifferenceOf(state.books()) == 0;
  json["series"] = state.series();
  json["store_bytes"] = state.store_bytes();
  json["sinks"] = SinksJson(state);
  return json;
}

Json AgentJson(const ClusterStatus::Agent& agent, const IntervalScale& scale) {
  Json json = {{"host", agent.host}, {"instance", agent.instance.ToString()}, {"state", StateName(agent.state)}};
  json["last_interval"] = agent.last_interval < 0 ? Json() : Json(absl::ToUnixSeconds(scale.End(agent.last_interval)));
  json["samples"] = Json();
  json["balanced"] = Json();
  if (!agent.books) return json;
  const v1::Books& books = *agent.books;
  json["samples"] = {{"accepted", books.accepted()}, {"committed", books.committed()}, {"local", books.local()},
                     {"open", books.open()},         {"pending", books.pending()},     {"dropped", DropsJson(books)}};
  json["balanced"] = DifferenceOf(books) == 0;
  return json;
}

Json SumJson(const ClusterStatus& status) {
  const v1::Books& books = status.books;
  return {{"accepted", books.accepted()},   {"committed", books.committed()},    {"local", books.local()},
          {"open", books.open()},           {"pending", books.pending()},        {"dropped", DroppedOf(books)},
          {"untold_agents", status.untold}, {"difference", DifferenceOf(books)}, {"balanced", status.balanced}};
}

}  // namespace

HttpResponse ClusterStatusResponse(const ClusterStatus& status, const ClusterInspection::Options& options) {
  const IntervalScale scale(options.interval);
  Json data = {{"cluster", options.cluster},
               {"interval_seconds", absl::ToDoubleSeconds(options.interval)},
               {"now", Seconds(absl::ToUnixMillis(status.now))},
               {"view", ViewJson(status.view, scale)},
               {"globals", Json::array()},
               {"agents", Json::array()},
               {"samples", SumJson(status)}};
  for (const GlobalState& global : status.globals) data["globals"].push_back(GlobalJson(global));
  for (const ClusterStatus::Agent& agent : status.agents) data["agents"].push_back(AgentJson(agent, scale));
  const Json json = {{"status", "success"}, {"data", std::move(data)}};
  return HttpResponse::Json(200, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void RegisterStatusApi(HttpServer& server, ClusterInspection& inspection) {
  server.Handle("GET", "/api/v1/status/cluster", [&inspection](const HttpRequest&) {
    const absl::StatusOr<ClusterStatus> status = inspection.Inspect();
    return status.ok() ? ClusterStatusResponse(*status, inspection.options()) : ErrorResponse(status.status());
  });
}

}  // namespace tributary
