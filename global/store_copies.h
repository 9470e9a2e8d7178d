#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/rpc_trust.h"
#include "common/telemetry/telemetry.h"
#include "global/copies/copy_returner.h"
#include "global/copies/copy_sender.h"
#include "global/copies/copy_service.h"
#include "global/copies/held_copies.h"
#include "global/store/database.h"
#include "global/store/ledger.h"
#include "tributary/v1/query.pb.h"

namespace tributary {

// The copies that this global keeps of others, whatever its own `store.copies` is, and the one that another keeps of
// it. Thread-safe but for Start and Stop, which are called in this order by one thread. All that is
// passed outlives it.
class StoreCopies {
 public:
  struct Options {
    std::string cluster;
    std::string node_id;
    absl::Duration interval = absl::Seconds(10);
    std::string store_path;      // copies are in a folder there
    Database::Options database;  // of this global's own store
    Ledger::Options ledger;
  };
  static absl::StatusOr<std::unique_ptr<StoreCopies>> Open(Options options, Database& database, const Clock& clock,
                                                           Telemetry& telemetry);

  StoreId store() const { return store_; }  // this global's own
  CopyService& service() { return service_; }
  // Those that are whole.
  std::vector<v1::StoreCopy> List() const;
  absl::StatusOr<std::shared_ptr<const Ledger>> Read(StoreId store) const;

  // Gives copies of lost stores back; and keeps a copy of this global's own if `is_copied`.
  void Start(bool is_copied, CopySender::Source source, const RpcTrustPtr& trust, HandoverMetrics& metrics);
  // Again: nothing.
  void Stop(absl::Duration patience);

 private:
  StoreCopies(Options options, Database& database, StoreId store, std::unique_ptr<HeldCopies> held, const Clock& clock,
              Telemetry& telemetry);

  const Options options_;
  Database& database_;
  const StoreId store_;
  const std::unique_ptr<HeldCopies> held_;
  CopyService service_;
  const Clock& clock_;
  CopyMetrics metrics_;
  const Telemetry::Reading held_reading_, bytes_reading_;
  std::unique_ptr<CopySender> sender_;
  std::unique_ptr<CopyReturner> returner_;
};

}  // namespace tributary
