#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/telemetry/telemetry.h"
#include "global/query/grid_selection.h"
#include "global/store/handover_log.h"
#include "global/store/ledger.h"
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
    const HandoverLog* handovers = nullptr;  // of the reader's store; null: it takes part in none
    // Of one who hands over and was heard of lately: to whom.
    std::function<std::optional<std::vector<std::string>>(HandoverId)> holders_heard_of = [](HandoverId) {
      return std::nullopt;
    };
    StoreId store = 0;  // the reader's
    // Copies of other globals' stores that are here: what is told of them, and one to be answered from. Thread-safe.
    std::function<std::vector<v1::StoreCopy>()> list_copies = [] { return std::vector<v1::StoreCopy>(); };
    std::function<absl::StatusOr<std::shared_ptr<const Ledger>>(StoreId)> read_copy = [](StoreId) {
      return absl::NotFoundError("no copies are kept here");
    };
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

  // What one request is answered from.
  struct Source {
    const RowReader* rows = nullptr;
    const HandoverLog* handovers = nullptr;
    StoreId store = 0;
    bool is_copy = false;
    std::shared_ptr<const Ledger> copy = nullptr;  // as long as it is read
  };
  absl::StatusOr<Source> Find(StoreId store) const;
  // As of now: the reading is to be as of the same moment.
  GridSelection::Histories Histories(const v1::GridRequest& request, const Source& source) const;
  absl::Status CheckDeadline(const grpc::ServerContext& context) const;
  // Runs what is asked when there is room, and counts it.
  grpc::Status Admit(grpc::ServerContext& context, absl::FunctionRef<absl::Status()> run);

  const RowReader& reader_;
  const Options options_;
  Metrics metrics_;
  std::atomic<int> running_{0};
};

}  // namespace tributary
