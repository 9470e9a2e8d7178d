#pragma once

#include <functional>

#include "common/net/event_loop.h"
#include "tributary/v1/peer.grpc.pb.h"

namespace tributary {

// PeerService: answers other globals on `loop`, without a thread of gRPC's that waits.
//
// Bounds:  questions wait in the loop's queue; where there is no room they are Unavailable, and asked again.
// Threads: thread-safe. `loop` runs until the server that serves it has shut down.
class PeerServer final : public v1::PeerService::CallbackService {
 public:
  using Answer = std::function<v1::PeerResponse(const v1::PeerRequest&)>;  // on `loop`
  PeerServer(EventLoop& loop, Answer answer) : loop_(loop), answer_(std::move(answer)) {}

  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context, const v1::PeerRequest* request,
                                v1::PeerResponse* response) override;

 private:
  EventLoop& loop_;
  const Answer answer_;
};

}  // namespace tributary
