#include "global/handover/grpc_history_peer.h"

#include <utility>

#include "common/rpc/unary_caller.h"
#include "tributary/v1/history.grpc.pb.h"

namespace tributary {
namespace {

class GrpcHistoryPeer : public HistoryPeer {
 public:
  GrpcHistoryPeer(std::string address, RpcTrustPtr trust) : caller_(std::move(address), std::move(trust)) {}

  absl::StatusOr<v1::HandoverReply> Begin(const v1::HandoverBegin& begin, absl::Duration timeout) override {
    return caller_.Call(&v1::HistoryService::Stub::Begin, begin, timeout);
  }
  absl::StatusOr<v1::HandoverReply> Take(const v1::HandoverChunk& chunk, absl::Duration timeout) override {
    return caller_.Call(&v1::HistoryService::Stub::Take, chunk, timeout);
  }
  absl::StatusOr<v1::HandoverReply> Finish(const v1::HandoverFinish& finish, absl::Duration timeout) override {
    return caller_.Call(&v1::HistoryService::Stub::Finish, finish, timeout);
  }

 private:
  UnaryCaller<v1::HistoryService> caller_;
};

}  // namespace

std::unique_ptr<HistoryPeer> NewGrpcHistoryPeer(const std::string& address, const RpcTrustPtr& trust) {
  return std::make_unique<GrpcHistoryPeer>(address, trust);
}

}  // namespace tributary
