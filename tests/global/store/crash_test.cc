// What was confirmed is on disk, whole, after any number of kills, and rolled up as if there had been none.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

constexpr int kRowsPerPlan = 40;
constexpr int kKills = 50;
constexpr char kPathVariable[] = "CRASH_TEST_STORE";
constexpr char kFirstVariable[] = "CRASH_TEST_FIRST";
constexpr char kPipeVariable[] = "CRASH_TEST_PIPE";

CommitPlan PlanFor(IntervalIndex interval) {
  CommitPlan plan;
  plan.windows.push_back(CommitOfRows(interval, {}));
  for (int i = 0; i < kRowsPerPlan; ++i) {
    // Some series are of every plan, some of this one only.
    plan.windows[0].rows.push_back(CounterRow(absl::StrCat("s", i % 2 == 0 ? i : interval * 100 + i), interval, i));
  }
  plan.totals = {
      {CounterRow("s0", 0, 0).key, RunningTotal{Fixed128::FromDouble(double(interval)), Fixed192(), 0}, {}, interval}};
  plan.sealed_through = interval;
  return plan;
}

// Run as a process of its own by the test below: commits until it is killed, and tells of each confirmed plan.
TEST(CrashTestChild, DISABLED_CommitsForEver) {
  const char* path = std::getenv(kPathVariable);
  ASSERT_NE(path, nullptr);
  IntervalIndex interval = 0;
  int pipe = 0;
  ASSERT_TRUE(absl::SimpleAtoi(std::getenv(kFirstVariable), &interval));
  ASSERT_TRUE(absl::SimpleAtoi(std::getenv(kPipeVariable), &pipe));
  StoreHarness store(path);
  for (;; ++interval) {
    ASSERT_TRUE(store.Commit(PlanFor(interval)).ok());
    ASSERT_TRUE(store.ledger->RollUp(60).ok());  // about as much as comes: windows are cut short anywhere
    ASSERT_EQ(write(pipe, &interval, sizeof interval), static_cast<ssize_t>(sizeof interval));
  }
}

class Child {
 public:
  Child(const std::string& path, IntervalIndex first) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    setenv(kPathVariable, path.c_str(), 1);
    setenv(kFirstVariable, absl::StrCat(first).c_str(), 1);
    setenv(kPipeVariable, absl::StrCat(ends[1]).c_str(), 1);
    pid_ = fork();
    if (pid_ == 0) {
      execl("/proc/self/exe", "child", "--gtest_also_run_disabled_tests", "--gtest_filter=CrashTestChild.*", nullptr);
      _exit(1);
    }
    close(ends[1]);
    pipe_ = ends[0];
  }
  // Reads `count` confirmations, then kills; returns the last confirmed interval, those in the pipe included.
  IntervalIndex KillAfter(int count, absl::Duration then) {
    IntervalIndex confirmed = -1;
    for (int i = 0; i < count; ++i) Read(confirmed);
    absl::SleepFor(then);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    while (Read(confirmed)) {
    }
    close(pipe_);
    return confirmed;
  }

 private:
  bool Read(IntervalIndex& interval) { return read(pipe_, &interval, sizeof interval) == sizeof interval; }
  pid_t pid_ = 0;
  int pipe_ = 0;
};

void ExpectWhole(const StoreHarness& store, const WindowBookState& state, IntervalIndex interval) {
  EXPECT_TRUE(state.manifests.contains({interval, 7})) << interval;
  for (int i = 0; i < kRowsPerPlan; ++i) {
    const std::string name = absl::StrCat("s", i % 2 == 0 ? i : interval * 100 + i);
    const auto rows = store.Rows(name, store.scale.Start(interval), store.scale.End(interval));
    ASSERT_EQ(rows.size(), 1u) << name << " in " << interval;
  }
}

// Each minute of a series that is of every plan has six times what one plan gave it.
void ExpectRolledUp(StoreHarness& store, IntervalIndex first, IntervalIndex sealed) {
  store.RollUp();
  for (int i = 0; i < kRowsPerPlan; i += 2) {
    const auto minutes = store.Rows(absl::StrCat("s", i), absl::UnixEpoch(), store.scale.End(sealed), absl::Minutes(1));
    ASSERT_EQ(static_cast<IntervalIndex>(minutes.size()), (sealed + 1) / 6 - first / 6) << i;
    for (const Row& minute : minutes) {
      ASSERT_EQ(std::get<CounterAggregate>(minute.value).total.ToDouble(), 6 * i) << i << " in " << minute.interval;
    }
  }
}

TEST(CrashTest, EveryConfirmedCommitIsThereWholeAfterKills) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  TempDir dir;
  const IntervalIndex first = 1002;  // where a minute begins
  IntervalIndex next = first;
  for (int kill = 0; kill < kKills; ++kill) {
    const int plans = 1 + static_cast<int>(random() % 20);
    Child child(dir.path(), next);
    const IntervalIndex confirmed = child.KillAfter(plans, absl::Microseconds(random() % 20000));
    ASSERT_GE(confirmed, next + plans - 1);
    StoreHarness store(dir.path());
    const auto state = store.ledger->LoadState();
    ASSERT_TRUE(state.ok()) << state.status();
    const bool is_last = kill == kKills - 1;
    for (IntervalIndex interval = is_last ? first : next; interval <= confirmed; ++interval) {
      ExpectWhole(store, *state, interval);
    }
    // The one under way is there or not.
    const bool further = state->manifests.contains({confirmed + 1, 7});
    if (further) ExpectWhole(store, *state, confirmed + 1);
    const IntervalIndex last = confirmed + (further ? 1 : 0);
    EXPECT_EQ(state->sealed_through, last);
    ASSERT_EQ(state->totals.size(), 1u);
    EXPECT_EQ(state->totals[0].last_interval, last);
    EXPECT_EQ(state->manifests.rbegin()->first.first, last);
    if (is_last) ExpectRolledUp(store, first, last);
    next = last + 1;
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace tributary
