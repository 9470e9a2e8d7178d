#pragma once

#include <atomic>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "global/copies/held_copies.h"
#include "tributary/v1/copy.grpc.pb.h"

namespace tributary {

// CopyService: keeps copies of other globals' stores, on gRPC's own threads.
//
// Bounds:  `max_concurrent` calls at once, more are ResourceExhausted; a chunk is a message of at most 4 MiB; copies as
//          HeldCopies says.
// Errors:  NotFound: the copy has not begun here; FailedPrecondition: of another cluster; InvalidArgument: not
//          well-formed.
// Threads: thread-safe. `copies` outlives it.
class CopyService final : public v1::CopyService::Service {
 public:
  struct Options {
    std::string cluster;
    std::string node_id;
    absl::Duration interval = absl::Seconds(10);
    int max_concurrent = 16;  // each sends with one call at a time
  };
  CopyService(HeldCopies& copies, Options options) : copies_(copies), options_(std::move(options)) {}

  grpc::Status Begin(grpc::ServerContext* context, const v1::CopyBegin* begin, v1::CopyReply* reply) override;
  grpc::Status Apply(grpc::ServerContext* context, const v1::CopyChunk* chunk, v1::CopyReply* reply) override;
  grpc::Status Announce(grpc::ServerContext* context, const v1::CopyBegin* begin, v1::CopyReply* reply) override;
  grpc::Status Drop(grpc::ServerContext* context, const v1::CopyDrop* drop, v1::CopyReply* reply) override;

 private:
  grpc::Status Admit(absl::FunctionRef<absl::Status()> run);
  absl::Status CheckBegin(const v1::CopyBegin& begin) const;

  HeldCopies& copies_;
  const Options options_;
  std::atomic<int> running_{0};
};

}  // namespace tributary
