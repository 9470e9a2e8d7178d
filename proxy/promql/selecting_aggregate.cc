#include "proxy/promql/selecting_aggregate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tributary::promql {
namespace {

// A NaN is worse than every number, at either end.
bool Better(AggregateOp op, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return op == AggregateOp::kTopk ? a > b : a < b;
}

class Ranking {
 public:
  Ranking(const AggregateCall& call, const std::vector<Series*>& members)
      : call_(call), members_(members), next_(members.size()), kept_(members.size()) {}

  void SelectAt(int64_t time_ms, double k) {
    candidates_.clear();
    for (size_t m = 0; m < members_.size(); ++m) {
      std::vector<Point>& points = members_[m]->points;
      if (next_[m] == points.size() || points[next_[m]].time_ms != time_ms) continue;
      Consider(m, points[next_[m]++]);
    }
    const auto wanted = static_cast<size_t>(std::clamp(k, 0.0, static_cast<double>(candidates_.size())));
    if (call_.aggregation.op != AggregateOp::kLimitk) {
      std::stable_sort(candidates_.begin(), candidates_.end(), [this](const Candidate& a, const Candidate& b) {
        return Better(call_.aggregation.op, a.point->value, b.point->value);
      });
    }
    for (size_t i = 0; i < wanted; ++i) kept_[candidates_[i].member].push_back(std::move(*candidates_[i].point));
  }

  // An instant's in the order of the last selection, a range's in the order of the members.
  void Take(std::vector<Series>& result) {
    if (call_.grid.count > 1) {
      for (size_t m = 0; m < members_.size(); ++m) TakeMember(m, result);
    } else {
      for (const Candidate& candidate : candidates_) TakeMember(candidate.member, result);
    }
  }

 private:
  struct Candidate {
    size_t member;
    Point* point;
  };

  void Consider(size_t member, Point& point) {
    if (point.distribution && call_.aggregation.op != AggregateOp::kLimitk) {
      call_.notes.Inform(absl::StrCat("PromQL info: ignored histogram in ", NameOf(call_.aggregation.op),
                                      " aggregation", call_.position));
      return;
    }
    candidates_.push_back({member, &point});
  }

  void TakeMember(size_t member, std::vector<Series>& result) {
    if (kept_[member].empty()) return;
    result.push_back({std::move(members_[member]->labels), std::move(kept_[member])});
  }

  const AggregateCall& call_;
  const std::vector<Series*>& members_;
  std::vector<size_t> next_;  // point of each member
  std::vector<std::vector<Point>> kept_;
  std::vector<Candidate> candidates_;
};

}  // namespace

void KeepSelected(const AggregateCall& call, const std::vector<Series*>& members, std::vector<Series>& result) {
  Ranking ranking(call, members);
  for (int64_t i = 0; i < call.grid.count; ++i) {
    ranking.SelectAt(call.grid.At(i), call.parameters[static_cast<size_t>(i)]);
  }
  ranking.Take(result);
}

}  // namespace tributary::promql
