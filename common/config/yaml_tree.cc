#include "common/config/yaml_tree.h"

#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/yaml.h"

namespace tributary {
namespace {

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

size_t WeightOf(const YamlValue& value) {
  size_t bytes = 64 + value.scalar.size();
  for (const YamlValue& item : value.items) bytes += WeightOf(item);
  for (const YamlEntry& entry : value.entries) bytes += 64 + entry.key.size() + WeightOf(entry.value);
  return bytes;
}

// Builds the tree from yaml-cpp's events. Refuses by throwing yaml-cpp's own exception, which carries the line and is
// caught where the parser was called.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::vector<YamlDuplicate>& duplicates) : duplicates_(duplicates) {}

  YamlValue TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Refuse(mark, "a second document; there must be one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Place(mark, anchor, YamlValue{.kind = YamlValue::Kind::kNull, .line = LineOf(mark), .entries = {}});
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override {
    Place(mark, anchor,
          YamlValue{.kind = YamlValue::Kind::kScalar, .line = LineOf(mark), .scalar = text, .entries = {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto anchored = anchored_.find(anchor);
    if (anchored == anchored_.end()) Refuse(mark, "an alias inside the value it stands for");
    Charge(mark, anchored->second.weight);
    Place(mark, YAML::NullAnchor, anchored->second.value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlValue::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlValue::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Key {
    std::string text;
    int line;
  };
  // A list or map whose end has not come yet.
  struct OpenValue {
    YamlValue value;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    std::optional<Key> key = {};                     // of the entry whose value comes next
    std::unordered_map<std::string, int> seen = {};  // line by key
  };
  struct Anchored {
    YamlValue value;
    size_t weight;
  };

  [[noreturn]] static void Refuse(const YAML::Mark& mark, const std::string& why) {
    throw YAML::ParserException(mark, why);
  }

  void Charge(const YAML::Mark& mark, size_t weight) {
    bytes_ += weight;
    if (bytes_ > kMaxYamlBytes) Refuse(mark, "too much data after aliases are expanded");
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlValue::Kind kind) {
    if (open_.size() >= kMaxYamlDepth) Refuse(mark, absl::StrCat("nested deeper than ", kMaxYamlDepth));
    open_.push_back({.value = {.kind = kind, .line = LineOf(mark), .entries = {}}, .mark = mark, .anchor = anchor});
  }

  void Close() {
    OpenValue closed = std::move(open_.back());
    open_.pop_back();
    Place(closed.mark, closed.anchor, std::move(closed.value));
  }

  void Place(const YAML::Mark& mark, YAML::anchor_t anchor, YamlValue value) {
    Charge(mark, 64 + value.scalar.size());
    if (anchor != YAML::NullAnchor) Remember(mark, anchor, value);
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().value.kind == YamlValue::Kind::kList) {
      open_.back().value.items.push_back(std::move(value));
    } else {
      PlaceInMap(mark, open_.back(), std::move(value));
    }
  }

  void PlaceInMap(const YAML::Mark& mark, OpenValue& map, YamlValue value) {
    if (!map.key) {
      if (value.kind != YamlValue::Kind::kScalar) Refuse(mark, "a key that is not plain text");
      map.key = Key{std::move(value.scalar), LineOf(mark)};
      return;
    }
    const Key key = *std::exchange(map.key, std::nullopt);
    const auto [first, is_new] = map.seen.emplace(key.text, key.line);
    if (is_new) {
      map.value.entries.push_back({key.text, key.line, std::move(value)});
    } else {
      duplicates_.push_back({key.text, key.line, first->second});
    }
  }

  // Kept apart from the tree, so it is paid for a second time.
  void Remember(const YAML::Mark& mark, YAML::anchor_t anchor, const YamlValue& value) {
    const size_t weight = WeightOf(value);
    Charge(mark, weight);
    anchored_[anchor] = {value, weight};
  }

  std::vector<YamlDuplicate>& duplicates_;
  YamlValue root_;
  std::vector<OpenValue> open_;
  std::map<YAML::anchor_t, Anchored> anchored_;
  size_t bytes_ = 0;
  int documents_ = 0;
};

}  // namespace

const YamlEntry* YamlValue::Find(absl::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

absl::StatusOr<YamlValue> ParseYamlTree(absl::string_view text, absl::string_view file,
                                        std::vector<YamlDuplicate>& duplicates) {
  TreeBuilder builder(duplicates);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(file, ":", LineOf(error.mark), ": ", absl::CHexEscape(error.msg)));
  }
  YamlValue root = builder.TakeRoot();
  if (root.kind == YamlValue::Kind::kNull) root.kind = YamlValue::Kind::kMap;
  return root;
}

}  // namespace tributary
