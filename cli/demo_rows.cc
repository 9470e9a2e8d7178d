#include "cli/demo_rows.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "nlohmann/json.hpp"

namespace tributary {

using nlohmann::json;

DemoRows::DemoRows(std::vector<std::string> paths, IntervalScale scale) : scale_(scale) {
  for (std::string& path : paths) files_.push_back({std::move(path), 0});
}

absl::Status DemoRows::Read() {
  for (File& file : files_) TRIBUTARY_RETURN_IF_ERROR(Annotate(ReadFile(file), file.path));
  return absl::OkStatus();
}

absl::Status DemoRows::ReadFile(File& file) {
  std::ifstream in(file.path, std::ios::binary);
  if (!in) return absl::OkStatus();
  in.seekg(file.offset);
  std::string line;
  // A last line without its end is still being written.
  while (std::getline(in, line) && !in.eof()) {
    file.offset += static_cast<int64_t>(line.size()) + 1;
    TRIBUTARY_RETURN_IF_ERROR(AddLine(line));
  }
  return absl::OkStatus();
}

absl::Status DemoRows::AddLine(absl::string_view line) {
  const json row = json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  const auto is = [&](const char* key, auto predicate) { return row.contains(key) && (row[key].*predicate)(); };
  if (!row.is_object() || !is("name", &json::is_string) || !is("type", &json::is_string) ||
      !is("tag_list", &json::is_array) || !is("start_unix_ms", &json::is_number_integer) ||
      !is("version", &json::is_number_integer)) {
    return absl::DataLossError(absl::StrCat("not a row: ", line.substr(0, 200)));
  }
  const Series series(row["tag_list"].dump(), row["type"].get<std::string>(), row["version"].get<uint32_t>());
  const IntervalIndex interval = scale_.At(absl::FromUnixMillis(row["start_unix_ms"].get<int64_t>()));
  Row& known = rows_[{row["name"].get<std::string>(), interval}][series];
  const auto number = [&](const char* key) { return is(key, &json::is_number) ? row[key].get<double>() : 0; };
  const bool partial = is("partial", &json::is_boolean) && row["partial"].get<bool>();
  partial_rows_ += static_cast<uint64_t>(partial && !known.partial);
  known = {number("value"), number("count"), number("estimate"), partial};
  return absl::OkStatus();
}

template <class Field>
double DemoRows::Sum(absl::string_view name, IntervalIndex interval, Field field) const {
  const auto found = rows_.find({std::string(name), interval});
  if (found == rows_.end()) return 0;
  double sum = 0;
  for (const auto& [series, row] : found->second) sum += row.*field;
  return sum;
}

double DemoRows::Total(absl::string_view name, IntervalIndex interval) const {
  return Sum(name, interval, &Row::value);
}
double DemoRows::Count(absl::string_view name, IntervalIndex interval) const {
  return Sum(name, interval, &Row::count);
}
double DemoRows::Estimate(absl::string_view name, IntervalIndex interval) const {
  return Sum(name, interval, &Row::estimate);
}

}  // namespace tributary
