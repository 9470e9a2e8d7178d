#include "common/config/config_document.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "common/config/config_reader.h"
#include "common/config/yaml_tree.h"

namespace tributary {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;

// At most one byte more than is allowed, so that the caller sees that there was more.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof())) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

}  // namespace

Environment ProcessEnvironment() {
  Environment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!absl::StartsWith(*variable, "TRIBUTARY_")) continue;
    const std::pair<std::string, std::string> split = absl::StrSplit(*variable, absl::MaxSplits('=', 1));
    environment.insert(split);
  }
  return environment;
}

ConfigDocument::ConfigDocument(std::unique_ptr<YamlValue> yaml, std::unique_ptr<ConfigReader> reader)
    : yaml_(std::move(yaml)), reader_(std::move(reader)) {}
ConfigDocument::ConfigDocument(ConfigDocument&&) noexcept = default;
ConfigDocument& ConfigDocument::operator=(ConfigDocument&&) noexcept = default;
ConfigDocument::~ConfigDocument() = default;

ConfigNode ConfigDocument::root() {
  return ConfigNode(reader_.get(), nullptr, "", false).NodeAt(yaml_.get(), "", false);
}

absl::Status ConfigDocument::ToStatus() const { return reader_->ToStatus(); }

const std::vector<ConfigKey>& ConfigDocument::keys() const { return reader_->keys(); }

std::vector<std::string> ConfigDocument::UnusedOverrides() const { return reader_->UnusedOverrides(); }

absl::StatusOr<ConfigDocument> ParseYaml(absl::string_view text, absl::string_view file, Environment environment) {
  if (text.size() > kMaxFileBytes) return absl::InvalidArgumentError(absl::StrCat(file, ": larger than 4 MiB"));
  std::vector<YamlDuplicate> duplicates;
  TRIBUTARY_ASSIGN_OR_RETURN(YamlValue yaml, ParseYamlTree(text, file, duplicates));
  auto reader = std::make_unique<ConfigReader>(file, std::move(environment), /*describing=*/false);
  for (const YamlDuplicate& duplicate : duplicates) {
    reader->AddError({.line = duplicate.line}, absl::CHexEscape(duplicate.key),
                     absl::StrCat("was given on line ", duplicate.first_line, " already"));
  }
  return ConfigDocument(std::make_unique<YamlValue>(std::move(yaml)), std::move(reader));
}

absl::StatusOr<ConfigDocument> LoadYamlFile(const std::string& path, Environment environment) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseYaml(text, path, std::move(environment));
}

ConfigDocument DescribingDocument() {
  auto yaml = std::make_unique<YamlValue>();
  yaml->kind = YamlValue::Kind::kMap;
  return ConfigDocument(std::move(yaml), std::make_unique<ConfigReader>("", Environment(), /*describing=*/true));
}

std::string FormatConfigKeys(const std::vector<ConfigKey>& keys) {
  std::string lines;
  for (const ConfigKey& key : keys) {
    absl::StrAppend(&lines, key.path, ": ", key.default_value, "  # ", key.type, key.variable.empty() ? "" : ", ",
                    key.variable, "\n");
  }
  return lines;
}

std::string FormatConfigValues(const std::vector<ConfigKey>& keys) {
  std::string lines;
  for (const ConfigKey& key : keys) absl::StrAppend(&lines, key.path, ": ", key.value, "\n");
  return lines;
}

}  // namespace tributary
