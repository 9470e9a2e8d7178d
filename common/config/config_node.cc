#include "common/config/config_node.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/config/config_reader.h"
#include "common/config/scalar_text.h"

namespace tributary {
namespace {

// A scalar, or one item of a list of them, as it was written.
struct Written {
  std::string text;
  ConfigPlace place;
};

ConfigPlace AtLine(int line) { return {.line = line}; }

constexpr char kRedacted[] = "<redacted>";

// "https://user:password@host/" without what is before the '@'.
std::string WithoutCredentials(absl::string_view value) {
  static constexpr absl::string_view kScheme = "://";
  std::string shown;
  for (size_t scheme; (scheme = value.find(kScheme)) != absl::string_view::npos;) {
    const size_t host = scheme + kScheme.size();
    const size_t end = std::min(value.find_first_of("/?#, \"", host), value.size());
    const size_t at = value.substr(0, end).rfind('@');
    absl::StrAppend(&shown, value.substr(0, host));
    if (at != absl::string_view::npos && at >= host) {
      absl::StrAppend(&shown, kRedacted, value.substr(at, end - at));
    } else {
      absl::StrAppend(&shown, value.substr(host, end - host));
    }
    value.remove_prefix(end);
  }
  return absl::StrCat(shown, value);
}

std::string FormatMap(const std::map<std::string, std::string>& map, bool secret) {
  const StringText how;
  return absl::StrCat("{",
                      absl::StrJoin(map, ", ",
                                    [&](std::string* out, const auto& entry) {
                                      absl::StrAppend(out, how.Format(entry.first), ": ",
                                                      secret ? kRedacted : how.Format(entry.second));
                                    }),
                      "}");
}

template <class Text, class T>
std::string FormatList(const Text& how, const std::vector<T>& values) {
  return absl::StrCat(
      "[", absl::StrJoin(values, ", ", [&](std::string* out, const T& value) { out->append(how.Format(value)); }), "]");
}

}  // namespace

// One key of one node while it is being read: finds what was written, and files what was wrong.
class ConfigNode::KeyReader {
 public:
  KeyReader(const ConfigNode& node, absl::string_view key)
      : reader_(*node.reader_), path_(JoinConfigPath(node.path_, key)), entry_(reader_.Ask(node.yaml_, key)) {
    if (!node.in_list_) variable_ = ConfigReader::VariableOf(path_);
    if (!variable_.empty()) override_ = reader_.Override(variable_);
  }

  template <class Text>
  void Scalar(const Text& how, typename Text::Value& value, bool secret = false) {
    const std::string default_value = how.Format(value);
    if (const std::optional<Written> written = WrittenScalar()) {
      if (const std::string wrong = how.Parse(written->text, value); !wrong.empty()) Error(written->place, wrong);
    }
    const std::string compared = how.Format(value);
    Record(how.type(), secret ? kRedacted : default_value, secret ? kRedacted : compared, compared);
  }

  template <class Text>
  void ScalarList(const Text& how, std::vector<typename Text::Value>& values) {
    const std::string default_value = FormatList(how, values);
    if (const auto written = WrittenList()) ParseList(how, *written, values);
    const std::string value = FormatList(how, values);
    Record(absl::StrCat("list of ", how.type()), default_value, value, value);
  }

  void StringMap(std::map<std::string, std::string>& values, bool secret);

  // The entry, when it is of this kind or says nothing; else an error, and null.
  const YamlValue* Container(YamlValue::Kind kind, absl::string_view expected) {
    if (entry_ == nullptr || entry_->value.kind == YamlValue::Kind::kNull) return nullptr;
    if (entry_->value.kind == kind) return &entry_->value;
    Error(AtLine(entry_->line), absl::StrCat("expected ", expected));
    return nullptr;
  }

  void Error(const ConfigPlace& place, absl::string_view message) { reader_.AddError(place, path_, message); }

 private:
  std::optional<Written> WrittenScalar() {
    if (override_ != nullptr) return Written{*override_, {.variable = variable_}};
    if (entry_ == nullptr) return std::nullopt;
    if (entry_->value.kind == YamlValue::Kind::kScalar) return Written{entry_->value.scalar, AtLine(entry_->line)};
    Error(AtLine(entry_->line), entry_->value.kind == YamlValue::Kind::kNull ? "has no value" : "expected one value");
    return std::nullopt;
  }

