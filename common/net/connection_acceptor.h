#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/net/file_descriptor.h"
#include "common/net/rpc_refusals.h"
#include "common/net/wake_event.h"

namespace tributary {

// Accepts connections for a library that would do so without bound. gRPC 1.51 does, and once it has run out of file
// descriptors it accepts none ever again (grpc/grpc issues 16058 and 20418).
//
// It keeps a second descriptor of every connection, by which it learns that both ends have closed, whoever owns the
// first; and by which it ends one.
//
// Bounds:  `max_connections`, or what a third of the process's descriptors allows. One more takes the place of the one
//          that has heard nothing for the longest time, if that is `silence` at least; else it is closed at once.
// Errors:  out of descriptors it waits for better times, says so in the log, and what wants to connect waits with it.
// Threads: `handler` runs on a thread of its own; the rest is thread-safe, but for Stop, which one thread calls.
class ConnectionAcceptor {
 public:
  struct Options {
    size_t max_connections = 1024;
    // Of one that may be ended for a newcomer. Longer than the pauses between the library's own keepalives.
    absl::Duration silence = absl::Minutes(1);
    // Of those that are closed at once, and those that made room.
    std::shared_ptr<RpcRefusals> refusals = std::make_shared<RpcRefusals>();
  };
  using Handler = std::function<void(FileDescriptor connection)>;

  // `listener` is from ListenTcp.
  ConnectionAcceptor(FileDescriptor listener, Options options, Handler handler);
  ~ConnectionAcceptor();  // Stop
  ConnectionAcceptor(const ConnectionAcceptor&) = delete;
  ConnectionAcceptor& operator=(const ConnectionAcceptor&) = delete;

  // Open now.
  size_t connections() const { return open_.load(std::memory_order_relaxed); }

  // Nothing listens any more, and no handler is called. What is open stays so. Idempotent.
  void Stop();

 private:
  using Id = uint64_t;

  void Run();
  void Watch(int descriptor, uint32_t events, Id id);
  void Accept();
  // Whether there may be another.
  bool AcceptOne();
  void Pause(int error);
  bool MakeRoom();
  bool IsSilent(Id id) const;
  void FindSilent();
  void Forget(Id id);

  FileDescriptor listener_;
  const Options options_;
  const Handler handler_;
  const size_t max_connections_;
  const FileDescriptor epoll_;
  WakeEvent stop_;
  const SystemClock clock_;
  LogEvery accept_errors_log_{clock_, absl::Seconds(10)};
  std::atomic<size_t> open_{0};
  // Of the thread.
  absl::flat_hash_map<Id, FileDescriptor> connections_;
  Id next_id_;
  std::vector<Id> silent_;  // as of the last look, the longest silent last
  absl::Time next_look_ = absl::InfinitePast();
  bool paused_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace tributary
