#include "global/peer/peer_service.h"

namespace tributary {

grpc::ServerUnaryReactor* PeerServer::Ask(grpc::CallbackServerContext* context, const v1::PeerRequest* request,
                                          v1::PeerResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool posted = loop_.TryPost([this, reactor, request, response] {
    *response = answer_(*request);
    reactor->Finish(grpc::Status::OK);
  });
  if (!posted) reactor->Finish({grpc::StatusCode::UNAVAILABLE, "too much to do"});
  return reactor;
}

}  // namespace tributary
