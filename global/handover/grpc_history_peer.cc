#include "global/handover/grpc_history_peer.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "tributary/v1/history.grpc.pb.h"

namespace tributary {
namespace {

class GrpcHistoryPeer : public HistoryPeer {
 public:
  GrpcHistoryPeer(std::string address, RpcTrustPtr trust) : address_(std::move(address)), trust_(std::move(trust)) {}

  absl::StatusOr<v1::HandoverReply> Begin(const v1::HandoverBegin& begin, absl::Duration timeout) override {
    return Call(&v1::HistoryService::Stub::Begin, begin, timeout);
  }
  absl::StatusOr<v1::HandoverReply> Take(const v1::HandoverChunk& chunk, absl::Duration timeout) override {
    return Call(&v1::HistoryService::Stub::Take, chunk, timeout);
  }
  absl::StatusOr<v1::HandoverReply> Finish(const v1::HandoverFinish& finish, absl::Duration timeout) override {
    return Call(&v1::HistoryService::Stub::Finish, finish, timeout);
  }

 private:
  template <class Request>
  using Method = grpc::Status (v1::HistoryService::Stub::*)(grpc::ClientContext*, const Request&, v1::HandoverReply*);

  template <class Request>
  absl::StatusOr<v1::HandoverReply> Call(Method<Request> method, const Request& request, absl::Duration timeout) {
    if (stub_ == nullptr) stub_ = v1::HistoryService::NewStub(NewChannel(address_, trust_, TlsIdentity::Role::kGlobal));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    v1::HandoverReply reply;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
    if (status.ok()) return reply;
    // Else the next call would wait for the channel's own back-off.
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) stub_.reset();
    return Annotate(ToAbslStatus(status), address_);
  }

  const std::string address_;
  const RpcTrustPtr trust_;
  std::unique_ptr<v1::HistoryService::Stub> stub_;
};

}  // namespace

std::unique_ptr<HistoryPeer> NewGrpcHistoryPeer(const std::string& address, const RpcTrustPtr& trust) {
  return std::make_unique<GrpcHistoryPeer>(address, trust);
}

}  // namespace tributary
