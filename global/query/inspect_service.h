#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "tributary/v1/status.grpc.pb.h"

namespace tributary {

// StatusService: puts together what the parts of this global say of themselves, on gRPC's own threads. The parts give
// copies of what they have published, so that nobody waits for a person who looks.
//
// Bounds:  at most `max_concurrent` requests run, more are Unavailable; an answer is bounded by the roster.
// Threads: thread-safe. `clock` outlives it.
class InspectService final : public v1::StatusService::Service {
 public:
  using Describe = std::function<void(const v1::InspectRequest&, v1::InspectResponse&)>;  // from any thread, quickly
  struct Options {
    std::string version;
    int max_concurrent = 4;
  };
  InspectService(Options options, std::vector<Describe> parts, const Clock& clock);

  grpc::Status Inspect(grpc::ServerContext* context, const v1::InspectRequest* request,
                       v1::InspectResponse* response) override;

 private:
  const Options options_;
  const std::vector<Describe> parts_;
  const Clock& clock_;
  const absl::Time started_;
  std::atomic<int> running_{0};
};

}  // namespace tributary
