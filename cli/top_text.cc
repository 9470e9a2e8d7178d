#include "cli/top_text.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/figures.h"
#include "cli/http_api.h"
#include "cli/table.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

constexpr size_t kColumnsForTwo = 100;

// One agent's report, being written.
class TopWriter {
 public:
  TopWriter(const Json& top, const TopView& view)
      : top_(top), view_(view), seconds_(std::max(1.0, top.at("interval_seconds").get<double>())) {}

  std::string Text() {
    std::string text = Head();
    if (top_.at("interval_end").get<int64_t>() == 0) return absl::StrCat(text, "no interval has ended yet\n");
    Append(text, {Busiest()});
    Append(text, {Metrics(), Tags()});
    Append(text, {Clients()});
    Append(text, {Folded(), Lost()});
    return text;
  }

 private:
  using AddRow = std::function<std::vector<std::string>(const Json& item)>;

  static double Sum(const Json& list, const char* key) {
    double sum = 0;
    for (const Json& item : list) sum += item.at(key).get<double>();
    return sum;
  }

  // Per second; counts are of one interval.
  std::string PerSecond(const Json& count) const { return RateText(count.get<double>() / seconds_); }
  static std::string Count(const Json& count) { return CountText(count.get<uint64_t>()); }

  std::string Head() const {
    const absl::Time end = absl::FromUnixSeconds(top_.at("interval_end").get<int64_t>());
    const double series = top_.at("series"), limit = top_.at("series_limit");
    const auto bad = [this](const std::string& what, double count) {
      const std::string text = absl::StrCat(what, " ", CountText(static_cast<uint64_t>(count)));
      return count > 0 ? view_.style.Bad(text) : text;
    };
    const std::string of_limit =
        absl::StrCat("series ", CountText(static_cast<uint64_t>(series)), " of ",
                     CountText(static_cast<uint64_t>(limit)), " (", ShareText(series, limit), ")");
    const std::string title = absl::StrCat(view_.style.Bold("tributary top"), "  ", view_.url, "  ", TimeText(end),
                                           ", ", AgoText(absl::Seconds(seconds_)), " intervals\n");
    return absl::StrCat(title, RateText(top_.at("samples_per_second")), " samples/s   ",
                        series > 0.9 * limit ? view_.style.Bad(of_limit) : of_limit, "\n",
                        bad("folded", Sum(top_.at("folded"), "samples")), "   ",
                        bad("dropped", Sum(top_.at("dropped"), "samples")), "   ",
                        bad("rejected", Sum(top_.at("rejected"), "lines")), "   ",
                        bad("kernel drops", top_.at("kernel_drops")), "\n");
  }

  Table TableOf(const Json& list, std::vector<Table::Column> columns, const AddRow& row) const {
    return TableOf(list, view_.entries, std::move(columns), row);
  }
  static Table TableOf(const Json& list, size_t entries, std::vector<Table::Column> columns, const AddRow& row) {
    Table table{.columns = std::move(columns), .rows = {}};
    for (const Json& item : list) {
      if (table.rows.size() == entries) break;
      table.rows.push_back(row(item));
    }
    return table;
  }

  Table Busiest() const {
    const double all = top_.at("samples_per_second").get<double>() * seconds_;
    return TableOf(top_.at("busiest"), view_.busiest,
                   {{"busiest series"}, {"type"}, {"scope"}, {"samples/s", true}, {"share", true}},
                   [&](const Json& item) -> std::vector<std::string> {
                     return {item.at("series"), item.at("type"), item.at("scope"), PerSecond(item.at("samples")),
                             ShareText(item.at("samples"), all)};
                   });
  }

  Table Metrics() const {
    return TableOf(top_.at("metrics"), {{"metrics with most series"}, {"series", true}, {"samples/s", true}},
                   [&](const Json& item) -> std::vector<std::string> {
                     return {item.at("name"), Count(item.at("series")), PerSecond(item.at("samples"))};
                   });
  }

  Table Tags() const {
    return TableOf(top_.at("tags"), {{"tags with most values"}, {"values", true}, {"series", true}},
                   [&](const Json& item) -> std::vector<std::string> {
                     return {item.at("key"), Count(item.at("values")), Count(item.at("series"))};
                   });
  }

