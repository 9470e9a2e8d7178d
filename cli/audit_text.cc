#include "cli/audit_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/figures.h"
#include "cli/http_api.h"
#include "cli/table.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

std::string Count(const Json& samples, const char* what) { return CountText(samples.at(what).get<uint64_t>()); }

std::string TimeOf(const Json& end) { return TimeText(absl::FromUnixSeconds(end.get<int64_t>())); }

std::string Verdict(const Json& data, const AuditView& view) {
  const Json& intervals = data.at("intervals");
  std::string text = absl::StrCat(
      view.style.Bold(absl::StrCat("cluster ", data.at("cluster").get<std::string>())), ": ",
      data.at("balanced") ? view.style.Good("the books balance") : view.style.Bad("the books do not balance"), "  (",
      CountText(intervals.size()), intervals.size() == 1 ? " interval" : " intervals",
      intervals.empty() ? "" : absl::StrCat(" to ", TimeOf(intervals.back().at("end"))), ", ",
      CountText(data.at("globals_heard")), " of ", CountText(data.at("globals")), " globals heard; ", view.url, ")\n");
  for (const Json& problem : data.at("problems")) {
    absl::StrAppend(&text, "  ", view.style.Bad("problem"), "  ", problem.get<std::string>(), "\n");
  }
  return text;
}

std::string Equation(const Json& samples) {
  return absl::StrCat("\nsamples announced ", Count(samples, "announced"), " = committed ", Count(samples, "committed"),
                      " - doubled ", Count(samples, "doubled"), " + under way ", Count(samples, "under_way"),
                      " + dropped ", Count(samples, "dropped"), " + lost ", Count(samples, "lost"), " + unheard ",
                      Count(samples, "unheard"), " + missing ", Count(samples, "missing"), "\nbeside them, late ",
                      Count(samples, "late"), ", unannounced ", Count(samples, "unannounced"), "\n");
}

const std::vector<Table::Column> kSums = {{"announced", true}, {"committed", true}, {"under way", true},
                                          {"dropped", true},   {"lost", true},      {"unheard", true},
                                          {"missing", true},   {"doubled", true},   {"late", true}};

void AddSums(const Json& samples, std::vector<std::string>& row) {
  for (const char* what :
       {"announced", "committed", "under_way", "dropped", "lost", "unheard", "missing", "doubled", "late"}) {
    row.push_back(Count(samples, what));
  }
}

Table Intervals(const Json& data) {
  Table table{.columns = {{"interval to"}, {"agents", true}}, .rows = {}};
  table.columns.insert(table.columns.end(), kSums.begin(), kSums.end());
  for (const Json& interval : data.at("intervals")) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {TimeOf(interval.at("end")), CountText(interval.at("agents"))};
    AddSums(interval.at("samples"), row);
  }
  return table;
}

// Instances with missing or doubled samples: whatever else is off is accounted for.
Table Culprits(const Json& data) {
  Table table{.columns = {{"off in"}, {"host"}, {"instance"}}, .rows = {}};
  table.columns.insert(table.columns.end(), kSums.begin(), kSums.end());
  for (const Json& off : data.at("off")) {
    const Json& samples = off.at("samples");
    if (samples.at("missing") == 0 && samples.at("doubled") == 0) continue;
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {TimeOf(off.at("end")), off.at("host"), off.at("instance")};
    AddSums(samples, row);
  }
  return table;
}

}  // namespace

absl::StatusOr<bool> IsBalanced(absl::string_view body) {
  return ReadJson<bool>(body, [](const Json& json) { return json.at("data").at("balanced").get<bool>(); });
}

absl::StatusOr<bool> IsSettled(absl::string_view body) {
  return ReadJson<bool>(body, [](const Json& json) { return json.at("data").at("samples").at("under_way") == 0; });
}

absl::StatusOr<std::string> AuditText(absl::string_view body, const AuditView& view) {
  return ReadJson<std::string>(body, [&](const Json& json) {
    const Json& data = json.at("data");
    std::string text = absl::StrCat(Verdict(data, view), Equation(data.at("samples")));
    for (const Table& table : {Intervals(data), Culprits(data)}) {
      if (!table.rows.empty()) absl::StrAppend(&text, "\n", AlignedText(table, view.style.on(), view.columns));
    }
    return text;
  });
}

}  // namespace tributary
