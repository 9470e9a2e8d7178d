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
  uint64_t store = 0;
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
    store = taken.store();
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

bool Has(const google::protobuf::RepeatedField<uint32_t>& handovers, uint32_t handover) {
  return std::find(handovers.begin(), handovers.end(), handover) != handovers.end();
}

// As its owner says, or a copy of its store.
bool IsGiven(uint32_t handover, const std::vector<GridAnswer>& answers) {
  return std::any_of(answers.begin(), answers.end(), [&](const GridAnswer& answer) {
    if (!answer.status.ok()) return false;
    const auto& copies = answer.summary.copies();
    return Has(answer.summary.given(), handover) ||
           std::any_of(copies.begin(), copies.end(), [&](const auto& copy) { return Has(copy.given(), handover); });
  });
}

// Stores that were handed over as a whole.
std::set<uint64_t> SpentStores(const std::map<uint32_t, History>& histories, const std::vector<GridAnswer>& answers) {
  std::set<uint64_t> spent;
  for (const auto& [handover, history] : histories) {
    if (history.is_finished_somewhere || IsGiven(handover, answers)) spent.insert(history.store);
  }
  return spent;
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

bool WasSpent(const GridAnswer& of_copy, const std::vector<GridAnswer>& answers) {
  return std::any_of(answers.begin(), answers.end(), [&](const GridAnswer& answer) {
    const auto& taken = answer.summary.taken();
    return std::any_of(taken.begin(), taken.end(), [&](const v1::TakenHistory& history) {
      return history.store() == of_copy.summary.store() && Has(of_copy.summary.given(), history.handover());
    });
  });
}

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
  verdict.copies = CopiesToAsk(answers, SpentStores(histories, answers));
  std::set<std::string> also;
  for (const auto& [handover, history] : histories) {
    const GridAnswer* source = AnswerOf(answers, history.from);
    // From another store than the one whose history it is, it has nothing of that.
    const bool has_answered =
        source != nullptr && source->status.ok() && (history.store == 0 || source->summary.store() == history.store);
    const bool has_copy = std::any_of(verdict.copies.begin(), verdict.copies.end(),
                                      [&](const CopyToAsk& copy) { return copy.store == history.store; });
    const bool is_member =
        std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == history.from; });
    // A newer hand-over of the same global began anew what this one did not end.
    const bool is_superseded = !history.is_finished_somewhere && history.order < newest.at(history.from);
    const bool is_elsewhere = has_copy || (has_answered && !Has(source->summary.given(), handover));
    bool is_to_be_shown = !is_superseded && !is_elsewhere;
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
