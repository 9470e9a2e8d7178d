#include "cli/status_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/figures.h"
#include "cli/table.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

std::string Count(const Json& count) { return CountText(count.get<uint64_t>()); }

std::string Plural(size_t count, absl::string_view noun) {
  return absl::StrCat(CountText(count), " ", noun, count == 1 ? "" : "s");
}

uint64_t Dropped(const Json& dropped) {
  uint64_t all = 0;
  for (const Json& drop : dropped) all += drop.at("samples").get<uint64_t>();
  return all;
}

std::string Verdict(const ClusterStatus& status, const StatusView& view) {
  const Json& data = status.data;
  const std::string cluster = absl::StrCat("cluster ", data.at("cluster").get<std::string>());
  const std::string size =
      absl::StrCat(Plural(data.at("globals").size(), "global"), ", ", Plural(data.at("agents").size(), "agent"), ", ",
                   AgoText(absl::Seconds(data.at("interval_seconds").get<double>())), " intervals");
  std::string text = absl::StrCat(
      view.style.Bold(cluster), ": ",
      status.problems.empty() ? view.style.Good("well") : view.style.Bad(Plural(status.problems.size(), "problem")),
      "  (", size, "; ", view.url, " at ", TimeText(absl::FromUnixSeconds(data.at("now").get<int64_t>())), ")\n");
  for (const std::string& problem : status.problems)
    absl::StrAppend(&text, "  ", view.style.Bad("problem"), "  ", problem, "\n");
  for (const std::string& note : status.notes)
    absl::StrAppend(&text, "  ", view.style.Warn("note"), "     ", note, "\n");
  return text;
}

std::string Books(const Json& samples, const StatusView& view) {
  return absl::StrCat(
      "\nsamples accepted ", Count(samples.at("accepted")), " = committed ", Count(samples.at("committed")),
      " + local ", Count(samples.at("local")), " + open ", Count(samples.at("open")), " + pending ",
      Count(samples.at("pending")), " + dropped ", Count(samples.at("dropped")), ": ",
      samples.at("difference") == 0
          ? view.style.Good("balanced")
          : view.style.Bad(absl::StrCat("off by ", DifferenceText(samples.at("difference").get<int64_t>()))),
      "\n");
}

std::string Partitions(const Json& data, const std::string& id) {
  for (const Json& member : data.at("view").at("members")) {
    if (member.at("id") == id) return Count(member.at("partitions"));
  }
  return "";
}

Table Globals(const Json& data) {
  Table table{.columns = {{"globals"},
                          {"partitions", true},
                          {"lag", true},
                          {"committed through"},
                          {"samples", true},
                          {"dropped", true},
                          {"series", true},
                          {"windows", true},
                          {"store", true},
                          {"uptime", true},
                          {"version"}},
              .rows = {}};
  for (const Json& global : data.at("globals")) {
    const std::string id = global.at("id");
    if (!global.at("heard")) {
      table.rows.push_back({id, Partitions(data, id), "", "no answer", "", "", "", "", "", "", ""});
      continue;
    }
    const auto through = static_cast<int64_t>(global.at("committed_through").get<double>());
    table.rows.push_back({id, Partitions(data, id), AgoText(absl::Seconds(global.at("lag_seconds").get<double>())),
                          through == 0 ? "nothing yet" : TimeText(absl::FromUnixSeconds(through)),
                          Count(global.at("samples").at("committed")),
                          CountText(Dropped(global.at("samples").at("dropped"))), Count(global.at("series")),
                          Count(global.at("windows_open")), BytesText(global.at("store_bytes")),
                          AgoText(absl::Seconds(global.at("uptime_seconds").get<double>())), global.at("version")});
  }
  return table;
}

Table Sinks(const Json& data) {
  Table table{.columns = {{"sinks"}, {"of"}, {"lag", true}, {"rows queued", true}, {"rows dropped", true}}, .rows = {}};
  for (const Json& global : data.at("globals")) {
    if (!global.at("heard")) continue;
    for (const Json& sink : global.at("sinks")) {
      table.rows.push_back({sink.at("name"), global.at("id"),
                            AgoText(absl::Seconds(sink.at("lag_seconds").get<double>())), Count(sink.at("rows_queued")),
                            Count(sink.at("rows_dropped"))});
    }
  }
  return table;
}

bool IsWell(const Json& agent) {
  const std::string state = agent.at("state");
  return state != "silent" && state != "lost" && (agent.at("balanced").is_null() || agent.at("balanced"));
}

// Those that are not well first, else as they came.
std::vector<Json> WorstFirst(const Json& agents) {
  std::vector<Json> sorted(agents.begin(), agents.end());
  std::stable_partition(sorted.begin(), sorted.end(), [](const Json& agent) { return !IsWell(agent); });
  return sorted;
}

Table Agents(const Json& data, size_t count) {
  Table table{.columns = {{"agents"},
                          {"state"},
                          {"last interval"},
                          {"accepted", true},
                          {"committed", true},
                          {"pending", true},
                          {"dropped", true},
                          {"books"}},
              .rows = {}};
  for (const Json& agent : WorstFirst(data.at("agents"))) {
    if (table.rows.size() == count) break;
    const Json& samples = agent.at("samples");
    const Json& last = agent.at("last_interval");
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {agent.at("host"), agent.at("state"),
           last.is_null() ? "" : TimeText(absl::FromUnixSeconds(last.get<int64_t>()))};
    if (samples.is_null()) {
      row.insert(row.end(), {"", "", "", "", "not told"});
      continue;
    }
    row.insert(row.end(), {Count(samples.at("accepted")), Count(samples.at("committed")), Count(samples.at("pending")),
                           CountText(Dropped(samples.at("dropped"))), agent.at("balanced") ? "balanced" : "off"});
  }
  return table;
}

std::string TextOf(const ClusterStatus& status, const StatusView& view) {
  const Json& data = status.data;
  std::string text = absl::StrCat(Verdict(status, view), Books(data.at("samples"), view));
  for (const Table& table : {Globals(data), Sinks(data), Agents(data, view.agents)}) {
    if (!table.rows.empty()) absl::StrAppend(&text, "\n", AlignedText(table, view.style.on(), view.columns));
  }
  if (const size_t all = data.at("agents").size(); all > view.agents) {
    absl::StrAppend(&text, "and ", Plural(all - view.agents, "more agent"), "; -n shows them\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> StatusText(const ClusterStatus& status, const StatusView& view) {
  try {
    return TextOf(status, view);
  } catch (const Json::exception& error) {
    return absl::InternalError(absl::StrCat("the answer is not as expected: ", error.what()));
  }
}

}  // namespace tributary
