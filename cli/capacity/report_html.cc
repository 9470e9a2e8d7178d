#include "cli/capacity/report_html.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "cli/capacity/answer_text.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

constexpr double kWidth = 900;
constexpr double kHeight = 260;
constexpr double kLeft = 60;

constexpr char kStyle[] = R"(
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid #d5dbe3 }
table { border-collapse: collapse; width: 100%; font-size: 13px } th, td { text-align: left; padding: .25rem .5rem;
border-bottom: 1px solid #e6eaf0 } th { color: #5b6675; font-weight: 600 } td.n, th.n { text-align: right;
font-variant-numeric: tabular-nums } .verdict { font-size: 2rem; font-weight: 700 } .YES { color: #1a7f37 }
.NO { color: #c62828 } .RISKY, .UNKNOWN { color: #9a6700 } .bar { background: #e6eaf0; height: .7rem; min-width: 8rem }
.bar i { display: block; height: 100%; background: #3b76c4 } .bar i.over { background: #c62828 } svg { width: 100%;
height: auto } svg text { font: 11px system-ui, sans-serif; fill: #5b6675 } .error { color: #9a6700 }
@media print { h2 { break-after: avoid } })";

// Of a cluster's text nothing is markup; it came as JSON, so it is UTF-8.
std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string TableHtml(const Table& table) {
  std::string html = "<table><thead><tr>";
  for (const Table::Column& column : table.columns) {
    absl::StrAppend(&html, column.is_number ? "<th class=\"n\">" : "<th>", Escaped(column.title), "</th>");
  }
  absl::StrAppend(&html, "</tr></thead><tbody>\n");
  for (const std::vector<std::string>& row : table.rows) {
    absl::StrAppend(&html, "<tr>");
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&html, table.columns[i].is_number ? "<td class=\"n\">" : "<td>", Escaped(row[i]), "</td>");
    }
    absl::StrAppend(&html, "</tr>\n");
  }
  return absl::StrCat(html, "</tbody></table>\n");
}

std::string RemarksHtml(const Findings& findings) {
  std::string html = "<ul>\n";
  for (const std::string& remark : findings.remarks) absl::StrAppend(&html, "<li>", Escaped(remark), "</li>\n");
  return absl::StrCat(html, "</ul>\n");
}

