#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/net/event_loop.h"
#include "common/net/tls_identity.h"
#include "common/rpc/rpc_trust.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// The calling end of DeliveryService.Deliver: one bidirectional stream to one peer, opened again after every loss with
// jittered back-off (0.2 s to 5 s) until the client is destroyed. Agents hold one to a proxy, proxies one to each
// global.
//
// Bounds:  what is queued for writing is bounded in bytes; Send refuses beyond. At most one received message waits to
//          be handled: the next read starts when on_message has returned, so a slow reader slows its peer.
// Loss:    what was queued or in flight when the stream ends is gone; on_close says so. Nothing is retried here.
// Peers:   keep-alive pings find a peer that is gone; a frozen one fills the queue.
// Threads: every callback runs on `loop`; Send and the accessors are called on `loop`. The destructor may run on any
//          other thread, waits for callbacks in progress, and no callback comes after it.
class DeliveryClient {
 public:
  struct Options {
    std::string address;                 // host:port
    size_t max_queued_bytes = 8u << 20;  // of messages waiting to be written
    absl::Duration connect_timeout = absl::Seconds(5);
    RpcTrustPtr trust = nullptr;                           // null: plaintext
    TlsIdentity::Role server = TlsIdentity::Role::kProxy;  // whom the certificate must name
  };
  struct Callbacks {
    std::function<void()> on_open;  // the transport is up; send Hello now
    std::function<void(v1::Down)> on_message;
    std::function<void(const absl::Status&)> on_close;  // follows each on_open, and each failed attempt
  };
  DeliveryClient(EventLoop& loop, Options options, Callbacks callbacks);
  ~DeliveryClient();
  DeliveryClient(const DeliveryClient&) = delete;
  DeliveryClient& operator=(const DeliveryClient&) = delete;

  // False, and nothing is sent, when the stream is not open or the queue is at its bound.
  bool Send(v1::Up message);
  bool open() const;
  size_t queued_bytes() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tributary
