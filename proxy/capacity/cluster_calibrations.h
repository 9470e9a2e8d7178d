#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/hash/view.h"
#include "proxy/capacity/calibration.h"
#include "proxy/query/note_keeper.h"

namespace tributary {

// Calibrations as notes that every global keeps on its disk (proto/tributary/v1/notes.proto): they outlive proxies,
// which keep nothing, and every global but the last. What some globals have and others lack is given to these when the
// list is asked for, so a global with a new disk has them all again.
//
// Errors:  Unavailable: no global answered. Threads: thread-safe. `keeper` and `clock` outlive it.
class ClusterCalibrations : public CalibrationBook {
 public:
  using Globals = std::function<std::vector<Member>()>;  // from any thread
  ClusterCalibrations(NoteKeeper& keeper, Globals globals, const Clock& clock)
      : keeper_(keeper), globals_(std::move(globals)), clock_(clock) {}

  absl::StatusOr<std::vector<Calibration>> List() override;
  absl::Status Add(const Calibration& calibration) override;
  absl::Status Remove(const Calibration& calibration) override;

 private:
  using Notes = std::map<std::string, v1::Note>;
  // Everybody's, the newest of each; given to those who lack some.
  absl::StatusOr<Notes> Exchange(const v1::NotesRequest& request);
  absl::Status Keep(const Calibration& calibration, bool removed);

  NoteKeeper& keeper_;
  const Globals globals_;
  const Clock& clock_;
};

}  // namespace tributary
