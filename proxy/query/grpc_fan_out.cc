#include "proxy/query/grpc_fan_out.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tributary/v1/notes.grpc.pb.h"
#include "tributary/v1/query.grpc.pb.h"
#include "tributary/v1/status.grpc.pb.h"

namespace tributary {
namespace {

// A state of 16,384 agents, each with all the drop reasons there may be.
constexpr int kMaxMessageBytes = 128 << 20;
constexpr absl::Duration kKeepUnasked = absl::Minutes(5);

// The codes of both are the same numbers.
absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// Counts calls down; shared, so that the last call may leave it after the waiter has gone on.
class Outstanding {
 public:
  explicit Outstanding(size_t calls) : calls_(calls) {}

  void Done() {
    MutexLock lock(mutex_);
    if (--calls_ == 0) all_done_.NotifyAll();
  }
  // Every call has a deadline, so this ends.
  void Wait() {
    MutexLock lock(mutex_);
    while (calls_ > 0) all_done_.WaitFor(mutex_, absl::Seconds(1));
  }

 private:
  Mutex mutex_;
  CondVar all_done_;
  size_t calls_ ABSL_GUARDED_BY(mutex_);
};

// One global's stream. The reactor's callbacks run one after the other; `answer` is read after OnDone.
class GridCall : public grpc::ClientReadReactor<v1::GridResponse> {
 public:
  GridCall(const Member& global, const v1::GridRequest& request, const GrpcFanOut::Options& options,
           std::shared_ptr<grpc::Channel> channel, std::shared_ptr<Outstanding> outstanding)
      : request_(request),
        options_(options),
        stub_(v1::QueryService::NewStub(channel)),
        outstanding_(std::move(outstanding)) {
    answer_.global = global;
  }

  void Start(std::chrono::system_clock::time_point deadline) {
    context_.set_deadline(deadline);
    stub_->async()->SelectGrid(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (Take()) {
      StartRead(&response_);
    } else {
      context_.TryCancel();
    }
  }

  void OnDone(const grpc::Status& status) override {
    if (answer_.status.ok()) answer_.status = StatusOf(status);
    if (!answer_.status.ok()) answer_.series.clear();
    const std::shared_ptr<Outstanding> outstanding = outstanding_;  // Done may destroy *this
    outstanding->Done();
  }

  GridAnswer TakeAnswer() { return std::move(answer_); }

 private:
  bool Take() {
    bytes_ += response_.ByteSizeLong();
    for (v1::GridSeries& series : *response_.mutable_series()) answer_.series.push_back(std::move(series));
    if (response_.has_summary()) {
      answer_.summary = response_.summary();
      has_summary_ = true;
    }
    if (bytes_ <= options_.max_answer_bytes && answer_.series.size() <= options_.max_series) return true;
    answer_.status = absl::ResourceExhaustedError(absl::StrCat(
        "its answer is over ", options_.max_series, " series (query.max_series) or ", options_.max_answer_bytes,
        " bytes (query.max_bytes_per_global); narrow the selector, or its time, or group by less"));
    return false;
  }

  absl::Status StatusOf(const grpc::Status& status) const {
    if (!status.ok()) return FromGrpc(status);
    return has_summary_ ? absl::OkStatus() : absl::InternalError("its answer has no end");
  }

  const v1::GridRequest& request_;
  const GrpcFanOut::Options& options_;
  const std::unique_ptr<v1::QueryService::Stub> stub_;
  const std::shared_ptr<Outstanding> outstanding_;
  grpc::ClientContext context_;
  v1::GridResponse response_;
  GridAnswer answer_;
  size_t bytes_ = 0;
  bool has_summary_ = false;
};

// One global's answer of one message. `TakeAnswer` after the call is done.
class ListCall {
 public:
  ListCall(const Member& global, const v1::LabelsRequest& request, const GrpcFanOut::Options&,
           const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Outstanding> outstanding)
      : request_(request), stub_(v1::QueryService::NewStub(channel)), outstanding_(std::move(outstanding)) {
    answer_.global = global;
  }

  void Start(std::chrono::system_clock::time_point deadline) {
    context_.set_deadline(deadline);
    stub_->async()->ListLabels(&context_, &request_, &answer_.response, [this](const grpc::Status& status) {
      answer_.status = FromGrpc(status);
      const std::shared_ptr<Outstanding> outstanding = outstanding_;  // Done may destroy *this
      outstanding->Done();
    });
  }

  LabelsAnswer TakeAnswer() { return std::move(answer_); }

 private:
  const v1::LabelsRequest& request_;
  const std::unique_ptr<v1::QueryService::Stub> stub_;
  const std::shared_ptr<Outstanding> outstanding_;
  grpc::ClientContext context_;
  LabelsAnswer answer_;
};

// One global's state. `TakeAnswer` after the call is done.
class InspectCall {
 public:
  InspectCall(const Member& global, const v1::InspectRequest& request, const GrpcFanOut::Options&,
              const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Outstanding> outstanding)
      : request_(request), stub_(v1::StatusService::NewStub(channel)), outstanding_(std::move(outstanding)) {
    state_.global = global;
  }

