#include "proxy/query/copy_choice.h"

#include <map>

namespace tributary {
namespace {

const v1::Summary& ToldBy(const GridAnswer& answer) { return answer.summary; }
const v1::LabelsResponse& ToldBy(const LabelsAnswer& answer) { return answer.response; }

template <class Answer>
std::vector<CopyToAsk> Choose(const std::vector<Answer>& answers, std::set<uint64_t> done) {
  for (const Answer& answer : answers) {
    if (answer.status.ok()) done.insert(ToldBy(answer).store());
  }
  std::map<uint64_t, CopyToAsk> best;
  for (const Answer& answer : answers) {
    if (!answer.status.ok()) continue;
    for (const v1::StoreCopy& copy : ToldBy(answer).copies()) {
      if (copy.store() == 0 || done.contains(copy.store())) continue;
      const absl::Time through = absl::FromUnixMillis(copy.through_unix_ms());
      const auto known = best.find(copy.store());
      if (known != best.end() && known->second.through >= through) continue;
      best.insert_or_assign(copy.store(), CopyToAsk{answer.global, copy.of(), copy.store(), through});
    }
  }
  std::vector<CopyToAsk> copies;
  for (auto& [store, copy] : best) copies.push_back(std::move(copy));
  return copies;
}

}  // namespace

std::vector<CopyToAsk> CopiesToAsk(const std::vector<GridAnswer>& answers, const std::set<uint64_t>& spent) {
  return Choose(answers, spent);
}

std::vector<CopyToAsk> CopiesToAsk(const std::vector<LabelsAnswer>& answers) { return Choose(answers, {}); }

}  // namespace tributary
