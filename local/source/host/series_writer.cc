#include "local/source/host/series_writer.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace tributary {

void SeriesWriter::Gauge(absl::string_view name, absl::string_view tags, double value) {
  Add(MetricType::kGauge, name, tags, value, 1);
}

void SeriesWriter::Counter(absl::string_view name, absl::string_view tags, std::optional<double> rise) {
  if (rise.has_value()) Add(MetricType::kCounter, name, tags, *rise, 1);
}

void SeriesWriter::Counter(absl::string_view name, absl::string_view tags, Rise& rise, uint64_t total, double unit) {
  Counter(name, tags, RiseOf(rise, total, unit));
}

void SeriesWriter::Share(absl::string_view name, absl::string_view tags, std::optional<double> part, double whole) {
  if (part.has_value() && whole > 0) Distribution(name, tags, std::clamp(*part / whole, 0.0, 1.0));
}

void SeriesWriter::Distribution(absl::string_view name, absl::string_view tags, double value, double count) {
  Add(MetricType::kDistribution, name, tags, value, count);
}

void SeriesWriter::Add(MetricType type, absl::string_view name, absl::string_view tags, double value, double weight) {
  if (!std::isfinite(value)) return;
  Sample sample;
  sample.type = type;
  sample.name = name;
  sample.tags = tags;
  sample.values = absl::MakeConstSpan(&value, 1);
  sample.weight = weight;
  receiver_.Add(sample);
}

std::optional<double> RiseOf(Rise& rise, uint64_t total, double unit) {
  const std::optional<uint64_t> risen = rise.To(total);
  if (!risen.has_value()) return {};
  return static_cast<double>(*risen) * unit;
}

std::string TagOf(absl::string_view key, absl::string_view value) {
  constexpr size_t kMaxValueBytes = 200;
  std::string tag = absl::StrCat(key, ":", value.substr(0, kMaxValueBytes));
  const auto ends_tag = [](char c) { return c == ',' || c == '|' || static_cast<unsigned char>(c) < ' '; };
  std::replace_if(tag.begin(), tag.end(), ends_tag, '_');
  return tag;
}

}  // namespace tributary
