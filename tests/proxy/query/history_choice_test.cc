#include "proxy/query/history_choice.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using History = v1::TakenHistory;

constexpr uint32_t kId = 7;
constexpr uint64_t kStore = 77;

std::vector<Member> MembersOf(const std::vector<std::string>& ids) {
  std::vector<Member> members;
  for (const std::string& id : ids) members.push_back({id, id + ":1", 1});
  return members;
}

GridAnswer AnswerOf(const std::string& id, absl::Status status = absl::OkStatus()) {
  GridAnswer answer;
  answer.global = {id, id + ":1", 1};
  answer.status = std::move(status);
  return answer;
}

GridAnswer Took(const std::string& id, History::State state, bool shown, bool heard = true, uint32_t handover = kId,
                int64_t order = 100) {
  GridAnswer answer = AnswerOf(id);
  History& taken = *answer.summary.add_taken();
  taken.set_handover(handover);
  taken.set_from("leaver");
  taken.set_address("leaver:1");
  taken.set_order(order);
  taken.set_state(state);
  taken.set_shown(shown);
  taken.set_heard(heard);
  return answer;
}

TEST(HistoryChoiceTest, WithoutHandoversThereIsNothingToChoose) {
  const HistoryVerdict verdict = Judge(MembersOf({"a", "b"}), {AnswerOf("a"), AnswerOf("b")});
  EXPECT_TRUE(verdict.holds);
  EXPECT_EQ(verdict.next, HistoryChoice());
}

TEST(HistoryChoiceTest, WhoLeavesIsAskedAsLongAsItAnswers) {
  const std::vector<Member> members = MembersOf({"a", "b"});
  HistoryVerdict verdict = Judge(members, {Took("a", History::STATE_OPEN, false), AnswerOf("b")});
  EXPECT_FALSE(verdict.holds);
  ASSERT_EQ(verdict.next.also.size(), 1u);
  EXPECT_EQ(verdict.next.also[0].id, "leaver");
  EXPECT_EQ(verdict.next.also[0].address, "leaver:1");
  EXPECT_THAT(verdict.next.with, IsEmpty());
  verdict = Judge(members, {Took("a", History::STATE_OPEN, false), AnswerOf("b"), AnswerOf("leaver")});
  EXPECT_TRUE(verdict.holds);
  EXPECT_EQ(verdict.next.also.size(), 1u) << "next time, too";
}

TEST(HistoryChoiceTest, WhatIsAtBothIsHiddenAtTheNewOwner) {
  const HistoryVerdict verdict =
      Judge(MembersOf({"a"}), {Took("a", History::STATE_FINISHED, true), AnswerOf("leaver")});
  EXPECT_FALSE(verdict.holds);
  EXPECT_THAT(verdict.next.without, ElementsAre(kId));
}

TEST(HistoryChoiceTest, FromTheMomentItGivesTheNewOwnersShowIt) {
  GridAnswer leaver = AnswerOf("leaver");
  leaver.summary.add_given(kId);
  const HistoryVerdict verdict = Judge(MembersOf({"a"}), {Took("a", History::STATE_COMPLETE, false), leaver});
  EXPECT_FALSE(verdict.holds);
  EXPECT_THAT(verdict.next.with, ElementsAre(kId));
  EXPECT_TRUE(Judge(MembersOf({"a"}), {Took("a", History::STATE_COMPLETE, true), leaver}).holds);
}

TEST(HistoryChoiceTest, WhatIsFinishedNeedsNoWord) {
  const HistoryVerdict verdict = Judge(MembersOf({"a"}), {Took("a", History::STATE_FINISHED, true)});
  EXPECT_TRUE(verdict.holds);
  EXPECT_EQ(verdict.next, HistoryChoice());
  EXPECT_THAT(verdict.replaced, ElementsAre("leaver"));
}

