#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sim/disk.h"
#include "tests/sim/truth.h"
#include "tests/sim/world.h"

namespace tributary::sim {

// What a sink writes to: it may take a batch and lose the answer.
//
//   kVersions    keeps each (version, emitter): a store of our own kind
//   kOverwrites  keeps the last value of an identity
//   kFirstWins   keeps the first one, and refuses another
//   kAppends     keeps everything
// An identity is what names a value there: the window, whether it is partial, and its version if it is late.
class Storage {
 public:
  enum class Kind : uint8_t { kVersions, kOverwrites, kFirstWins, kAppends };
  static constexpr int kKinds = 4;

  // Without `has_names_for_partial`, partial values go by the complete ones' name.
  Storage(World& world, Kind kind, bool has_names_for_partial = true)
      : world_(world), kind_(kind), has_names_for_partial_(has_names_for_partial) {}
  absl::string_view name() const;

  // Answers with "later", or not at all though the batch was taken, until `time`.
  void Trouble(absl::Time until) { trouble_until_ = until; }
  enum class Outcome { kTaken, kRefused, kTakenUnsaid, kLostUnsaid };
  Outcome Write(const Disk::Entry& entry);

  // What a reader has of a window: the complete value and what came late, or else the partial one.
  Content Read(WindowName window) const;
  Kind kind() const { return kind_; }

 private:
  // Window, partial, late version, and what else makes a row another one here.
  using Identity = std::tuple<bool, uint32_t, std::string, uint64_t>;
  void Take(StoredRow row);

  World& world_;
  const Kind kind_;
  const bool has_names_for_partial_;
  absl::Time trouble_until_ = absl::InfinitePast();
  std::map<WindowName, std::map<Identity, StoredRow>> rows_;
  uint64_t appended_ = 0;
};

}  // namespace tributary::sim
