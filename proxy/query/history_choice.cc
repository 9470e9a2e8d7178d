#include "proxy/query/history_choice.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace tributary {
namespace {

constexpr size_t kMaxChosen = 64;  // the globals' own limit

// One history, as all who have taken of it tell.
struct History {
  std::string from;
  std::string address;
  int64_t order = 0;
  bool is_shown_somewhere = false, is_hidden_somewhere = false;
  bool is_finished_somewhere = false, is_finished_everywhere = true;
  bool is_whole = true;  // everywhere
  bool is_heard = false;
  std::set<std::string> holders;  // lately
  std::set<std::string> told_by;

  void Add(const std::string& teller, const v1::TakenHistory& taken) {
    from = taken.from();
    address = taken.address();
    order = taken.order();
    const bool is_finished = taken.state() == v1::TakenHistory::STATE_FINISHED;
    is_finished_somewhere |= is_finished;
    is_finished_everywhere &= is_finished;
    is_whole &= is_finished || taken.state() == v1::TakenHistory::STATE_COMPLETE;
    (taken.shown() ? is_shown_somewhere : is_hidden_somewhere) = true;
    is_heard |= taken.heard();
    holders.insert(taken.holders().begin(), taken.holders().end());
    told_by.insert(teller);
  }
};

const GridAnswer* AnswerOf(const std::vector<GridAnswer>& answers, const std::string& id) {
  const auto found =
      std::find_if(answers.begin(), answers.end(), [&](const auto& each) { return each.global.id == id; });
  return found == answers.end() ? nullptr : &*found;
}

bool HasGiven(const GridAnswer& answer, uint32_t handover) {
  const auto& given = answer.summary.given();
  return std::find(given.begin(), given.end(), handover) != given.end();
}

// One answered before it heard of what others have shown already: its part of the history is in no answer. (One that is
// back after it gave its own has forgotten what it had taken: it gave that, too.)
bool HasUnheard(const History& history, const std::vector<GridAnswer>& answers) {
  return std::any_of(answers.begin(), answers.end(), [&](const GridAnswer& answer) {
    return answer.status.ok() && answer.summary.given().empty() && history.holders.contains(answer.global.id) &&
           !history.told_by.contains(answer.global.id);
  });
}

void Choose(std::vector<uint32_t>& chosen, uint32_t handover) {
  if (chosen.size() < kMaxChosen) chosen.push_back(handover);
}

}  // namespace

HistoryVerdict Judge(const std::vector<Member>& members, const std::vector<GridAnswer>& answers) {
  std::map<uint32_t, History> histories;
  for (const GridAnswer& answer : answers) {
    if (!answer.status.ok()) continue;
    for (const v1::TakenHistory& taken : answer.summary.taken())
      histories[taken.handover()].Add(answer.global.id, taken);
  }
  std::map<std::string, int64_t> newest;  // order, by who leaves
  for (const auto& [handover, history] : histories) {
    int64_t& order = newest.try_emplace(history.from, history.order).first->second;
    order = std::max(order, history.order);
  }

  HistoryVerdict verdict;
  std::set<std::string> also;
  for (const auto& [handover, history] : histories) {
    const GridAnswer* source = AnswerOf(answers, history.from);
    const bool has_answered = source != nullptr && source->status.ok();
    const bool is_member =
        std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == history.from; });
    // A newer hand-over of the same global began anew what this one did not end.
    const bool is_superseded = !history.is_finished_somewhere && history.order < newest.at(history.from);
    bool is_to_be_shown = !is_superseded && !(has_answered && !HasGiven(*source, handover));
    const bool is_under_way = history.is_heard && !history.is_finished_somewhere && !is_superseded;
    if (is_under_way && !is_member && !history.address.empty()) {
      if (also.insert(history.from).second) verdict.next.also.push_back({history.from, history.address, 1});
      if (source == nullptr) {  // it may have the rows itself: the next round tells
        is_to_be_shown = false;
        verdict.holds = false;
      }
    }
    if (is_to_be_shown && !history.is_finished_everywhere) Choose(verdict.next.with, handover);
    if (!is_to_be_shown && history.is_finished_somewhere) Choose(verdict.next.without, handover);
    if (is_to_be_shown ? history.is_hidden_somewhere : history.is_shown_somewhere) verdict.holds = false;
    if (is_to_be_shown && HasUnheard(history, answers)) verdict.holds = false;
    if (is_to_be_shown && !has_answered) {
      (history.is_whole ? verdict.replaced : verdict.in_part).push_back(history.from);
    }
  }
  return verdict;
}

}  // namespace tributary