  void Start(std::chrono::system_clock::time_point deadline) {
    context_.set_deadline(deadline);
    stub_->async()->Inspect(&context_, &request_, &state_.state, [this](const grpc::Status& status) {
      state_.status = FromGrpc(status);
      const std::shared_ptr<Outstanding> outstanding = outstanding_;  // Done may destroy *this
      outstanding->Done();
    });
  }

  GlobalState TakeAnswer() { return std::move(state_); }

 private:
  const v1::InspectRequest request_;
  const std::unique_ptr<v1::StatusService::Stub> stub_;
  const std::shared_ptr<Outstanding> outstanding_;
  grpc::ClientContext context_;
  GlobalState state_;
};

// One global's notes. `TakeAnswer` after the call is done.
class NotesCall {
 public:
  NotesCall(const Member& global, const v1::NotesRequest& request, const GrpcFanOut::Options&,
            const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Outstanding> outstanding)
      : request_(request), stub_(v1::NoteService::NewStub(channel)), outstanding_(std::move(outstanding)) {
    answer_.global = global;
  }

  void Start(std::chrono::system_clock::time_point deadline) {
    context_.set_deadline(deadline);
    stub_->async()->Exchange(&context_, &request_, &answer_.response, [this](const grpc::Status& status) {
      answer_.status = FromGrpc(status);
      const std::shared_ptr<Outstanding> outstanding = outstanding_;  // Done may destroy *this
      outstanding->Done();
    });
  }

  NotesAnswer TakeAnswer() { return std::move(answer_); }

 private:
  const v1::NotesRequest request_;
  const std::unique_ptr<v1::NoteService::Stub> stub_;
  const std::shared_ptr<Outstanding> outstanding_;
  grpc::ClientContext context_;
  NotesAnswer answer_;
};

std::chrono::system_clock::time_point DeadlineAfter(absl::Duration timeout) {
  return std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout);
}

// Starts a call to each, and waits for all. `channel` is by address.
template <class Call, class Request, class Channels>
auto AskAll(const std::vector<Member>& globals, const Request& request, const GrpcFanOut::Options& options,
            Channels channels, absl::Duration timeout) {
  const auto outstanding = std::make_shared<Outstanding>(globals.size());
  std::vector<std::unique_ptr<Call>> calls;
  for (const Member& global : globals) {
    calls.push_back(std::make_unique<Call>(global, request, options, channels[global.address], outstanding));
  }
  const auto deadline = DeadlineAfter(timeout);
  for (const auto& call : calls) call->Start(deadline);
  if (!calls.empty()) outstanding->Wait();
  std::vector<decltype(calls[0]->TakeAnswer())> answers;
  for (const auto& call : calls) answers.push_back(call->TakeAnswer());
  return answers;
}

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, const GrpcFanOut::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(absl::ToInt64Milliseconds(options.max_backoff)));
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  const auto credentials = options.trust == nullptr ? grpc::InsecureChannelCredentials()
                                                    : options.trust->ForChannelTo(TlsIdentity::Role::kGlobal);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace

GrpcFanOut::GrpcFanOut() : GrpcFanOut(Options()) {}
GrpcFanOut::GrpcFanOut(const Options& options) : options_(options) {}
GrpcFanOut::~GrpcFanOut() = default;

// Channels to globals that have not been asked for a while close when their last call ends.
GrpcFanOut::Channels GrpcFanOut::ChannelsTo(const std::vector<Member>& globals) {
  const absl::Time now = absl::Now();
  MutexLock lock(mutex_);
  Channels wanted;
  for (const Member& global : globals) {
    OpenedChannel& opened = channels_[global.address];
    if (opened.channel == nullptr) opened.channel = OpenChannel(global.address, options_);
    opened.asked = now;
    wanted[global.address] = opened.channel;
  }
  std::erase_if(channels_, [&](const auto& each) { return now - each.second.asked > kKeepUnasked; });
  return wanted;
}

std::vector<GridAnswer> GrpcFanOut::SelectGrid(const std::vector<Member>& globals, const v1::GridRequest& request,
                                               absl::Duration timeout) {
  return AskAll<GridCall>(globals, request, options_, ChannelsTo(globals), timeout);
}

std::vector<LabelsAnswer> GrpcFanOut::ListLabels(const std::vector<Member>& globals, const v1::LabelsRequest& request,
                                                 absl::Duration timeout) {
  return AskAll<ListCall>(globals, request, options_, ChannelsTo(globals), timeout);
}

std::vector<GlobalState> GrpcFanOut::Inspect(const std::vector<Member>& globals, const v1::InspectRequest& request,
                                             absl::Duration timeout) {
  return AskAll<InspectCall>(globals, request, options_, ChannelsTo(globals), timeout);
}

std::vector<NotesAnswer> GrpcFanOut::ExchangeNotes(const std::vector<Member>& globals, const v1::NotesRequest& request,
                                                   absl::Duration timeout) {
  return AskAll<NotesCall>(globals, request, options_, ChannelsTo(globals), timeout);
}

}  // namespace tributary
