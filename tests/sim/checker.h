#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "global/merge/window_book.h"
#include "tests/sim/disk.h"
#include "tests/sim/truth.h"
#include "tests/sim/world.h"

namespace tributary::sim {

// Holds what globals write against what agents were given.
//
//   double     a chunk is in a value twice
//   half       a value that is not flagged lacks more than it may
//   incomplete a window is closed as complete without what its roster has announced
//   early      one is closed as partial before its time
//   digest     a timer's digest is not that of a fault-free run over the same chunks
// Thread-compatible.
class Checker {
 public:
  Checker(World& world, Truth& truth, const WindowBookOptions& options)
      : world_(world), truth_(truth), options_(options) {}

  // Of a plan that is being made: `roster` is the book's, `clock` the global's.
  void CheckPlan(const std::string& global, absl::Time clock, const std::vector<RosterEntry>& roster, const Disk& disk,
                 const CommitPlan& plan);
  // Of rows that are written: the counter's, with what is in it, and the timer's beside it.
  std::vector<StoredRow> TakeRows(const std::string& global, absl::Time planned, const Disk& disk,
                                  const WindowCommit& commit);

  // The digest's bytes of a fault-free run over these chunks.
  uint64_t HashOf(WindowName window, const Content& content);
  // A global starts with a roster: whom it does not name is not missed before it is heard again. With none, whoever was
  // heard in an earlier life is waited for.
  void NoteStart(const std::string& global, const std::vector<RosterEntry>& roster);
  // The global has heard of the instance: from then on it is missed there.
  void NoteHello(const std::string& global, const InstanceId& instance, IntervalIndex first);

 private:
  void NoteWritten(const std::string& global, absl::Time planned, WindowName window);
  std::string Describe(const StoredRow& row) const;
  void CheckRow(const std::string& global, const Disk& disk, CloseKind kind, const StoredRow& row);
  void CheckShare(const std::string& what, const Disk& disk, const StoredRow& row);
  bool Contains(const std::vector<StoredRow>& rows, const InstanceId& instance) const;
  bool IsForeseen(const Disk& disk, const StoredRow& row, const Chunk& chunk) const;

  World& world_;
  Truth& truth_;
  const WindowBookOptions options_;
  struct Heard {
    IntervalIndex first_interval = 0;
    absl::Time at;                // first
    bool since_the_start = true;  // or known from the roster
  };
  struct Known {
    absl::Time started;
    std::map<InstanceId, Heard> instances;
  };
  std::map<std::string, Known> known_;                               // by global
  std::map<WindowName, std::map<std::string, absl::Time>> written_;  // by global: when first
  absl::Time planned_;                                               // the rows that are being checked
  std::map<std::pair<WindowName, std::vector<uint8_t>>, uint64_t> hashes_;
};

}  // namespace tributary::sim
