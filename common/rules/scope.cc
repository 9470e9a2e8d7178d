#include "common/rules/scope.h"

#include "common/base/check.h"

namespace tributary {

absl::string_view ScopeName(Scope scope) {
  switch (scope) {
    case Scope::kGlobal:
      return "global";
    case Scope::kHost:
      return "host";
    case Scope::kLocal:
      return "local";
  }
  TRIBUTARY_CHECK(false);
}

std::optional<Scope> ParseScope(absl::string_view name) {
  for (const Scope scope : {Scope::kGlobal, Scope::kHost, Scope::kLocal}) {
    if (ScopeName(scope) == name) return scope;
  }
  return std::nullopt;
}

}  // namespace tributary