TEST(HistoryChoiceTest, OfOneThatDiedInTheMiddleThePartIsShownAndTold) {
  const HistoryVerdict first = Judge(MembersOf({"a"}), {Took("a", History::STATE_OPEN, false, /*heard=*/false)});
  EXPECT_FALSE(first.holds);
  EXPECT_THAT(first.next.with, ElementsAre(kId));
  EXPECT_THAT(first.next.also, IsEmpty());
  const HistoryVerdict second = Judge(MembersOf({"a"}), {Took("a", History::STATE_OPEN, true, /*heard=*/false)});
  EXPECT_TRUE(second.holds);
  EXPECT_THAT(second.in_part, ElementsAre("leaver"));
  EXPECT_THAT(second.replaced, IsEmpty());
}

TEST(HistoryChoiceTest, WhatANewerHandoverBeganAnewIsNotShown) {
  GridAnswer a = Took("a", History::STATE_OPEN, false, /*heard=*/false, 1, 100);
  const GridAnswer b = Took("b", History::STATE_FINISHED, true, true, 2, 200);
  const HistoryVerdict verdict = Judge(MembersOf({"a", "b"}), {a, b});
  EXPECT_TRUE(verdict.holds);
  EXPECT_THAT(verdict.next.with, IsEmpty());
}

// A hand-over with its rows, as the parts of a cluster see it. Steps happen at any moment, also between the answers of
// one round; each part tells what was true when it answered.
class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) owners_.push_back({"owner-" + std::to_string(i)});
  }
  std::vector<Member> members() const { return MembersOf({"owner-0", "owner-1", "owner-2"}); }

  // The leaver goes through its hand-over in order; each step is one call of one owner, or its own.
  void Step() {
    if (leaver_died_) return;
    if (Chance(0.02) && may_die) leaver_died_ = true;
    if (next_owner_ < owners_.size()) {
      owners_[next_owner_++].state = stage_ == 0   ? History::STATE_OPEN
                                     : stage_ == 1 ? History::STATE_COMPLETE
                                                   : History::STATE_FINISHED;
    } else if (stage_ == 1 && !given_) {
      given_ = true;
      copy_knows_ = Chance(0.5);
    } else if (stage_ < 2) {
      ++stage_;
      next_owner_ = 0;
    } else {
      leaver_died_ = true;  // it ends
    }
  }
  bool ended() const { return leaver_died_; }
  bool given() const { return given_; }

  // How often the history is in the answers of one round: one row at each owner.
  std::vector<GridAnswer> Ask(const HistoryChoice& choice, std::vector<int>& counted) {
    std::vector<std::string> asked = {"owner-0", "owner-1", "owner-2"};
    for (const Member& member : choice.also) asked.push_back(member.id);
    std::shuffle(asked.begin(), asked.end(), random_);
    counted.assign(owners_.size(), 0);
    std::vector<GridAnswer> answers;
    for (const std::string& id : asked) {
      while (Chance(0.3)) Step();
      answers.push_back(id == "leaver" ? AskLeaver(counted) : AskOwner(id, choice, counted));
    }
    return answers;
  }

  // Of what the verdict asks for besides: a copy knows whether all was given, or not.
  // False when what it says shows that the round does not hold.
  bool AskCopies(const HistoryVerdict& verdict, const std::vector<GridAnswer>& answers,
                 std::vector<int>& counted) const {
    bool holds = true;
    for (const CopyToAsk& copy : verdict.copies) {
      EXPECT_EQ(copy.store, kStore);
      GridAnswer answer = AnswerOf("leaver");
      answer.summary.set_store(kStore);
      if (copy_knows_) {
        answer.summary.add_given(kId);  // and is empty
      } else {
        for (int& count : counted) ++count;
      }
      holds &= !WasSpent(answer, answers);
    }
    return holds;
  }

  bool may_die = false;
  bool has_copy = false;

 private:
  struct Owner {
    std::string id;
    History::State state = History::STATE_UNSPECIFIED;  // not begun
  };
  bool Chance(double share) { return std::uniform_real_distribution<>(0, 1)(random_) < share; }
  GridAnswer AskLeaver(std::vector<int>& counted) {
    if (leaver_died_) return AnswerOf("leaver", absl::UnavailableError("gone"));
    GridAnswer answer = AnswerOf("leaver");
    answer.summary.set_store(kStore);
    if (given_) {
      answer.summary.add_given(kId);
    } else {
      for (int& count : counted) ++count;
    }
    return answer;
  }
  GridAnswer AskOwner(const std::string& id, const HistoryChoice& choice, std::vector<int>& counted) {
    const auto has = [](const auto& list) { return std::find(list.begin(), list.end(), kId) != list.end(); };
    const size_t number = static_cast<size_t>(id.back() - '0');
    const History::State state = owners_[number].state;
    if (state == History::STATE_UNSPECIFIED) return WithCopy(AnswerOf(id));
    const bool shown = has(choice.with) || (state == History::STATE_FINISHED && !has(choice.without));
    // What is open has not all of its rows yet.
    if (shown && state != History::STATE_OPEN) ++counted[number];
    GridAnswer answer = Took(id, state, shown, /*heard=*/true);
    for (const Owner& owner : owners_) answer.summary.mutable_taken(0)->add_holders(owner.id);
    return WithCopy(answer);
  }
  // The first owner has a copy of the leaver's store.
  GridAnswer WithCopy(GridAnswer answer) const {
    for (v1::TakenHistory& taken : *answer.summary.mutable_taken()) taken.set_store(kStore);
    if (!has_copy || answer.global.id != "owner-0") return answer;
    v1::StoreCopy& copy = *answer.summary.add_copies();
    copy.set_store(kStore);
    copy.set_of("leaver");
    if (copy_knows_) copy.add_given(kId);
    return answer;
  }

  std::mt19937_64 random_;
  std::vector<Owner> owners_;
  int stage_ = 0;
  size_t next_owner_ = 0;
  bool given_ = false;
  bool leaver_died_ = false;
  bool copy_knows_ = false;
};

