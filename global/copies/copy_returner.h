#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "global/copies/held_copies.h"
#include "global/handover/history_peer.h"
#include "global/handover/history_sender.h"

namespace tributary {

// Gives the copy of a lost store back to the global that has lost it, once that is there again with another store: by a
// hand-over, which puts each row once beside what the global has made anew of the last minutes. Then the copy goes.
// Until then the copy answers, and queries say so.
//
// Resumes: as a hand-over does, after a kill of either side.
// Threads: a thread of its own from Start to the destructor. All that is passed outlives it.
class CopyReturner {
 public:
  struct Options {
    std::string cluster;
    absl::Duration interval = absl::Seconds(10);
    absl::Duration timeout = absl::Seconds(10);  // of one try, and so of Stop; the next goes on where it was
    absl::Duration look_every = absl::Seconds(2);
  };
  using Views = std::function<std::vector<View>()>;  // the newest last

  CopyReturner(HeldCopies& copies, Options options, Views views, MakeHistoryPeer make_peer, const Clock& clock,
               HandoverMetrics& metrics);
  ~CopyReturner();
  void Start();
  // Waits for the try that is under way.
  void Stop();

 private:
  void Run();
  absl::Status Return(StoreCopy& copy, const Member& owner);

  HeldCopies& copies_;
  const Options options_;
  const Views views_;
  const MakeHistoryPeer make_peer_;
  const Clock& clock_;
  HandoverMetrics& metrics_;
  Mutex mutex_;
  CondVar ends_;
  bool is_ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tributary
