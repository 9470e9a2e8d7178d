#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/rpc/rpc_trust.h"
#include "proxy/query/fan_out.h"
#include "proxy/query/inspector.h"
#include "proxy/query/note_keeper.h"

namespace grpc {
class Channel;
}

namespace tributary {

// QueryService, StatusService and NoteService of every global, through gRPC's callback API: no thread waits but the
// caller's. Channels are kept until their global has not been asked for five minutes.
//
// Bounds:  what one global may answer, in series and in bytes; more is ResourceExhausted.
// Threads: thread-safe.
class GrpcFanOut : public FanOut, public Inspector, public NoteKeeper {
 public:
  struct Options {
    size_t max_series = 100'000;                    // or groups; the globals' own limit
    size_t max_answer_bytes = 64u << 20;            // 10,000 groups of 500 centroids are about 40 MiB
    absl::Duration max_backoff = absl::Seconds(2);  // between attempts to reach a global that is down
    RpcTrustPtr trust = nullptr;                    // null: plaintext
  };
  GrpcFanOut();
  explicit GrpcFanOut(const Options& options);
  ~GrpcFanOut() override;

  std::vector<GridAnswer> SelectGrid(const std::vector<Member>& globals, const v1::GridRequest& request,
                                     absl::Duration timeout) override;
  std::vector<LabelsAnswer> ListLabels(const std::vector<Member>& globals, const v1::LabelsRequest& request,
                                       absl::Duration timeout) override;
  std::vector<GlobalState> Inspect(const std::vector<Member>& globals, const v1::InspectRequest& request,
                                   absl::Duration timeout) override;
  std::vector<NotesAnswer> ExchangeNotes(const std::vector<Member>& globals, const v1::NotesRequest& request,
                                         absl::Duration timeout) override;

 private:
  using Channels = std::map<std::string, std::shared_ptr<grpc::Channel>>;  // by address
  Channels ChannelsTo(const std::vector<Member>& globals);

  const Options options_;
  Mutex mutex_;
  struct OpenedChannel {
    std::shared_ptr<grpc::Channel> channel;
    absl::Time asked;
  };
  std::map<std::string, OpenedChannel> channels_ ABSL_GUARDED_BY(mutex_);  // by address
};

}  // namespace tributary
