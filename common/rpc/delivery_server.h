#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/net/event_loop.h"
#include "common/net/rpc_refusals.h"
#include "common/rpc/rpc_trust.h"
#include "tributary/v1/delivery.pb.h"

namespace grpc {
class Service;
}

namespace tributary {

// The serving end of DeliveryService.Deliver. Proxies serve agents with it, globals serve proxies.
//
// Bounds:  connections are bounded in number as ConnectionAcceptor says, and sessions by the same number: one more is
//          refused with RESOURCE_EXHAUSTED; what is queued for one session is bounded in bytes; messages
//          are at most 4 MiB and not compressed by gRPC; at most one received message of a session waits to be handled.
//          gRPC's own buffers and threads have a quota; connections without a stream end.
// Refused: a stream with a message that is none of ours, without any, or one too many, is counted by its reason. What
//          is no HTTP/2, or no call of this service, gRPC ends without a word to us.
// Threads: every callback runs on `loop`; Session's methods are called on `loop`. A Session lives until on_close.
class DeliveryServer {
 public:
  class Session {
   public:
    virtual ~Session() = default;
    // False, and nothing is sent, when the session's queue is at its bound or the stream has ended.
    virtual bool Send(v1::Down message) = 0;
    // Ends the stream after what is queued; on_close follows.
    virtual void Close() = 0;
    virtual size_t queued_bytes() const = 0;
    virtual const std::string& peer() const = 0;  // address, for logs
  };
  struct Options {
    std::string listen;                  // host:port; port 0 takes a free one
    size_t max_connections = 16384;      // and sessions
    size_t max_queued_bytes = 8u << 20;  // per session
    // A session that has sent nothing by then is ended, after twice as long at the latest: it holds the place of
    // somebody who has something to say.
    absl::Duration first_message_timeout = absl::Seconds(30);
    RpcTrustPtr trust = nullptr;  // null: plaintext
    // Streams that end before they say anything of use are counted there. Never null.
    std::shared_ptr<RpcRefusals> refusals = std::make_shared<RpcRefusals>();
    // Streams are agents', who speak for themselves: an instance belongs to the certificate that it came with first,
    // and a stream that says otherwise is ended. (A proxy speaks for its agents.)
    bool bind_instances = false;
  };
  struct Callbacks {
    std::function<void(Session&)> on_open;
    std::function<void(Session&, v1::Up)> on_message;
    std::function<void(Session&)> on_close;
  };
  // `more_services` are served on the same port (queries, reflection) and must outlive the server.
  static absl::StatusOr<std::unique_ptr<DeliveryServer>> Start(EventLoop& loop, Options options, Callbacks callbacks,
                                                               std::vector<grpc::Service*> more_services = {});
  virtual ~DeliveryServer() = default;
  virtual int port() const = 0;
  virtual size_t connections() const = 0;  // open now; thread-safe
  // Ends every session after what is queued for it, and refuses new ones; the other services stay. From any thread.
  virtual void EndSessions() = 0;
  // Ends every session within `grace`; no callback comes after it. Not called on `loop`.
  virtual void Shutdown(absl::Duration grace) = 0;
};

}  // namespace tributary