// As a proxy asks: round after round, by what the last round told. Once a hand-over is known to anybody, whatever holds
// has every row once.
TEST(HistoryChoiceTest, WhatHoldsHasEveryRowOnceWheneverItIsAsked) {
  int held = 0, held_with_leaver = 0, held_without = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Model model(seed);
    HistoryChoice choice;
    choice.also = {{"leaver", "leaver:1", 1}};  // connected until it has begun
    while (!model.ended() || held_without % 2 == 0) {
      std::vector<int> counted;
      const std::vector<GridAnswer> answers = model.Ask(choice, counted);
      const HistoryVerdict verdict = Judge(model.members(), answers);
      const bool asked_leaver = !choice.also.empty();
      const bool is_known = std::any_of(answers.begin(), answers.end(),
                                        [](const auto& answer) { return answer.summary.taken_size() > 0; });
      choice = verdict.next;
      if (!is_known) choice.also = {{"leaver", "leaver:1", 1}};
      if (verdict.holds) {
        ++held;
        ++(asked_leaver ? held_with_leaver : held_without);
        for (const int count : counted) ASSERT_EQ(count, 1) << "seed " << seed;
      }
      if (model.ended() && verdict.holds) break;
      model.Step();
    }
  }
  EXPECT_GT(held, 3000);
  EXPECT_GT(held_with_leaver, 1000);
  EXPECT_GT(held_without, 1000);
}

// One that dies before it has given all: what was taken is shown, and it is told as a part.
TEST(HistoryChoiceTest, NothingIsCountedTwiceWhenTheLeaverDies) {
  int parts = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Model model(seed);
    model.may_die = true;
    HistoryChoice choice;
    choice.also = {{"leaver", "leaver:1", 1}};
    for (int round = 0; round < 60; ++round) {
      std::vector<int> counted;
      const HistoryVerdict verdict = Judge(model.members(), model.Ask(choice, counted));
      choice = verdict.next;
      model.Step();
      if (!verdict.holds) continue;
      parts += verdict.in_part.empty() ? 0 : 1;
      for (const int count : counted) ASSERT_LE(count, 1) << "seed " << seed;
    }
  }
  EXPECT_GT(parts, 100);
}

