#pragma once

#include <atomic>

#include "absl/functional/function_ref.h"
#include "common/telemetry/telemetry.h"
#include "global/query/grid_selection.h"
#include "global/store/row_reader.h"
#include "tributary/v1/query.grpc.pb.h"

namespace tributary {

// QueryService over this global's store, on gRPC's own threads: reading never waits for the owner's loop.
//
// Bounds:  at most `max_concurrent` requests run, more are Unavailable; every request must carry a deadline of at most
//          `max_time`, and SelectLimits hold for each.
// Threads: thread-safe. `reader` outlives it.
class SelectService final : public v1::QueryService::Service {
 public:
  struct Options {
    SelectLimits limits = {};
    int max_concurrent = 4;
    absl::Duration max_time = absl::Minutes(5);
  };
  SelectService(const RowReader& reader, const Options& options, Telemetry& telemetry);

  grpc::Status SelectGrid(grpc::ServerContext* context, const v1::GridRequest* request,
                          grpc::ServerWriter<v1::GridResponse>* writer) override;
  grpc::Status ListLabels(grpc::ServerContext* context, const v1::LabelsRequest* request,
                          v1::LabelsResponse* response) override;

 private:
  struct Metrics {
    explicit Metrics(Telemetry& telemetry);
    Counter& answered;
    Counter& busy;
    Counter& cancelled;  // by the client, or its deadline
    Counter& over_limit;
    Counter& failed;
    Counter& rows;
    Histogram& seconds;
    Counter& ResultOf(const absl::Status& status);
  };

  absl::Status CheckDeadline(const grpc::ServerContext& context) const;
  // Runs what is asked when there is room, and counts it.
  grpc::Status Admit(grpc::ServerContext& context, absl::FunctionRef<absl::Status()> run);

  const RowReader& reader_;
  const Options options_;
  Metrics metrics_;
  std::atomic<int> running_{0};
};

}  // namespace tributary
