#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"

namespace tributary {

// Calls methods of one answer, of one service of another global. The connection is made with the first call, and anew
// after one that could not reach the peer: the channel's own back-off would make the next one wait.
// Thread-compatible; a call waits for its answer, `timeout` at most. In plaintext when `trust` is null.
template <class Service>
class UnaryCaller {
 public:
  UnaryCaller(std::string address, RpcTrustPtr trust) : address_(std::move(address)), trust_(std::move(trust)) {}

  template <class Reply, class Request>
  absl::StatusOr<Reply> Call(grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                             const Request& request, absl::Duration timeout) {
    if (stub_ == nullptr) stub_ = Service::NewStub(NewChannel(address_, trust_, TlsIdentity::Role::kGlobal));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    Reply reply;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
    if (status.ok()) return reply;
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) stub_.reset();
    return Annotate(ToAbslStatus(status), address_);
  }

 private:
  const std::string address_;
  const RpcTrustPtr trust_;
  std::unique_ptr<typename Service::Stub> stub_;
};

}  // namespace tributary
