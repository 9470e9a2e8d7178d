#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/aggregate/row.h"
#include "global/merge/window_book.h"
#include "global/peer/peer_book.h"
#include "tests/sim/truth.h"

namespace tributary::sim {

// A row as a disk or a sink has it, with the chunks that are in it.
struct StoredRow {
  WindowName window;
  std::string emitter;
  Row counter;
  Content content;
  uint64_t timer_hash = 0;  // of the digest's bytes
  uint64_t life = 0;        // of the emitter
};

// What a global has written. Batches are atomic and synced; cursors of sinks are not, and go with the power.
struct Disk {
  WindowBookState state;
  std::map<WindowName, std::vector<StoredRow>> rows;
  std::map<WindowName, LeftOut> left_out;  // of them: others' are read instead
  struct Entry {
    uint64_t sequence = 0;
    std::vector<StoredRow> rows;
  };
  std::deque<Entry> outbox;
  uint64_t next_sequence = 1;
  std::map<std::string, uint64_t> cursors;         // by sink: the first entry that is not acknowledged
  std::map<std::string, uint64_t> synced_cursors;  // as they are after a loss of power
  bool full = false;

  // `rows` has the plan's already; `outgoing` are they.
  void Apply(const CommitPlan& plan, std::vector<StoredRow> outgoing);
  // Whether readers take the row.
  bool IsRead(const StoredRow& row) const;
  void LosePower() { cursors = synced_cursors; }
};

}  // namespace tributary::sim
