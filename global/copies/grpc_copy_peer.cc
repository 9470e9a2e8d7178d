#include "global/copies/grpc_copy_peer.h"

#include <utility>

#include "common/rpc/unary_caller.h"
#include "tributary/v1/copy.grpc.pb.h"

namespace tributary {
namespace {

class GrpcCopyPeer : public CopyPeer {
 public:
  GrpcCopyPeer(std::string address, RpcTrustPtr trust) : caller_(std::move(address), std::move(trust)) {}

  absl::StatusOr<v1::CopyReply> Begin(const v1::CopyBegin& begin, absl::Duration timeout) override {
    return caller_.Call(&v1::CopyService::Stub::Begin, begin, timeout);
  }
  absl::StatusOr<v1::CopyReply> Apply(const v1::CopyChunk& chunk, absl::Duration timeout) override {
    return caller_.Call(&v1::CopyService::Stub::Apply, chunk, timeout);
  }
  absl::StatusOr<v1::CopyReply> Announce(const v1::CopyBegin& begin, absl::Duration timeout) override {
    return caller_.Call(&v1::CopyService::Stub::Announce, begin, timeout);
  }
  absl::StatusOr<v1::CopyReply> Drop(const v1::CopyDrop& drop, absl::Duration timeout) override {
    return caller_.Call(&v1::CopyService::Stub::Drop, drop, timeout);
  }

 private:
  UnaryCaller<v1::CopyService> caller_;
};

}  // namespace

std::unique_ptr<CopyPeer> NewGrpcCopyPeer(const std::string& address, const RpcTrustPtr& trust) {
  return std::make_unique<GrpcCopyPeer>(address, trust);
}

}  // namespace tributary
