#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

struct YamlValue;
class ConfigReader;

// A key as it was read. Values are written as in the file.
struct ConfigKey {
  std::string path;  // "forward.max_batch_bytes", "sinks[0].url"
  std::string
      type;  // with its range: "string", "bool", "integer 1..64", "duration 1s..", "plain | veneur", "list of ..."
  std::string default_value;
  std::string value;     // in force; secrets are redacted
  std::string variable;  // overrides it; empty where none does
  std::string source;    // where `value` was written: "default", "line 12", or the variable
  std::string compared;  // as `value`, secrets included, to see that they changed; never shown
};

// Both ends belong to the range: node.Read("port", config.port, {.min = 1, .max = 65535}).
template <class T>
struct Range {
  T min = std::numeric_limits<T>::lowest();
  T max = std::numeric_limits<T>::max();
};
template <>
struct Range<absl::Duration> {
  absl::Duration min = absl::ZeroDuration();
  absl::Duration max = absl::InfiniteDuration();
};

// A section of a configuration file: it reads keys into the fields of a struct, one line per key.
//
// Each Read takes the value from the environment, else from the file, else leaves the field as it is: the field's
// initialiser is the default. Wrong values leave the field too and are remembered in the document with file and line.
// A cheap value that borrows its ConfigDocument. Thread-compatible.
class ConfigNode {
 public:
  using Item = std::function<void(ConfigNode)>;
  using NamedItem = std::function<void(absl::string_view name, ConfigNode)>;

  void Read(absl::string_view key, bool& value);
  void Read(absl::string_view key, std::string& value);
  void Read(absl::string_view key, std::vector<std::string>& value);
  // For T: int, int64_t, uint32_t, uint64_t, double, absl::Duration.
  template <class T>
  void Read(absl::string_view key, T& value, std::type_identity_t<Range<T>> range = {});
  void Read(absl::string_view key, std::vector<double>& value, Range<double> range = {});
  // Free keys, such as tags or HTTP headers. File only.
  void Read(absl::string_view key, std::map<std::string, std::string>& value);
  void ReadBytes(absl::string_view key, uint64_t& value, Range<uint64_t> range = {});
  // As a string and as free keys, but the values are never shown.
  void ReadSecret(absl::string_view key, std::string& value);
  void ReadSecrets(absl::string_view key, std::map<std::string, std::string>& value);
  // node.ReadEnum("naming", config.naming, {{"plain", Naming::kPlain}, {"veneur", Naming::kVeneur}});
  template <class E>
  void ReadEnum(absl::string_view key, E& value,
                std::initializer_list<std::pair<absl::string_view, std::type_identity_t<E>>> names);

  // A nested map; empty when the file has none.
  ConfigNode Section(absl::string_view key);
  // A list of maps, and a map from free names to maps: one call per item, in the file's order.
  void List(absl::string_view key, const Item& read_item);
  void Map(absl::string_view key, const NamedItem& read_item);

  // Whether the environment or the file gives `key` a value.
  bool Has(absl::string_view key) const;
  // Whether the file gives `key` a map: for keys that are a word or a section.
  bool HasSection(absl::string_view key) const;
  // An error unless Has(key).
  void Require(absl::string_view key);
  // Cross-checks: an error with `message` at `key` unless `holds`, as in
  // node.Check(config.grace > config.interval, "grace", "must be longer than the interval");
  void Check(bool holds, absl::string_view key, absl::string_view message);
  // Keys of this section that nobody has read are somebody else's, and no error.
  void SkipUnread();
  // True while keys are only being listed (DescribingDocument): readers that branch on a value then read every branch.
  bool describing() const;

 private:
  friend class ConfigDocument;
  class KeyReader;
  struct Choice {
    absl::string_view name;
    bool is_current;
  };

  ConfigNode(ConfigReader* reader, const YamlValue* yaml, std::string path, bool in_list)
      : reader_(reader), yaml_(yaml), path_(std::move(path)), in_list_(in_list) {}
  // The index of the chosen name, or -1 to keep the default.
  int ReadChoice(absl::string_view key, const std::vector<Choice>& choices);
  // A node over `yaml` if that is a map; over nothing if there is none, or it is null; else an error.
  ConfigNode NodeAt(const YamlValue* yaml, std::string path, bool in_list) const;

  ConfigReader* reader_;
  const YamlValue* yaml_;  // a map, or null when the file has nothing here
  std::string path_;       // "" at the root
  bool in_list_;           // then no environment variable can name what is below
};

template <class E>
void ConfigNode::ReadEnum(absl::string_view key, E& value,
                          std::initializer_list<std::pair<absl::string_view, std::type_identity_t<E>>> names) {
  std::vector<Choice> choices;
  for (const auto& [name, named] : names) choices.push_back({name, named == value});
  const int chosen = ReadChoice(key, choices);
  if (chosen >= 0) value = std::data(names)[chosen].second;
}

}  // namespace tributary
