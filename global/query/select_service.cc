#include "global/query/select_service.h"

#include <chrono>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "global/query/grid_selection.h"
#include "global/query/label_listing.h"

namespace tributary {
namespace {

constexpr int kMaxHandovers = 64;

Counter& Result(Telemetry& telemetry, const char* result) {
  return telemetry.AddCounter("tributary_global_selects_total", "Queries read from this global's store, by result.",
                              {{"result", result}});
}

}  // namespace

SelectService::Metrics::Metrics(Telemetry& telemetry)
    : answered(Result(telemetry, "answered")),
      busy(Result(telemetry, "busy")),
      cancelled(Result(telemetry, "cancelled")),
      over_limit(Result(telemetry, "over_limit")),
      failed(Result(telemetry, "failed")),
      rows(telemetry.AddCounter("tributary_global_select_rows_total", "Rows merged for queries.")),
      seconds(telemetry.AddHistogram("tributary_global_select_duration_seconds", "Time a query took at this global.",
                                     DurationBounds())) {}

Counter& SelectService::Metrics::ResultOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return answered;
    case absl::StatusCode::kUnavailable:
      return busy;
    case absl::StatusCode::kCancelled:
      return cancelled;
    case absl::StatusCode::kResourceExhausted:
      return over_limit;
    default:
      return failed;
  }
}

SelectService::SelectService(const RowReader& reader, const Options& options, Telemetry& telemetry)
    : reader_(reader), options_(options), metrics_(telemetry) {}

grpc::Status SelectService::Admit(grpc::ServerContext& context, absl::FunctionRef<absl::Status()> run) {
  const auto start = std::chrono::steady_clock::now();
  const bool admitted = running_.fetch_add(1) < options_.max_concurrent;
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  absl::Status status = CheckDeadline(context);
  if (!admitted) {
    status = absl::UnavailableError(absl::StrCat("more than ", options_.max_concurrent, " queries at once"));
  }
  if (status.ok()) status = run();
  metrics_.ResultOf(status).Increment();
  metrics_.seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return ToGrpcStatus(status);
}

// Without one, a client that stops reading would hold its place for ever.
absl::Status SelectService::CheckDeadline(const grpc::ServerContext& context) const {
  if (absl::FromChrono(context.deadline()) > absl::Now() + options_.max_time) {
    return absl::InvalidArgumentError(
        absl::StrCat("a deadline of at most ", absl::FormatDuration(options_.max_time), " is needed"));
  }
  return absl::OkStatus();
}

absl::StatusOr<SelectService::Source> SelectService::Find(StoreId store) const {
  if (store == 0 || store == options_.store) {
    return Source{.rows = &reader_, .handovers = options_.handovers, .store = options_.store};
  }
  TRIBUTARY_ASSIGN_OR_RETURN(std::shared_ptr<const Ledger> copy, options_.read_copy(store));
  Source source{.rows = copy.get(), .handovers = &copy->handovers(), .store = store, .is_copy = true};
  source.copy = std::move(copy);
  return source;
}

GridSelection::Histories SelectService::Histories(const v1::GridRequest& request, const Source& source) const {
  GridSelection::Histories histories;
  histories.told.set_store(source.store);
  if (!source.is_copy) {
    for (v1::StoreCopy& copy : options_.list_copies()) *histories.told.add_copies() = std::move(copy);
  }
  if (source.handovers == nullptr) return histories;
  HandoverLog::Moment moment = source.handovers->Look(
      absl::MakeConstSpan(request.with_handovers().data(), request.with_handovers().size()),
      absl::MakeConstSpan(request.without_handovers().data(), request.without_handovers().size()), kMaxHandovers);
  for (const HandoverId given : moment.given) histories.told.add_given(given);
  for (const TakenHandover& taken : moment.taken) {
    v1::TakenHistory& told = *histories.told.add_taken();
    told.set_handover(taken.id);
    told.set_from(taken.from);
    told.set_address(taken.address);
    told.set_order(taken.order);
    told.set_state(static_cast<v1::TakenHistory::State>(taken.state));  // the same numbers
    told.set_shown(!moment.hidden.Hides(taken.id));
    told.set_store(taken.store);
    if (const auto holders = options_.holders_heard_of(taken.id); holders && !source.is_copy) {
      told.set_heard(true);
      for (const std::string& holder : *holders) told.add_holders(holder);
    }
  }
  histories.hidden = std::move(moment.hidden);
  return histories;
}

grpc::Status SelectService::SelectGrid(grpc::ServerContext* context, const v1::GridRequest* request,
                                       grpc::ServerWriter<v1::GridResponse>* writer) {
  return Admit(*context, [&]() -> absl::Status {
    if (request->with_handovers_size() > kMaxHandovers || request->without_handovers_size() > kMaxHandovers) {
      return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxHandovers, " hand-overs"));
    }
    TRIBUTARY_ASSIGN_OR_RETURN(const Source source, Find(request->store()));
    GridSelection selection(*source.rows, *request, options_.limits, Histories(*request, source));
    const absl::Status status =
        selection.Run([&] { return context->IsCancelled(); },
                      [&](const v1::GridResponse& response) { return writer->Write(response); });
    metrics_.rows.Increment(selection.summary().rows());
    return status;
  });
}

grpc::Status SelectService::ListLabels(grpc::ServerContext* context, const v1::LabelsRequest* request,
                                       v1::LabelsResponse* response) {
  return Admit(*context, [&]() -> absl::Status {
    TRIBUTARY_ASSIGN_OR_RETURN(const Source source, Find(request->store()));
    response->set_store(source.store);
    if (!source.is_copy) {
      for (v1::StoreCopy& copy : options_.list_copies()) *response->add_copies() = std::move(copy);
    }
    return tributary::ListLabels(*source.rows, *request, *response);
  });
}

}  // namespace tributary
