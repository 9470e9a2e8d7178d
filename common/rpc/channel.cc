#include "common/rpc/channel.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

namespace tributary {

namespace {

// gRPC 1.51 ends its callback threads when the last channel that used them is destroyed. When it is one of those
// threads that destroys it, as happens with a stream that ends after its client, the thread waits for itself and goes
// on with freed memory: "ref_counted.h: assertion failed: prior > 0". So one channel lives for ever. Without
// credentials it is a channel on which every call fails at once; the call makes it count as a user.
class FailingCall : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit FailingCall(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    stub_.PrepareBidiStreamingCall(&context_, "/none", {}, this);
    StartCall();
  }
  void OnDone(const grpc::Status&) override { delete this; }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
};

void KeepCallbackThreads() {
  static const auto* const channel = [] {
    auto* kept = new std::shared_ptr<grpc::Channel>(grpc::CreateChannel("", nullptr));
    new FailingCall(*kept);
    return kept;
  }();
  static_cast<void>(channel);
}

}  // namespace

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address, const RpcTrustPtr& trust,
                                          TlsIdentity::Role server) {
  KeepCallbackThreads();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else a new channel inherits an old one's back-off
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);             // a stream cannot be replayed: gRFC A6
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // as many as needed
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  const auto credentials = trust == nullptr ? grpc::InsecureChannelCredentials() : trust->ForChannelTo(server);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

absl::Status ToAbslStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace tributary
