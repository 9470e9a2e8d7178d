#include "cli/cluster_status.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/figures.h"
#include "cli/http_api.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

constexpr double kMaxLagIntervals = 3;
constexpr double kMaxSinkLagSeconds = 60;

std::string Count(const Json& count) { return CountText(count.get<uint64_t>()); }

// "12 samples (late_unit 10, memory 2)"; empty when there is none.
std::string Drops(const Json& dropped) {
  uint64_t all = 0;
  std::vector<std::string> reasons;
  for (const Json& drop : dropped) {
    all += drop.at("samples").get<uint64_t>();
    reasons.push_back(absl::StrCat(drop.at("reason").get<std::string>(), " ", Count(drop.at("samples"))));
  }
  return all == 0 ? "" : absl::StrCat(CountText(all), " samples (", absl::StrJoin(reasons, ", "), ")");
}

std::string Names(const Json& ids) { return absl::StrJoin(ids.get<std::vector<std::string>>(), ", "); }

class Judge {
 public:
  explicit Judge(ClusterStatus& status)
      : status_(status), data_(status.data), now_(data_.at("now")), interval_(data_.at("interval_seconds")) {}

  void Run() {
    for (const Json& member : data_.at("view").at("members")) JudgeMember(member);
    JudgeMembership(data_.at("view"));
    for (const Json& global : data_.at("globals")) JudgeGlobal(global);
    for (const Json& agent : data_.at("agents")) JudgeAgent(agent);
    JudgeBooks(data_.at("samples"));
    if (data_.at("agents").empty()) status_.notes.push_back("no agent has reported");
    if (data_.at("view").at("members").empty()) status_.problems.push_back("the proxy knows no globals");
  }

 private:
  void JudgeMember(const Json& member) {
    if (member.at("connected")) return;
    status_.problems.push_back(absl::StrCat("the proxy has no connection to ", member.at("id").get<std::string>(), " (",
                                            member.at("address").get<std::string>(), ")"));
  }

  // A proxy of an earlier version tells neither.
  void JudgeMembership(const Json& view) {
    if (const Json guarded = view.value("guarded", Json::array()); !guarded.empty()) {
      status_.problems.push_back(absl::StrCat("the membership lacks ", Names(guarded),
                                              " all at once; they keep their partitions for globals.confirm_removal"));
    }
    if (const Json waiting = view.value("waiting", Json::array()); !waiting.empty()) {
      status_.notes.push_back(absl::StrCat(Names(waiting), " own nothing: not ready, or leaving"));
    }
  }

  void JudgeGlobal(const Json& global) {
    const std::string id = global.at("id");
    if (!global.at("heard")) {
      const std::string error = global.value("error", "");
      status_.problems.push_back(absl::StrCat(id, " does not answer", error.empty() ? "" : ": ", error));
      return;
    }
    const double lag = global.at("lag_seconds");
    if (lag > kMaxLagIntervals * interval_) {
      status_.problems.push_back(absl::StrCat(id, " lags: its last committed interval ended ", Ago(lag), " ago"));
    }
    if (!global.at("balanced")) {
      const Json& samples = global.at("samples");
      status_.problems.push_back(absl::StrCat("the books of ", id, " do not balance: received ",
                                              Count(samples.at("received")), ", committed ",
                                              Count(samples.at("committed")), ", open ", Count(samples.at("open"))));
    }
    NoteDrops(id, global.at("samples").at("dropped"));
    for (const Json& sink : global.at("sinks")) JudgeSink(id, sink);
  }

  void JudgeSink(const std::string& global, const Json& sink) {
    const std::string name = absl::StrCat("sink ", sink.at("name").get<std::string>(), " of ", global);
    const double lag = sink.at("lag_seconds");
    if (lag > kMaxSinkLagSeconds) {
      status_.problems.push_back(
          absl::StrCat(name, " is ", Ago(lag), " behind, ", Count(sink.at("rows_queued")), " rows wait"));
    }
    if (sink.at("rows_dropped") > 0) {
      status_.notes.push_back(absl::StrCat(name, " has dropped ", Count(sink.at("rows_dropped")), " rows"));
    }
  }

  // "left" and "dead" agents have ended, and their successors are told of themselves.
  void JudgeAgent(const Json& agent) {
    const std::string name = absl::StrCat("agent ", agent.at("host").get<std::string>());
    const std::string state = agent.at("state");
    if (state == "silent" || state == "lost") {
      const Json& last = agent.at("last_interval");
      status_.problems.push_back(absl::StrCat(
          name, " is ", state,
          last.is_null() ? "" : absl::StrCat(": its last interval began ", Ago(now_ - last.get<double>()), " ago")));
    }
    const Json& samples = agent.at("samples");
    if (samples.is_null()) return;
    if (!agent.at("balanced")) {
      status_.problems.push_back(
          absl::StrCat("the books of ", name, " do not balance: accepted ", Count(samples.at("accepted")),
                       ", committed ", Count(samples.at("committed")), ", local ", Count(samples.at("local")),
                       ", open ", Count(samples.at("open")), ", pending ", Count(samples.at("pending"))));
    }
    NoteDrops(name, samples.at("dropped"));
  }

  void JudgeBooks(const Json& samples) {
    if (const auto untold = samples.at("untold_agents").get<uint64_t>(); untold > 0) {
      status_.notes.push_back(absl::StrCat("agents that have not told their books: ", CountText(untold)));
    }
    if (samples.at("difference") == 0) return;
    status_.problems.push_back(absl::StrCat(
        "the books of all agents together do not balance: ", DifferenceText(samples.at("difference").get<int64_t>()),
        " samples are not accounted for"));
  }

  void NoteDrops(const std::string& name, const Json& dropped) {
    const std::string drops = Drops(dropped);
    if (!drops.empty()) status_.notes.push_back(absl::StrCat(name, " has dropped ", drops));
  }

  static std::string Ago(double seconds) { return AgoText(absl::Seconds(seconds)); }

  ClusterStatus& status_;
  const Json& data_;
  const double now_;
  const double interval_;
};

}  // namespace

absl::StatusOr<ClusterStatus> JudgeCluster(absl::string_view body) {
  return ReadJson<ClusterStatus>(body, [](const Json& json) {
    ClusterStatus status;
    status.data = json.at("data");
    Judge(status).Run();
    return status;
  });
}

}  // namespace tributary
