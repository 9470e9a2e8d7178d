#include "local/census/limit_log.h"

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/printable.h"

namespace tributary {
namespace {

absl::string_view KeysOf(FoldReason reason) {
  switch (reason) {
    case FoldReason::kNone:
      break;
    case FoldReason::kSeriesLimit:
      return "limits.max_series or limits.max_key_bytes";
    case FoldReason::kMetricLimit:
      return "limits.max_series_per_metric";
    case FoldReason::kTagLimit:
      return "limits.max_tags or limits.max_tag_bytes";
    case FoldReason::kClientLimit:
      return "limits.max_series_per_client";
    case FoldReason::kValueLimit:
      return "limits.max_values_per_tag";
    case FoldReason::kSeriesRate:
      return "limits.new_series_per_second";
    case FoldReason::kClientRate:
      return "limits.new_series_per_second_per_client";
  }
  return "limits";
}

}  // namespace

bool LimitLog::Due(const std::string& limit_and_whom) { return told_.try_emplace(limit_and_whom, clock_.Now()).second; }

std::vector<std::string> LimitLog::Lines(const std::vector<Fold>& folds, const std::vector<Client>& clients,
                                         const NameOf& name_of) {
  const absl::Time now = clock_.Now();
  absl::erase_if(told_, [now](const auto& told) { return now - told.second >= kPeriod || told.second > now; });
  std::vector<std::string> lines;
  for (const Client& client : clients) {
    if (lines.size() >= kLinesPerInterval) return lines;
    if (client.samples_dropped == 0 || !Due(name_of(client.peer))) continue;
    lines.push_back(absl::StrCat("limits.max_samples_per_client: dropped ", client.samples_dropped, " samples of ",
                                 Printable(name_of(client.peer)), " in the last interval"));
  }
  for (const Fold& fold : folds) {
    if (lines.size() >= kLinesPerInterval) return lines;
    if (!Due(absl::StrCat(FoldReasonName(fold.reason), " ", fold.metric))) continue;
    lines.push_back(absl::StrCat(KeysOf(fold.reason), ": folded ", fold.samples, " samples of metric ",
                                 Printable(fold.metric), " from ", Printable(name_of(fold.client)),
                                 " into __other__ in the last interval"));
  }
  return lines;
}

void LimitLog::Tell(const std::vector<Fold>& folds, const std::vector<Client>& clients, const NameOf& name_of) {
  for (const std::string& line : Lines(folds, clients, name_of)) TRIBUTARY_LOG_WARN("{}", line);
}

}  // namespace tributary
