#include "common/rpc/delivery_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/random/random.h"
#include "common/rpc/channel.h"
#include "common/rpc/loop_gate.h"
#include "tributary/v1/delivery.grpc.pb.h"

namespace tributary {

namespace {

constexpr absl::Duration kMinBackoff = absl::Milliseconds(200);
constexpr absl::Duration kMaxBackoff = absl::Seconds(5);
constexpr size_t kMessageOverheadBytes = 128;  // of the queue itself, so that small messages are bounded too

std::shared_ptr<grpc::Channel> NewChannelOf(const DeliveryClient::Options& options) {
  return NewChannel(options.address, options.trust, options.server);
}

}  // namespace

// Everything is owned by the loop, and by the destructor once the gate is closed.
class DeliveryClient::Impl : public std::enable_shared_from_this<DeliveryClient::Impl> {
 public:
  Impl(EventLoop& loop, Options options, Callbacks callbacks)
      : options_(std::move(options)), callbacks_(std::move(callbacks)), gate_(std::make_shared<LoopGate>(loop)) {}

  void Start();
  void Stop();
  bool Send(v1::Up message);
  bool open() const { return open_; }
  size_t queued_bytes() const { return queued_bytes_; }

 private:
  class Stream;
  using StreamPtr = std::shared_ptr<Stream>;

  // What happens to a stream, in this order; HandleMessage and HandleWritten any number of times.
  void Open();
  void HandleOpen(const StreamPtr& stream);
  void HandleMessage(const StreamPtr& stream);
  void HandleWritten(const StreamPtr& stream);
  void HandleBroken(const StreamPtr& stream);
  void HandleDone(const absl::Status& status);

  void After(absl::Duration delay, void (Impl::*method)());
  void GiveUpIfNotOpen(const std::weak_ptr<Stream>& attempt);
  void ResetBackoffIfStill(const std::weak_ptr<Stream>& attempt);
  void WriteNext();

  const Options options_;
  const Callbacks callbacks_;
  const std::shared_ptr<LoopGate> gate_;
  StreamPtr stream_;  // null between attempts and after Stop
  bool open_ = false;
  std::deque<std::pair<v1::Up, size_t>> queue_;  // with their bytes
  size_t queued_bytes_ = 0;                      // of queue_ and of the message being written
  size_t writing_bytes_ = 0;                     // 0: none is being written
  absl::Duration backoff_ = kMinBackoff;
  absl::BitGen random_;
};

// One attempt: gRPC's calls become calls of Impl on the loop. It keeps itself alive until gRPC is done with it. The
// hold keeps the call from ending while the loop may still start operations, that is until Release.
class DeliveryClient::Impl::Stream : public grpc::ClientBidiReactor<v1::Up, v1::Down> {
 public:
  explicit Stream(const std::shared_ptr<Impl>& impl)
      : impl_(impl), gate_(impl->gate_), stub_(v1::DeliveryService::NewStub(NewChannelOf(impl->options_))) {}

  // On the loop.
  void Start(StreamPtr self) {
    self_ = std::move(self);
    stub_->async()->Deliver(&context_, this);
    AddHold();
    StartCall();
  }
  void Read() { StartRead(&incoming_); }
  v1::Down TakeMessage() { return std::exchange(incoming_, v1::Down()); }
  void Write(v1::Up message) {
    outgoing_ = std::move(message);
    StartWrite(&outgoing_);
  }
  void Cancel() { context_.TryCancel(); }
  void Release() {
    if (std::exchange(held_, false)) RemoveHold();
  }

  // On gRPC's threads.
  void OnReadInitialMetadataDone(bool ok) override { Tell(ok ? &Impl::HandleOpen : &Impl::HandleBroken); }
  void OnReadDone(bool ok) override { Tell(ok ? &Impl::HandleMessage : &Impl::HandleBroken); }
  void OnWriteDone(bool ok) override {
    if (ok) Tell(&Impl::HandleWritten);  // else reading ends too
  }
  void OnDone(const grpc::Status& status) override {
    gate_->Post([weak = impl_, status] {
      if (const auto impl = weak.lock()) impl->HandleDone(ToAbslStatus(status));
    });
    self_.reset();
  }

 private:
  void Tell(void (Impl::*event)(const StreamPtr&)) {
    gate_->Post([weak = impl_, stream = self_, event] {
      if (const auto impl = weak.lock()) (impl.get()->*event)(stream);
    });
  }