double NumberOf(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

// Maps time and value to the picture.
struct Scale {
  double from, to, low, high;
  double X(double time) const { return kLeft + (kWidth - kLeft) * (time - from) / (to - from); }
  double Y(double value) const { return (kHeight - 20) * (1 - (value - low) / (high - low)) + 4; }
};

std::string PathOf(const Json& points, const char* key, const Scale& scale) {
  std::string path;
  bool is_drawing = false;
  for (const Json& point : points) {
    const double value = NumberOf(point.at(key));
    if (std::isnan(value)) {
      is_drawing = false;
      continue;
    }
    absl::StrAppendFormat(&path, "%c%.1f %.1f", is_drawing ? 'L' : 'M', scale.X(point.at("time").get<double>()),
                          scale.Y(value));
    is_drawing = true;
  }
  return path;
}

std::string ForecastSvg(const Json& data) {
  const Json& forecast = data.at("forecast");
  Json history = data.at("history");
  const size_t shown = std::max<size_t>(7 * 24, forecast.size());
  if (history.size() > shown) history.erase(history.begin(), history.end() - static_cast<std::ptrdiff_t>(shown));
  Scale scale{history.at(0).at("time"), forecast.back().at("time"), 0, 0};
  for (const Json& point : history) scale.high = std::fmax(scale.high, NumberOf(point.at("value")));
  for (const Json& point : forecast) {
    scale.high = std::fmax(scale.high, NumberOf(point.at("high")));
    scale.low = std::fmin(scale.low, NumberOf(point.at("low")));
  }
  const double capacity = data.at("capacity").is_object() ? NumberOf(data.at("capacity").at("load")) : 0;
  const bool has_capacity = capacity > 0 && capacity <= 3 * scale.high;
  if (has_capacity) scale.high = std::max(scale.high, capacity);
  if (!(scale.high > scale.low)) scale.high = scale.low + 1;
  scale.high += 0.05 * (scale.high - scale.low);
  std::string band = PathOf(forecast, "high", scale);
  for (auto point = forecast.rbegin(); point != forecast.rend(); ++point) {
    absl::StrAppendFormat(&band, "L%.1f %.1f", scale.X(point->at("time").get<double>()),
                          scale.Y(NumberOf(point->at("low"))));
  }
  std::string svg =
      absl::StrFormat("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"forecast\">\n", kWidth, kHeight);
  for (int i = 0; i <= 4; ++i) {
    const double value = scale.low + (scale.high - scale.low) * i / 4;
    absl::StrAppendFormat(&svg,
                          "<path d=\"M%.0f %.1fH%.0f\" stroke=\"#e6eaf0\"/><text x=\"%.0f\" y=\"%.1f\" "
                          "text-anchor=\"end\">%.4g</text>\n",
                          kLeft, scale.Y(value), kWidth, kLeft - 6, scale.Y(value) + 4, value);
  }
  for (int i = 0; i <= 6; ++i) {
    const double time = scale.from + (scale.to - scale.from) * i / 6;
    absl::StrAppendFormat(
        &svg, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>\n", scale.X(time), kHeight - 2,
        i == 0   ? "start"
        : i == 6 ? "end"
                 : "middle",
        absl::FormatTime("%b %e", absl::FromUnixSeconds(static_cast<int64_t>(time)), absl::LocalTimeZone()));
  }
  absl::StrAppend(&svg, "<path d=\"", band, "Z\" fill=\"#3b76c4\" fill-opacity=\".2\"/>\n<path d=\"",
                  PathOf(history, "value", scale), "\" fill=\"none\" stroke=\"#1c2430\"/>\n<path d=\"",
                  PathOf(forecast, "mean", scale), "\" fill=\"none\" stroke=\"#3b76c4\" stroke-width=\"1.5\"/>\n");
  if (has_capacity) {
    absl::StrAppendFormat(&svg,
                          "<path d=\"M%.0f %.1fH%.0f\" stroke=\"#c62828\" stroke-dasharray=\"6 4\"/>"
                          "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">capacity %.4g</text>\n",
                          kLeft, scale.Y(capacity), kWidth, kWidth, scale.Y(capacity) - 4, capacity);
  }
  return absl::StrCat(svg, "</svg>\n");
}

// What each check is expected to come to, by its limit.
std::string ChecksHtml(const Json& data) {
  std::string html = "<table><tbody>\n";
  for (const Json& check : data.at("checks")) {
    const double share = NumberOf(check.at("expected_p90")) / NumberOf(check.at("limit"));
    if (std::isnan(share)) continue;
    absl::StrAppend(&html, "<tr><td>", Escaped(check.at("service").get<std::string>()), ": ",
                    Escaped(check.at("name").get<std::string>()), "</td><td><div class=\"bar\"><i",
                    share > 1 ? " class=\"over\"" : "",
                    absl::StrFormat(" style=\"width:%.0f%%\"></i></div></td><td class=\"n\">%.0f %% of the limit</td>",
                                    100 * std::min(1.0, share), 100 * share),
                    "</tr>\n");
  }
  return absl::StrCat(html, "</tbody></table>\n");
}

std::string Section(const char* title, const Json& data, const std::string& error, const std::string& body) {
  if (data.is_null() && error.empty()) return "";
  return absl::StrCat("<h2>", title, "</h2>\n",
                      data.is_null() ? absl::StrCat("<p class=\"error\">", Escaped(error), "</p>\n") : body);
}

std::string LaunchHtml(const Json& data) {
  if (data.is_null()) return "";
  const std::string verdict = data.at("verdict");
  const Findings findings = LaunchFindings(data);
  return absl::StrCat("<p class=\"verdict ", Escaped(verdict), "\">", Escaped(verdict), "</p>\n<p>",
                      Escaped(data.at("summary").get<std::string>()), "</p>\n", ChecksHtml(data),
                      TableHtml(findings.table), RemarksHtml(findings));
}

std::string HeadroomHtml(const Json& data) {
  if (data.is_null()) return "";
  const Findings findings = HeadroomFindings(data);
  return absl::StrCat(RemarksHtml(findings), TableHtml(findings.table));
}

std::string ForecastHtml(const Json& data) {
  if (data.is_null()) return "";
  return absl::StrCat(ForecastSvg(data), RemarksHtml(CapacityForecastFindings(data)));
}

}  // namespace

std::string ReportHtml(const ReportParts& parts) {
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>", Escaped(parts.title),
      "</title>\n<style>", kStyle, "</style></head><body>\n<h1>", Escaped(parts.title), "</h1>\n<p>",
      Escaped(parts.made_at), "</p>\n",
      Section("Can it take the launch?", parts.launch, parts.launch_error, LaunchHtml(parts.launch)),
      Section("What is near its limit", parts.headroom, parts.headroom_error, HeadroomHtml(parts.headroom)),
      Section("What demand to expect", parts.forecast, parts.forecast_error, ForecastHtml(parts.forecast)),
      "</body></html>\n");
}

}  // namespace tributary
