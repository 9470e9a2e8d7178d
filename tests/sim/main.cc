// The simulator of the delivery protocol as a program: exit status 0 when no seed violates anything and every mark was
// hit, or, with a mutation, when one was found.
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "spdlog/spdlog.h"
#include "tests/sim/batch.h"
#include "tests/sim/cluster.h"

namespace tributary::sim {
namespace {

constexpr size_t kSeedsShown = 20;
constexpr uint64_t kSeedsForMarks = 500;  // fewer need not hit every mark

struct Arguments {
  BatchOptions batch;
  std::vector<std::string> mutations;
  std::vector<std::string> without;
  uint64_t seed = 0;
  bool one = false;
  bool trace = false;
  bool list = false;
  bool marks = false;
};

void List() {
  for (int i = 1; i < static_cast<int>(Mutation::kCount); ++i) {
    absl::PrintF("mutation %s\n", MutationName(static_cast<Mutation>(i)));
  }
  for (int i = 0; i < kFaults; ++i) absl::PrintF("fault %s\n", FaultName(static_cast<Fault>(i)));
  for (int i = 0; i < kMarks; ++i) absl::PrintF("mark %s\n", MarkName(static_cast<Mark>(i)));
}

int RunOne(const Arguments& arguments) {
  Cluster cluster({.seed = arguments.seed,
                   .mutation = arguments.batch.mutation,
                   .without = arguments.batch.without,
                   .tracing = arguments.trace});
  cluster.Run();
  for (const std::string& what : cluster.violations()) absl::PrintF("seed %d: %s\n", arguments.seed, what);
  absl::PrintF("1 seeds, %d violations\n", cluster.violations().size());
  return cluster.violations().empty() ? 0 : 1;
}

int RunMany(const Arguments& arguments) {
  const BatchResult result = RunBatch(arguments.batch);
  size_t shown = 0;
  for (const auto& [seed, violations] : result.violations) {
    if (++shown > kSeedsShown) break;
    for (const std::string& what : violations) absl::PrintF("seed %d: %s\n", seed, what);
  }
  bool missed = false;
  for (int i = 0; i < kMarks; ++i) {
    if (arguments.marks) absl::PrintF("mark %s: %d\n", MarkName(static_cast<Mark>(i)), result.marks[i]);
    if (result.marks[i] > 0 || IsExcused(static_cast<Mark>(i), arguments.batch.without)) continue;
    if (arguments.batch.mutation != Mutation::kNone || result.seeds < kSeedsForMarks) continue;
    absl::PrintF("mark %s was not hit\n", MarkName(static_cast<Mark>(i)));
    missed = true;
  }
  absl::PrintF("%d seeds, %d violations\n", result.seeds, result.violations.size());
  if (arguments.batch.mutation != Mutation::kNone) return result.violations.empty() ? 1 : 0;
  return result.violations.empty() && !missed ? 0 : 1;
}

// Whether the checkers miss each part of the protocol.
int RunMutations(Arguments arguments, const std::vector<Mutation>& mutations) {
  size_t missed = 0;
  arguments.batch.stop_at_first = true;
  for (const Mutation mutation : mutations) {
    arguments.batch.mutation = mutation;
    const BatchResult result = RunBatch(arguments.batch);
    const absl::string_view name = MutationName(mutation);
    if (result.violations.empty()) {
      absl::PrintF("mutation %s is not found in %d seeds\n", name, result.seeds);
      ++missed;
      continue;
    }
    const auto& [seed, violations] = result.violations.front();
    absl::PrintF("mutation %s: seed %d: %s\n", name, seed, violations.front());
  }
  absl::PrintF("%d mutations, %d not found\n", mutations.size(), missed);
  return missed == 0 ? 0 : 1;
}

int Main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::off);  // of the product: its disks fail all the time
  Arguments arguments;
  arguments.batch.jobs = static_cast<int>(std::thread::hardware_concurrency());
  CLI::App app("Runs the delivery protocol against seeded faults (docs/delivery.md).");
  app.add_option("--seeds", arguments.batch.seeds, "how many seeds");
  app.add_option("--start", arguments.batch.start, "the first of them");
  app.add_option("--jobs", arguments.batch.jobs, "threads")->check(CLI::Range(1, 256));
  app.add_option("--mutation", arguments.mutations,
                 "what to leave out of the protocol (--list, or all): it is to be found")
      ->delimiter(',');
  app.add_option("--without", arguments.without, "kinds of faults that are not to happen (--list)")->delimiter(',');
  app.add_flag("--until-found", arguments.batch.stop_at_first, "stop at the first violation");
  const auto* seed = app.add_option("--seed", arguments.seed, "only this one");
  app.add_flag("--trace", arguments.trace, "tell what happens")->needs("--seed");
  app.add_flag("--marks", arguments.marks, "tell how often each mark was hit");
  app.add_flag("--list", arguments.list, "name the mutations and the marks");
  CLI11_PARSE(app, argc, argv);
  if (arguments.list) {
    List();
    return 0;
  }
  std::vector<Mutation> mutations;
  for (const std::string& name : arguments.mutations) {
    const auto mutation = MutationNamed(name);
    if (!mutation && name != "all") {
      absl::FPrintF(stderr, "no mutation is called %s; see --list\n", name);
      return 2;
    }
    for (int i = 1; i < static_cast<int>(Mutation::kCount); ++i) {
      if (name == "all" || mutation == static_cast<Mutation>(i)) mutations.push_back(static_cast<Mutation>(i));
    }
  }
  for (const std::string& name : arguments.without) {
    for (int i = 0; i < kFaults; ++i) {
      if (FaultName(static_cast<Fault>(i)) == name) arguments.batch.without.insert(static_cast<Fault>(i));
    }
  }
  if (mutations.size() > 1) return RunMutations(std::move(arguments), mutations);
  if (!mutations.empty()) arguments.batch.mutation = mutations.front();
  return seed->count() > 0 ? RunOne(arguments) : RunMany(arguments);
}

}  // namespace
}  // namespace tributary::sim

int main(int argc, char** argv) { return tributary::sim::Main(argc, argv); }
