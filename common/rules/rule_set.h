#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/metric/series_key.h"
#include "common/rules/rule.h"
#include "common/rules/scope.h"

namespace tributary {

struct RoutedSeries {
  SeriesKey key;  // canonical; may be beyond the limits of a key, since tags were added
  Scope scope = Scope::kGlobal;
  friend bool operator==(const RoutedSeries&, const RoutedSeries&) = default;
};
using RoutedSeriesList = absl::InlinedVector<RoutedSeries, 2>;

// veneurlocalonly, veneurglobalonly, dd.internal.entity_id, dd.internal.card: what says where a sample came from or
// goes, and nothing of what was measured.
bool IsTransportTag(absl::string_view tag);

// Decides what becomes of a series; asked once per new series, not per sample. Immutable, so thread-safe.
//
// Every matching rule applies, in order: `drop` ends it; the last rule with `scopes`, the last with `rename` win; `by`
// and `without` of all rules hold. `extend_tags` are added first, each unless the client sent its key.
// Scope:   by the client's tag `veneurlocalonly` or `veneurglobalonly` (local wins over global), else by the rules,
//          else what its source has for its own, else DefaultScope.
// Host:    the host and local scopes add `host:<agent's host>` unless the client sent a host, and keep the client's
//          whatever `by` and `without` say. The global scope adds none.
// Removed: transport tags.
class RuleSet {
 public:
  RuleSet() = default;  // no rules: every series in its default scope

  // Fails with every problem of every rule.
  static absl::StatusOr<RuleSet> Build(std::vector<RuleSpec> rules, std::vector<std::string> extend_tags = {});

  // Where `raw`, whose tags may be in any order, goes; empty when it is dropped. No two have the same name.
  RoutedSeriesList Apply(const SeriesKey& raw, absl::string_view host,
                         std::optional<Scope> scope_of_source = std::nullopt) const;

  // The rules that match it, in order, as their places in the list; what follows a `drop` as well.
  std::vector<size_t> Matching(const SeriesKey& raw) const;

 private:
  // What the rules leave of a series, before its scopes.
  struct Decision {
    SeriesKey key;
    std::vector<ScopeSpec> scopes;
  };

  RuleSet(std::vector<RuleSpec> rules, std::vector<std::string> extend_tags);
  // What the rules look at: the client's key with extend_tags.
  SeriesKey SentKey(const SeriesKey& raw) const;
  void ExtendTags(SeriesKey& key) const;
  // Nothing when it is dropped.
  std::optional<Decision> Decide(const SeriesKey& sent) const;

  std::vector<RuleSpec> rules_;
  std::vector<std::string> extend_tags_;
};

}  // namespace tributary