TEST(HistoryChoiceTest, ACopyMakesItWholeWhenTheLeaverDies) {
  int by_copy = 0, by_owners = 0;
  for (uint64_t seed = 0; seed < 1200; ++seed) {
    Model model(seed);
    model.may_die = model.has_copy = true;
    HistoryChoice choice;
    choice.also = {{"leaver", "leaver:1", 1}};
    for (int round = 0; round < 60; ++round) {
      std::vector<int> counted;
      const std::vector<GridAnswer> answers = model.Ask(choice, counted);
      const HistoryVerdict verdict = Judge(model.members(), answers);
      choice = verdict.next;
      const bool holds = verdict.holds && model.AskCopies(verdict, answers, counted);
      model.Step();
      if (!holds) continue;
      EXPECT_THAT(verdict.in_part, IsEmpty());
      ++(verdict.copies.empty() ? by_owners : by_copy);
      for (const int count : counted) ASSERT_EQ(count, 1) << "seed " << seed << " round " << round;
    }
  }
  EXPECT_GT(by_copy, 1000);
  EXPECT_GT(by_owners, 1000);
}

v1::StoreCopy& HasCopy(GridAnswer& answer, uint64_t store, const std::string& of, int64_t through_ms) {
  v1::StoreCopy& copy = *answer.summary.add_copies();
  copy.set_store(store);
  copy.set_of(of);
  copy.set_through_unix_ms(through_ms);
  return copy;
}

GridAnswer AnswerOfStore(const std::string& id, uint64_t store) {
  GridAnswer answer = AnswerOf(id);
  answer.summary.set_store(store);
  return answer;
}

TEST(CopyChoiceTest, ACopyIsAskedOfAStoreThatNoAnswerIsOf) {
  GridAnswer a = AnswerOfStore("a", 1), b = AnswerOfStore("b", 2);
  HasCopy(a, 3, "c", 5000);
  HasCopy(b, 1, "a", 5000);
  EXPECT_THAT(CopiesToAsk(std::vector<GridAnswer>{a, b, AnswerOfStore("c", 3)}, {}), IsEmpty());
  const auto copies = CopiesToAsk(std::vector<GridAnswer>{a, b, AnswerOf("c", absl::UnavailableError("down"))}, {});
  EXPECT_THAT(copies, ElementsAre(CopyToAsk{a.global, "c", 3, absl::FromUnixMillis(5000)}));
  // It is back, and has another store.
  EXPECT_THAT(CopiesToAsk(std::vector<GridAnswer>{a, b, AnswerOfStore("c", 33)}, {}), ElementsAre(copies[0]));
  EXPECT_THAT(CopiesToAsk(std::vector<GridAnswer>{a, b}, {3}), IsEmpty()) << "its rows are elsewhere";
  a.status = absl::UnavailableError("down");
  EXPECT_THAT(CopiesToAsk(std::vector<GridAnswer>{a, b}, {}),
              ElementsAre(CopyToAsk{b.global, "a", 1, absl::FromUnixMillis(5000)}))
      << "and what one told that did not answer is nothing";
}

TEST(CopyChoiceTest, OfSeveralCopiesTheOneThatHasMostIsAsked) {
  GridAnswer a = AnswerOfStore("a", 1), b = AnswerOfStore("b", 2);
  HasCopy(a, 3, "c", 5000);
  HasCopy(b, 3, "c", 6000);
  EXPECT_THAT(CopiesToAsk(std::vector<GridAnswer>{a, b}, {}),
              ElementsAre(CopyToAsk{b.global, "c", 3, absl::FromUnixMillis(6000)}));
}

}  // namespace
}  // namespace tributary
