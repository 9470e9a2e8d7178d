#include "global/store_copies.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "global/copies/grpc_copy_peer.h"
#include "global/handover/grpc_history_peer.h"

namespace tributary {
namespace {

constexpr uint64_t kCacheBytes = 16u << 20;  // of each copy: it is read only while its owner is away

}  // namespace

absl::StatusOr<std::unique_ptr<StoreCopies>> StoreCopies::Open(Options options, Database& database, const Clock& clock,
                                                               Telemetry& telemetry) {
  TRIBUTARY_ASSIGN_OR_RETURN(const StoreId store, database.Name());
  HeldCopies::Options held_options;
  held_options.path = absl::StrCat(options.store_path, "/copies");
  held_options.database = options.database;
  held_options.database.cache_bytes = std::min(options.database.cache_bytes, kCacheBytes);
  held_options.database.log_bytes = 0;
  held_options.ledger = options.ledger;
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<HeldCopies> held, HeldCopies::Open(std::move(held_options), clock));
  return std::unique_ptr<StoreCopies>(
      new StoreCopies(std::move(options), database, store, std::move(held), clock, telemetry));
}

StoreCopies::StoreCopies(Options options, Database& database, StoreId store, std::unique_ptr<HeldCopies> held,
                         const Clock& clock, Telemetry& telemetry)
    : options_(std::move(options)),
      database_(database),
      store_(store),
      held_(std::move(held)),
      service_(*held_, {options_.cluster, options_.node_id, options_.interval}),
      clock_(clock),
      metrics_(telemetry),
      held_reading_(telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_global_copies_held",
                                         "Copies of other globals' stores that are here.", {},
                                         [this] { return static_cast<double>(held_->List().size()); })),
      bytes_reading_(telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_global_copies_held_bytes",
                                          "On disk, of copies of other globals' stores.", {},
                                          [this] { return static_cast<double>(held_->DiskBytes()); })) {}

std::vector<v1::StoreCopy> StoreCopies::List() const {
  std::vector<v1::StoreCopy> list;
  for (const StoreCopy::About& about : held_->List()) {
    if (about.through == absl::InfinitePast()) continue;
    v1::StoreCopy& copy = list.emplace_back();
    copy.set_store(about.store);
    copy.set_of(about.of);
    copy.set_through_unix_ms(absl::ToUnixMillis(about.through));
    for (const HandoverId given : about.given) copy.add_given(given);
  }
  return list;
}

absl::StatusOr<std::shared_ptr<const Ledger>> StoreCopies::Read(StoreId store) const {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::shared_ptr<const OpenCopy> open, held_->Read(store));
  return std::shared_ptr<const Ledger>(open, open->ledger.get());
}

void StoreCopies::Start(bool is_copied, CopySender::Source source, const RpcTrustPtr& trust, HandoverMetrics& metrics) {
  CopyReturner::Options return_options;
  return_options.cluster = options_.cluster;
  return_options.interval = options_.interval;
  returner_ = std::make_unique<CopyReturner>(
      *held_, std::move(return_options), source.views,
      [trust](const Member& member) { return NewGrpcHistoryPeer(member.address, trust); }, clock_, metrics);
  returner_->Start();
  if (!is_copied) return;
  CopySender::Options options;
  options.cluster = options_.cluster;
  options.node_id = options_.node_id;
  options.interval = options_.interval;
  options.store = store_;
  sender_ = std::make_unique<CopySender>(
      database_, std::move(options), std::move(source),
      [trust](const Member& member) { return NewGrpcCopyPeer(member.address, trust); }, clock_, metrics_);
  sender_->Start();
}

void StoreCopies::Stop(absl::Duration patience) {
  if (sender_ != nullptr) sender_->Stop(patience);
  if (returner_ != nullptr) returner_->Stop();
}

}  // namespace tributary
