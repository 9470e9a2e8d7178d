#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/hash/view.h"
#include "proxy/query/copy_choice.h"
#include "proxy/query/fan_out.h"
#include "proxy/route/cluster_view.h"

namespace tributary {

// While a global hands its history over, its rows are there twice: at itself and at their new owners. Whoever asks
// decides who answers for them, the same way at every global: the one who leaves as long as it answers, the new owners
// from then on. A choice is made on what the globals told last, and holds if what they tell with their answers says the
// same; else the question is asked again by what they have told now. No moment needs to be agreed on between globals.
struct HistoryChoice {
  // Of what globals have taken: to be shown though not finished, to be hidden though finished. Ascending.
  std::vector<uint32_t> with = {};
  std::vector<uint32_t> without = {};
  // Who hand over and are not among the members any more.
  std::vector<Member> also = {};
  friend bool operator==(const HistoryChoice&, const HistoryChoice&) = default;
};

// What follows from one round of answers.
struct HistoryVerdict {
  bool holds = true;   // every history is in the answers once
  HistoryChoice next;  // what to ask with, when it does not; and what to begin with next time
  // Of globals that are asked no more, or did not answer: the new owners have all of it. By member's id.
  std::vector<std::string> replaced = {};
  // The new owners have a part of it, and whoever has the rest did not answer.
  std::vector<std::string> in_part = {};
  // To be asked besides: of stores that no answer is of. What was handed over of them is not shown, unless it is all.
  std::vector<CopyToAsk> copies = {};
};
// Whether the store that a copy's answer is of was handed over as a whole, which `answers` did not know: it had
// nothing.
bool WasSpent(const GridAnswer& of_copy, const std::vector<GridAnswer>& answers);
// `members`: of the newest view. `answers`: of them and of who else was asked.
HistoryVerdict Judge(const std::vector<Member>& members, const std::vector<GridAnswer>& answers);

}  // namespace tributary
