#include "common/config/config_reader.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tributary {
namespace {

constexpr size_t kMaxErrors = 100;
constexpr absl::string_view kPrefix = "TRIBUTARY_";

// Levenshtein's distance, row by row.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// Of the keys that exist the one most like `key`; empty when more than a third of its letters differ.
absl::string_view Nearest(absl::string_view key, const std::set<std::string, std::less<>>& known) {
  absl::string_view nearest;
  size_t least = (key.size() + 2) / 3 + 1;
  if (key.size() > 64) return nearest;
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(key, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace

std::string JoinConfigPath(absl::string_view path, absl::string_view key) {
  return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
}

ConfigReader::ConfigReader(absl::string_view file, Environment environment, bool describing)
    : file_(file), environment_(std::move(environment)), describing_(describing) {}

void ConfigReader::Visit(const YamlValue& map, absl::string_view path) {
  visited_.try_emplace(&map, Visited{std::string(path), {}});
}

const YamlEntry* ConfigReader::Ask(const YamlValue* map, absl::string_view key) {
  if (map == nullptr) return nullptr;
  visited_[map].asked.emplace(key);
  return map->Find(key);
}

std::string ConfigReader::VariableOf(absl::string_view path) {
  std::string variable = absl::StrCat(kPrefix, absl::AsciiStrToUpper(path));
  std::replace_if(
      variable.begin(), variable.end(), [](char c) { return !absl::ascii_isalnum(c); }, '_');
  return variable;
}

const std::string* ConfigReader::Override(const std::string& variable) {
  asked_variables_.insert(variable);
  const auto found = environment_.find(variable);
  return found == environment_.end() ? nullptr : &found->second;
}

void ConfigReader::AddError(const ConfigPlace& place, absl::string_view path, absl::string_view message) {
  if (describing_) return;
  errors_.push_back({place, path.empty() ? std::string(message) : absl::StrCat(path, ": ", message)});
}

absl::Status ConfigReader::ToStatus() const {
  std::vector<Error> errors = errors_;
  for (const auto& [map, visited] : visited_) AppendUnknownKeys(*map, visited, errors);
  if (errors.empty()) return absl::OkStatus();

  // The file's in the order of its lines, then the variables', then what is nowhere.
  const auto order = [](const Error& error) {
    return std::make_pair(error.place.line > 0 ? 0 : error.place.variable.empty() ? 2 : 1, error.place.line);
  };
  std::stable_sort(errors.begin(), errors.end(), [&](const Error& a, const Error& b) { return order(a) < order(b); });
  std::vector<std::string> lines;
  for (size_t i = 0; i < std::min(errors.size(), kMaxErrors); ++i) lines.push_back(Format(errors[i]));
  if (errors.size() > kMaxErrors) lines.push_back(absl::StrCat("and ", errors.size() - kMaxErrors, " more errors"));
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

std::vector<std::string> ConfigReader::UnusedOverrides() const {
  std::vector<std::string> unused;
  for (const auto& [variable, value] : environment_) {
    if (absl::StartsWith(variable, kPrefix) && !asked_variables_.contains(variable)) unused.push_back(variable);
  }
  return unused;
}

void ConfigReader::AppendUnknownKeys(const YamlValue& map, const Visited& visited, std::vector<Error>& errors) const {
  for (const YamlEntry& entry : map.entries) {
    if (visited.asked.contains(entry.key)) continue;
    const absl::string_view nearest = Nearest(entry.key, visited.asked);
    const std::string hint = nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?");
    const std::string path = JoinConfigPath(visited.path, absl::CHexEscape(entry.key.substr(0, 128)));
    errors.push_back({{.line = entry.line}, absl::StrCat(path, ": unknown key", hint)});
  }
}

std::string ConfigReader::Format(const Error& error) const {
  if (error.place.line > 0) return absl::StrCat(file_, ":", error.place.line, ": ", error.text);
  if (!error.place.variable.empty()) return absl::StrCat(error.place.variable, ": ", error.text);
  return absl::StrCat(file_, ": ", error.text);
}

}  // namespace tributary
