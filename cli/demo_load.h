#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/net/address.h"
#include "common/traffic/datagram_socket.h"
#include "common/traffic/exact.h"
#include "common/traffic/fleet.h"
#include "common/traffic/line_packer.h"

namespace tributary {

// Sends the fleet's traffic as it would arise, on a thread of its own, and keeps what was sent, raw, per interval.
//
// Nothing is sent in the first 4 % and the last 12 % of an interval, so that there is no doubt about which interval a
// sample belongs to. Instance k sends to address k mod n: by UDP in datagrams of at most 1,400 bytes, by unix sockets
// of at most 8,192, every third instance with packed values. A slot of an instance is counted as sent when the
// socket took all its datagrams, else as lost.
// Ends by itself after `max_intervals`. Threads: thread-safe.
class DemoLoad {
 public:
  struct Sent {
    IntervalIndex interval = 0;
    ExactInterval exact;
    uint64_t lines_lost = 0;  // measurements that the socket refused
    bool cut_short = false;   // Stop came in the middle of it
  };

  static absl::StatusOr<std::unique_ptr<DemoLoad>> Start(const Clock& clock, IntervalScale scale, Fleet::Options fleet,
                                                         const std::vector<Address>& addresses, int max_intervals);
  ~DemoLoad();
  DemoLoad(const DemoLoad&) = delete;
  DemoLoad& operator=(const DemoLoad&) = delete;

  // The oldest finished interval not taken yet; waits up to `timeout`.
  std::unique_ptr<Sent> Take(absl::Duration timeout);
  // Finishes the interval in progress early; what was sent of it can still be taken.
  void Stop();

 private:
  DemoLoad(const Clock& clock, IntervalScale scale, Fleet::Options fleet, int max_intervals)
      : clock_(clock), scale_(scale), fleet_(fleet), max_intervals_(max_intervals) {}
  absl::Status Connect(const std::vector<Address>& addresses);
  void Run();
  void RunInterval(IntervalIndex interval);
  void SendSlot(int64_t slot, Sent& sent);
  void SleepUntil(absl::Time time) const;

  const Clock& clock_;
  const IntervalScale scale_;
  const Fleet fleet_;
  const int max_intervals_;

  absl::Time start_;  // of the run: its slots are counted from here

  // Owned by the sending thread once it runs.
  std::vector<DatagramSocket> sockets_;
  std::vector<LinePacker> packers_;  // by instance
  bool refused_ = false;             // a datagram of the instance's slot in work

  std::atomic<bool> stopping_{false};
  std::thread thread_;
  Mutex mutex_;
  CondVar finished_changed_;
  std::deque<std::unique_ptr<Sent>> finished_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
