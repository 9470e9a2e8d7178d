#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/hash/view.h"
#include "common/net/event_loop.h"
#include "common/rpc/delivery_client.h"

namespace tributary {

// The streams to the globals, one each with a queue of its own: what one of them does not take delays no other.
//
// Bounds:  queue_bytes for each owner.
// Threads: everything on `loop`, callbacks too; the destructor may run on another thread.
class UpstreamPool {
 public:
  struct Callbacks {
    std::function<void(const std::string& owner)> on_open;
    std::function<void(const std::string& owner, v1::Down)> on_message;
    std::function<void(const std::string& owner, const absl::Status&)> on_close;  // also of attempts that failed
  };
  // `trust` null: plaintext.
  UpstreamPool(EventLoop& loop, size_t queue_bytes, RpcTrustPtr trust, Callbacks callbacks)
      : loop_(loop), queue_bytes_(queue_bytes), trust_(std::move(trust)), callbacks_(std::move(callbacks)) {}

  // Connects to those that are new or have moved, lets go of those that are gone; on_close follows for each.
  void SetOwners(const std::vector<Member>& owners);
  bool Send(const std::string& owner, v1::Up message);
  // 0 for an owner that is not in the pool.
  size_t queued_bytes(const std::string& owner) const;

 private:
  struct Upstream {
    std::string address;
    std::unique_ptr<DeliveryClient> client;
  };
  std::unique_ptr<DeliveryClient> Connect(const Member& owner);

  EventLoop& loop_;
  const size_t queue_bytes_;
  const RpcTrustPtr trust_;
  const Callbacks callbacks_;
  std::map<std::string, Upstream> upstreams_;
};

}  // namespace tributary
