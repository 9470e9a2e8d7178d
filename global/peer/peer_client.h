#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/rpc/rpc_trust.h"
#include "tributary/v1/peer.pb.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace tributary {

// Asks other globals, through gRPC's callback API: nobody waits.
//
// Bounds:  `timeout` for each question, kMaxAnswerBytes for each answer; one channel for each of the newest
// kMaxChannels
//          addresses.
// Threads: thread-safe. The destructor cancels what is under way, and waits for its ends.
class PeerClient {
 public:
  static constexpr int kMaxAnswerBytes = 64 << 20;
  static constexpr size_t kMaxChannels = 1024;
  struct Options {
    absl::Duration timeout = absl::Seconds(3);
    absl::Duration max_backoff = absl::Seconds(1);  // between attempts to reach one that is down
    RpcTrustPtr trust = nullptr;                    // null: plaintext
  };
  explicit PeerClient(Options options) : options_(std::move(options)) {}
  ~PeerClient();

  // `done` runs once, on a thread of gRPC's.
  using Done = std::function<void(absl::StatusOr<v1::PeerResponse>)>;
  void Ask(const std::string& address, v1::PeerRequest request, Done done);

 private:
  struct Call;
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  Mutex mutex_;
  CondVar all_done_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_ ABSL_GUARDED_BY(mutex_);
  std::set<Call*> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
