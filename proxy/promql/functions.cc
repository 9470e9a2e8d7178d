#include "proxy/promql/functions.h"

#include "absl/container/flat_hash_map.h"
#include "common/base/check.h"
#include "proxy/promql/function_groups.h"

namespace tributary::promql {
namespace {

using Table = absl::flat_hash_map<absl::string_view, Function>;

Table MakeTable() {
  Table table;
  for (const auto group : {MathFunctions, RateFunctions, OverTimeFunctions, TrendFunctions, HistogramFunctions,
                           LabelFunctions, TimeFunctions}) {
    for (const Function& function : group()) TRIBUTARY_CHECK(table.emplace(function.name, function).second);
  }
  return table;
}

}  // namespace

const Function* FindFunction(absl::string_view name) {
  static const Table& table = *new Table(MakeTable());
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace tributary::promql
