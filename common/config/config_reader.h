#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/config/config_document.h"
#include "common/config/config_node.h"
#include "common/config/yaml_tree.h"

namespace tributary {

// Where a value was written: a line of the file, or else a variable; neither where nothing was written.
struct ConfigPlace {
  int line = 0;
  std::string variable = {};
};

// What the nodes of one document share: where values come from, which keys were asked for, and what was wrong.
// Thread-compatible.
class ConfigReader {
 public:
  ConfigReader(absl::string_view file, Environment environment, bool describing);

  bool describing() const { return describing_; }

  // A node over `map` exists: from now on keys of it that nobody asks for are errors.
  void Visit(const YamlValue& map, absl::string_view path);
  // Someone asks for `key` of `map`; null when the file does not have it.
  const YamlEntry* Ask(const YamlValue* map, absl::string_view key);

  // The variable that overrides `path`: "forward.max_batch_bytes" -> "TRIBUTARY_FORWARD_MAX_BATCH_BYTES".
  static std::string VariableOf(absl::string_view path);
  // Its value, null when it is not set. Asked variables are not unused.
  const std::string* Override(const std::string& variable);
  bool IsSet(const std::string& variable) const { return environment_.contains(variable); }

  void AddError(const ConfigPlace& place, absl::string_view path, absl::string_view message);
  void AddKey(ConfigKey key) { keys_.push_back(std::move(key)); }

  absl::Status ToStatus() const;
  const std::vector<ConfigKey>& keys() const { return keys_; }
  std::vector<std::string> UnusedOverrides() const;

 private:
  struct Error {
    ConfigPlace place;
    std::string text;  // without the place
  };
  struct Visited {
    std::string path;
    std::set<std::string, std::less<>> asked;
  };

  void AppendUnknownKeys(const YamlValue& map, const Visited& visited, std::vector<Error>& errors) const;
  std::string Format(const Error& error) const;

  const std::string file_;
  const Environment environment_;
  const bool describing_;
  std::map<const YamlValue*, Visited> visited_;
  std::set<std::string> asked_variables_;
  std::vector<Error> errors_;
  std::vector<ConfigKey> keys_;
};

// "forward" + "timeout" -> "forward.timeout"; at the root the key alone.
std::string JoinConfigPath(absl::string_view path, absl::string_view key);

}  // namespace tributary
