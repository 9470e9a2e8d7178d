#include "proxy/promql/value.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/sink/prometheus_name.h"

namespace tributary::promql {
namespace {

constexpr uint64_t kStaleBits = 0x7ff0000000000002;  // Prometheus, model/value/value.go

bool IsPlain(absl::string_view name) { return !name.empty() && PrometheusLabelName(name) == name; }

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\""); }

}  // namespace

double StaleMarker() { return std::bit_cast<double>(kStaleBits); }
bool IsStale(double value) { return std::bit_cast<uint64_t>(value) == kStaleBits; }

absl::string_view LabelValue(const Labels& labels, absl::string_view name) {
  for (const auto& [label, value] : labels) {
    if (label == name) return value;
  }
  return "";
}

void RemoveLabel(Labels& labels, absl::string_view name) {
  std::erase_if(labels, [&](const auto& label) { return label.first == name; });
}

std::string ToString(const Labels& labels) {
  const absl::string_view name = LabelValue(labels, kMetricName);
  const bool plain = !name.empty() && PrometheusMetricName(name) == name;
  std::string out = plain ? std::string(name) : "{";
  absl::string_view separator = plain ? "{" : "";
  if (!plain && !name.empty()) {
    absl::StrAppend(&out, Quoted(name));
    separator = ", ";
  }
  bool open = !plain;
  for (const auto& [label, value] : labels) {
    if (label == kMetricName) continue;
    absl::StrAppend(&out, separator, IsPlain(label) ? label : Quoted(label), "=", Quoted(value));
    separator = ", ";
    open = true;
  }
  if (open) out.push_back('}');
  return out;
}

std::string FormatValue(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed).ptr;
  return std::string(buffer, end);
}

}  // namespace tributary::promql