  Table Clients() const {
    return TableOf(top_.at("clients"),
                   {{"clients"},
                    {"samples/s", true},
                    {"datagrams/s", true},
                    {"bytes/s", true},
                    {"series", true},
                    {"folded", true},
                    {"rejected", true}},
                   [&](const Json& item) -> std::vector<std::string> {
                     return {item.at("client"),
                             PerSecond(item.at("samples")),
                             PerSecond(item.at("datagrams")),
                             BytesText(item.at("bytes").get<double>() / seconds_),
                             Count(item.at("series")),
                             Count(item.at("series_folded")),
                             Count(item.at("lines_rejected"))};
                   });
  }

  Table Folded() const {
    return TableOf(top_.at("folded"), {{"folded into __other__"}, {"client"}, {"reason"}, {"samples", true}},
                   [&](const Json& item) -> std::vector<std::string> {
                     return {item.at("metric"), item.at("client"), item.at("reason"), Count(item.at("samples"))};
                   });
  }

  Table Lost() const {
    Table table = TableOf(top_.at("dropped"), {{"lost"}, {"reason"}, {"count", true}},
                          [](const Json& item) -> std::vector<std::string> {
                            return {"samples dropped", item.at("reason"), Count(item.at("samples"))};
                          });
    for (const Json& item : top_.at("rejected")) {
      if (table.rows.size() == 2 * view_.entries) break;
      table.rows.push_back({"lines rejected", item.at("reason"), Count(item.at("lines"))});
    }
    if (top_.at("kernel_drops") > 0) {
      table.rows.push_back({"datagrams lost", "socket buffer full", Count(top_.at("kernel_drops"))});
    }
    return table;
  }

  // Tables that have rows, beside each other where there is room, else one below the other.
  void Append(std::string& text, std::vector<Table> tables) const {
    std::erase_if(tables, [](const Table& table) { return table.rows.empty(); });
    if (tables.empty()) return;
    if (tables.size() == 2 && view_.columns >= kColumnsForTwo) {
      absl::StrAppend(&text, "\n", Beside(tables[0], tables[1]));
      return;
    }
    for (const Table& table : tables) {
      absl::StrAppend(&text, "\n", AlignedText(table, view_.style.on(), view_.columns));
    }
  }

  std::string Beside(const Table& left, const Table& right) const {
    const size_t half = view_.columns / 2 - 2;
    const auto lines_of = [&](const Table& table, size_t width) -> std::vector<std::string> {
      return absl::StrSplit(absl::StripSuffix(AlignedText(table, view_.style.on(), width), "\n"), '\n');
    };
    std::vector<std::string> lefts = lines_of(left, half), rights = lines_of(right, view_.columns - half - 4);
    lefts.resize(std::max(lefts.size(), rights.size()));
    rights.resize(lefts.size());
    std::string text;
    for (size_t i = 0; i < lefts.size(); ++i) {
      const std::string gap(rights[i].empty() ? 0 : half + 4 - ScreenWidth(lefts[i]), ' ');
      absl::StrAppend(&text, lefts[i], gap, rights[i], "\n");
    }
    return text;
  }

  const Json& top_;
  const TopView& view_;
  const double seconds_;
};

}  // namespace

absl::StatusOr<std::string> TopText(absl::string_view body, const TopView& view) {
  return ReadJson<std::string>(body, [&view](const Json& top) { return TopWriter(top, view).Text(); });
}

absl::StatusOr<std::string> TopTextWithin(absl::string_view body, TopView view, size_t rows) {
  const auto fits = [rows](const absl::StatusOr<std::string>& text) {
    return !text.ok() || static_cast<size_t>(std::count(text->begin(), text->end(), '\n')) <= rows;
  };
  const size_t wanted = view.entries;
  view.busiest = wanted;
  absl::StatusOr<std::string> text = TopText(body, view);
  for (; !fits(text) && view.entries > 1; text = TopText(body, view)) view.busiest = --view.entries;
  while (view.busiest < wanted) {
    ++view.busiest;
    absl::StatusOr<std::string> longer = TopText(body, view);
    if (!fits(longer)) break;
    text = std::move(longer);
  }
  return text;
}

}  // namespace tributary