  std::optional<std::vector<Written>> WrittenList() {
    if (override_ != nullptr) return SplitOverride();
    const YamlValue* list = Container(YamlValue::Kind::kList, "a list");
    if (list == nullptr) return std::nullopt;
    std::vector<Written> written;
    for (const YamlValue& item : list->items) {
      if (item.kind == YamlValue::Kind::kScalar) {
        written.push_back({item.scalar, AtLine(item.line)});
      } else {
        Error(AtLine(item.line), "expected a list of single values");
      }
    }
    return written;
  }

  std::vector<Written> SplitOverride() const {
    std::vector<Written> written;
    if (absl::StripAsciiWhitespace(*override_).empty()) return written;
    for (absl::string_view item : absl::StrSplit(*override_, ',')) {
      written.push_back({std::string(absl::StripAsciiWhitespace(item)), {.variable = variable_}});
    }
    return written;
  }

  // All items or none: half a list is nobody's wish.
  template <class Text>
  void ParseList(const Text& how, const std::vector<Written>& written, std::vector<typename Text::Value>& values) {
    std::vector<typename Text::Value> parsed;
    bool good = true;
    for (size_t i = 0; i < written.size(); ++i) {
      typename Text::Value item{};
      const std::string wrong = how.Parse(written[i].text, item);
      if (!wrong.empty()) reader_.AddError(written[i].place, absl::StrCat(path_, "[", i, "]"), wrong);
      good = good && wrong.empty();
      parsed.push_back(std::move(item));
    }
    if (good) values = std::move(parsed);
  }

  std::string Source() const {
    if (override_ != nullptr) return variable_;
    if (entry_ == nullptr || entry_->value.kind == YamlValue::Kind::kNull) return "default";
    return absl::StrCat("line ", entry_->line);
  }

  void Record(std::string type, std::string default_value, absl::string_view value, std::string compared) {
    reader_.AddKey({path_, std::move(type), std::move(default_value), WithoutCredentials(value), variable_, Source(),
                    std::move(compared)});
  }

