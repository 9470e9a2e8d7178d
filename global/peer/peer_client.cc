#include "global/peer/peer_client.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "tributary/v1/peer.grpc.pb.h"

namespace tributary {

struct PeerClient::Call {
  grpc::ClientContext context;
  std::unique_ptr<v1::PeerService::Stub> stub;
  v1::PeerRequest request;
  v1::PeerResponse response;
  Done done;
};

PeerClient::~PeerClient() {
  MutexLock lock(mutex_);
  for (Call* call : calls_) call->context.TryCancel();
  while (!calls_.empty()) all_done_.WaitFor(mutex_, absl::Seconds(1));
}

std::shared_ptr<grpc::Channel> PeerClient::ChannelTo(const std::string& address) {
  const auto known = channels_.find(address);
  if (known != channels_.end()) return known->second;
  if (channels_.size() >= kMaxChannels) channels_.clear();  // calls keep theirs
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(options_.max_backoff)));
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  const auto credentials = options_.trust == nullptr ? grpc::InsecureChannelCredentials()
                                                     : options_.trust->ForChannelTo(TlsIdentity::Role::kGlobal);
  return channels_[address] = grpc::CreateCustomChannel(address, credentials, arguments);
}

void PeerClient::Ask(const std::string& address, v1::PeerRequest request, Done done) {
  auto owned = std::make_unique<Call>();
  Call* call = owned.get();
  call->request = std::move(request);
  call->done = std::move(done);
  call->context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(options_.timeout));
  {
    MutexLock lock(mutex_);
    call->stub = v1::PeerService::NewStub(ChannelTo(address));
    calls_.insert(owned.release());
  }
  call->stub->async()->Ask(&call->context, &call->request, &call->response, [this, call](const grpc::Status& status) {
    const std::unique_ptr<Call> ended(call);
    if (status.ok()) {
      ended->done(std::move(ended->response));
    } else {
      ended->done(absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()));
    }
    MutexLock lock(mutex_);
    calls_.erase(call);
    if (calls_.empty()) all_done_.NotifyAll();
  });
}

}  // namespace tributary
