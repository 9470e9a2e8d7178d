#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/config_node.h"

namespace tributary {

// Environment variables by name, handed in so that tests own them.
using Environment = std::map<std::string, std::string>;

// The variables of this process that start with TRIBUTARY_.
Environment ProcessEnvironment();

// A YAML file with its environment overrides, being read into a program's config struct:
//
//   absl::StatusOr<LocalConfig> ReadLocalConfig(ConfigDocument& document) {
//     LocalConfig config;
//     ConfigNode root = document.root();
//     root.Read("interval", config.interval, {.min = absl::Seconds(1), .max = absl::Minutes(1)});
//     ReadForward(root.Section("forward"), config.forward);
//     TRIBUTARY_RETURN_IF_ERROR(document.ToStatus());
//     return config;
//   }
//
// Overrides: TRIBUTARY_FORWARD_MAX_BATCH_BYTES replaces `forward.max_batch_bytes`. They reach every key that is not
//            inside a list or a free-keyed map; lists of scalars are separated by commas.
// Bounds:    text 4 MiB, depth 64, 16 MiB after aliases are expanded, 100 errors told.
// Errors:    ToStatus() tells all of them at once, one per line, as "file:line: key: what is wrong".
// Threads:   thread-compatible.
class ConfigDocument {
 public:
  ConfigDocument(ConfigDocument&&) noexcept;
  ConfigDocument& operator=(ConfigDocument&&) noexcept;
  ~ConfigDocument();

  // The whole file. Nodes borrow the document.
  ConfigNode root();

  // OK, or InvalidArgument with every error so far, keys that nobody read among them. Call it last.
  absl::Status ToStatus() const;

  // Every key that was read, in the order of reading: for documentation, and to show the settings in force.
  const std::vector<ConfigKey>& keys() const;

  // TRIBUTARY_ variables that no key answers to: worth a warning, but no error, since others (Kubernetes service
  // links) set such variables too.
  std::vector<std::string> UnusedOverrides() const;

 private:
  friend absl::StatusOr<ConfigDocument> ParseYaml(absl::string_view text, absl::string_view file,
                                                  Environment environment);
  friend ConfigDocument DescribingDocument();
  ConfigDocument(std::unique_ptr<YamlValue> yaml, std::unique_ptr<ConfigReader> reader);

  std::unique_ptr<YamlValue> yaml_;
  std::unique_ptr<ConfigReader> reader_;
};

// Fails when the text cannot be read as one YAML document at all. `file` names it in errors.
absl::StatusOr<ConfigDocument> ParseYaml(absl::string_view text, absl::string_view file, Environment environment = {});
absl::StatusOr<ConfigDocument> LoadYamlFile(const std::string& path, Environment environment = {});

// An empty document in which every list has one item, written `sinks[]`, so that reading it visits every key there is;
// what is read is of no use but for keys().
ConfigDocument DescribingDocument();

// One line per key, "forward.timeout: 10s  # duration 1s..1m, TRIBUTARY_FORWARD_TIMEOUT"; for --print-config-keys.
std::string FormatConfigKeys(const std::vector<ConfigKey>& keys);
// One line per key with the value in force, secrets redacted, in the order of the keys.
std::string FormatConfigValues(const std::vector<ConfigKey>& keys);

}  // namespace tributary