  ConfigReader& reader_;
  const std::string path_;
  const YamlEntry* const entry_;
  std::string variable_;  // empty where no variable reaches
  const std::string* override_ = nullptr;
};

void ConfigNode::KeyReader::StringMap(std::map<std::string, std::string>& values, bool secret) {
  variable_.clear();
  override_ = nullptr;
  const std::string default_value = FormatMap(values, secret);
  if (const YamlValue* map = Container(YamlValue::Kind::kMap, "a map of names to values")) {
    values.clear();
    for (const YamlEntry& entry : map->entries) {
      if (entry.value.kind == YamlValue::Kind::kScalar) {
        values[entry.key] = entry.value.scalar;
      } else {
        reader_.AddError(AtLine(entry.line), JoinConfigPath(path_, entry.key), "expected one value");
      }
    }
  }
  Record("map of strings", default_value, FormatMap(values, secret), FormatMap(values, /*secret=*/false));
}

void ConfigNode::Read(absl::string_view key, bool& value) { KeyReader(*this, key).Scalar(BoolText(), value); }

void ConfigNode::Read(absl::string_view key, std::string& value) { KeyReader(*this, key).Scalar(StringText(), value); }

void ConfigNode::Read(absl::string_view key, std::vector<std::string>& value) {
  KeyReader(*this, key).ScalarList(StringText(), value);
}

template <class T>
void ConfigNode::Read(absl::string_view key, T& value, std::type_identity_t<Range<T>> range) {
  if constexpr (std::is_same_v<T, double>) {
    KeyReader(*this, key).Scalar(NumberText{range}, value);
  } else if constexpr (std::is_same_v<T, absl::Duration>) {
    KeyReader(*this, key).Scalar(DurationText{range}, value);
  } else {
    KeyReader(*this, key).Scalar(IntegerText<T>{range}, value);
  }
}

template void ConfigNode::Read(absl::string_view, int&, Range<int>);
template void ConfigNode::Read(absl::string_view, int64_t&, Range<int64_t>);
template void ConfigNode::Read(absl::string_view, uint32_t&, Range<uint32_t>);
template void ConfigNode::Read(absl::string_view, uint64_t&, Range<uint64_t>);
template void ConfigNode::Read(absl::string_view, double&, Range<double>);
template void ConfigNode::Read(absl::string_view, absl::Duration&, Range<absl::Duration>);

void ConfigNode::Read(absl::string_view key, std::vector<double>& value, Range<double> range) {
  KeyReader(*this, key).ScalarList(NumberText{range}, value);
}

void ConfigNode::Read(absl::string_view key, std::map<std::string, std::string>& value) {
  KeyReader(*this, key).StringMap(value, /*secret=*/false);
}

void ConfigNode::ReadSecrets(absl::string_view key, std::map<std::string, std::string>& value) {
  KeyReader(*this, key).StringMap(value, /*secret=*/true);
}

void ConfigNode::ReadBytes(absl::string_view key, uint64_t& value, Range<uint64_t> range) {
  KeyReader(*this, key).Scalar(BytesText{range}, value);
}

void ConfigNode::ReadSecret(absl::string_view key, std::string& value) {
  KeyReader(*this, key).Scalar(StringText(), value, /*secret=*/true);
}

int ConfigNode::ReadChoice(absl::string_view key, const std::vector<Choice>& choices) {
  ChoiceText how;
  int chosen = -1;
  for (const Choice& choice : choices) {
    if (choice.is_current) chosen = static_cast<int>(how.names.size());
    how.names.push_back(choice.name);
  }
  KeyReader(*this, key).Scalar(how, chosen);
  return chosen;
}

ConfigNode ConfigNode::Section(absl::string_view key) {
  const YamlEntry* entry = reader_->Ask(yaml_, key);
  return NodeAt(entry == nullptr ? nullptr : &entry->value, JoinConfigPath(path_, key), in_list_);
}

void ConfigNode::List(absl::string_view key, const Item& read_item) {
  const std::string path = JoinConfigPath(path_, key);
  if (describing()) return read_item(NodeAt(nullptr, absl::StrCat(path, "[]"), true));
  const YamlValue* list = KeyReader(*this, key).Container(YamlValue::Kind::kList, "a list of maps");
  if (list == nullptr) return;
  for (size_t i = 0; i < list->items.size(); ++i) {
    read_item(NodeAt(&list->items[i], absl::StrCat(path, "[", i, "]"), true));
  }
}

void ConfigNode::Map(absl::string_view key, const NamedItem& read_item) {
  const std::string path = JoinConfigPath(path_, key);
  if (describing()) return read_item("name", NodeAt(nullptr, absl::StrCat(path, ".<name>"), true));
  const YamlValue* map = KeyReader(*this, key).Container(YamlValue::Kind::kMap, "a map of names to maps");
  if (map == nullptr) return;
  for (const YamlEntry& entry : map->entries) {
    read_item(entry.key, NodeAt(&entry.value, JoinConfigPath(path, entry.key), true));
  }
}

ConfigNode ConfigNode::NodeAt(const YamlValue* yaml, std::string path, bool in_list) const {
  if (yaml != nullptr && yaml->kind == YamlValue::Kind::kMap) {
    reader_->Visit(*yaml, path);
    return ConfigNode(reader_, yaml, std::move(path), in_list);
  }
  if (yaml != nullptr && yaml->kind != YamlValue::Kind::kNull) {
    reader_->AddError(AtLine(yaml->line), path, "expected a map of keys");
  }
  return ConfigNode(reader_, nullptr, std::move(path), in_list);
}

bool ConfigNode::Has(absl::string_view key) const {
  if (!in_list_ && reader_->IsSet(ConfigReader::VariableOf(JoinConfigPath(path_, key)))) return true;
  const YamlEntry* entry = yaml_ == nullptr ? nullptr : yaml_->Find(key);
  return entry != nullptr && entry->value.kind != YamlValue::Kind::kNull;
}

bool ConfigNode::HasSection(absl::string_view key) const {
  const YamlEntry* entry = yaml_ == nullptr ? nullptr : yaml_->Find(key);
  return entry != nullptr && entry->value.kind == YamlValue::Kind::kMap;
}

void ConfigNode::SkipUnread() {
  if (yaml_ == nullptr) return;
  for (const YamlEntry& entry : yaml_->entries) reader_->Ask(yaml_, entry.key);
}

void ConfigNode::Require(absl::string_view key) {
  if (!Has(key)) Check(false, key, "is required");
}

void ConfigNode::Check(bool holds, absl::string_view key, absl::string_view message) {
  if (holds) return;
  const std::string path = JoinConfigPath(path_, key);
  const YamlEntry* entry = yaml_ == nullptr ? nullptr : yaml_->Find(key);
  ConfigPlace place = AtLine(entry != nullptr ? entry->line : yaml_ != nullptr ? yaml_->line : 0);
  const std::string variable = in_list_ ? "" : ConfigReader::VariableOf(path);
  if (reader_->IsSet(variable)) place = {.variable = variable};
  reader_->AddError(place, path, message);
}

bool ConfigNode::describing() const { return reader_->describing(); }

}  // namespace tributary