  const std::weak_ptr<Impl> impl_;
  const std::shared_ptr<LoopGate> gate_;
  const std::unique_ptr<v1::DeliveryService::Stub> stub_;
  grpc::ClientContext context_;
  v1::Down incoming_;
  v1::Up outgoing_;
  bool held_ = true;
  StreamPtr self_;
};

void DeliveryClient::Impl::Start() { After(absl::ZeroDuration(), &Impl::Open); }

void DeliveryClient::Impl::Stop() {
  gate_->Close();
  open_ = false;
  if (const StreamPtr stream = std::exchange(stream_, nullptr)) {
    stream->Cancel();
    stream->Release();
  }
}

bool DeliveryClient::Impl::Send(v1::Up message) {
  const size_t bytes = message.ByteSizeLong() + kMessageOverheadBytes;
  if (!open_ || queued_bytes_ + bytes > options_.max_queued_bytes) return false;
  queued_bytes_ += bytes;
  queue_.emplace_back(std::move(message), bytes);
  WriteNext();
  return true;
}

void DeliveryClient::Impl::Open() {
  stream_ = std::make_shared<Stream>(shared_from_this());
  stream_->Start(stream_);
  gate_->RunAfter(options_.connect_timeout, [self = weak_from_this(), attempt = std::weak_ptr<Stream>(stream_)] {
    if (const auto impl = self.lock()) impl->GiveUpIfNotOpen(attempt);
  });
}

void DeliveryClient::Impl::HandleOpen(const StreamPtr& stream) {
  open_ = true;
  // A peer that takes streams only to end them is not called more often for it.
  gate_->RunAfter(kMaxBackoff, [self = weak_from_this(), attempt = std::weak_ptr<Stream>(stream)] {
    if (const auto impl = self.lock()) impl->ResetBackoffIfStill(attempt);
  });
  callbacks_.on_open();
  if (stream_ == stream) stream->Read();
}

void DeliveryClient::Impl::HandleMessage(const StreamPtr& stream) {
  callbacks_.on_message(stream->TakeMessage());
  if (stream_ == stream) stream->Read();
}

void DeliveryClient::Impl::HandleWritten(const StreamPtr&) {
  queued_bytes_ -= std::exchange(writing_bytes_, 0);
  WriteNext();
}

void DeliveryClient::Impl::HandleBroken(const StreamPtr& stream) {
  open_ = false;
  stream->Release();
}

void DeliveryClient::Impl::HandleDone(const absl::Status& status) {
  stream_ = nullptr;
  open_ = false;
  queue_.clear();
  queued_bytes_ = 0;
  writing_bytes_ = 0;
  After(backoff_ * absl::Uniform(random_, 0.5, 1.0), &Impl::Open);
  backoff_ = std::min(backoff_ * 2, kMaxBackoff);
  callbacks_.on_close(status.ok() ? absl::UnavailableError("the peer ended the stream") : status);
}

void DeliveryClient::Impl::After(absl::Duration delay, void (Impl::*method)()) {
  gate_->RunAfter(delay, [self = weak_from_this(), method] {
    if (const auto impl = self.lock()) (impl.get()->*method)();
  });
}

void DeliveryClient::Impl::GiveUpIfNotOpen(const std::weak_ptr<Stream>& attempt) {
  if (const StreamPtr stream = attempt.lock(); stream != nullptr && stream == stream_ && !open_) stream->Cancel();
}

void DeliveryClient::Impl::ResetBackoffIfStill(const std::weak_ptr<Stream>& attempt) {
  if (const StreamPtr stream = attempt.lock(); stream != nullptr && stream == stream_) backoff_ = kMinBackoff;
}

void DeliveryClient::Impl::WriteNext() {
  if (!open_ || writing_bytes_ > 0 || queue_.empty()) return;
  auto [message, bytes] = std::move(queue_.front());
  queue_.pop_front();
  writing_bytes_ = bytes;
  stream_->Write(std::move(message));
}

DeliveryClient::DeliveryClient(EventLoop& loop, Options options, Callbacks callbacks)
    : impl_(std::make_shared<Impl>(loop, std::move(options), std::move(callbacks))) {
  impl_->Start();
}

DeliveryClient::~DeliveryClient() { impl_->Stop(); }

bool DeliveryClient::Send(v1::Up message) { return impl_->Send(std::move(message)); }
bool DeliveryClient::open() const { return impl_->open(); }
size_t DeliveryClient::queued_bytes() const { return impl_->queued_bytes(); }

}  // namespace tributary
