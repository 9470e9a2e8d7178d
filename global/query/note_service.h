#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "global/store/database.h"
#include "tributary/v1/notes.grpc.pb.h"

namespace tributary {

// NoteService over this global's store, on gRPC's own threads. Notes are few: all are in memory, and each that changes
// is on disk before it is answered.
//
// Merge:   by key, the later revision holds (notes.proto): commutative, associative, idempotent.
// Bounds:  kMaxNotes of them, removed ones included; more is RESOURCE_EXHAUSTED, and nothing of such a request is kept.
// Threads: thread-safe. `database` outlives it.
class NoteService final : public v1::NoteService::Service {
 public:
  static constexpr size_t kMaxNotes = 1000;
  static constexpr size_t kMaxKeyBytes = 256;
  static constexpr size_t kMaxValueBytes = 2048;

  static absl::StatusOr<std::unique_ptr<NoteService>> Open(Database& database);

  grpc::Status Exchange(grpc::ServerContext* context, const v1::NotesRequest* request,
                        v1::NotesResponse* response) override;

 private:
  explicit NoteService(Database& database) : database_(database) {}

  Database& database_;
  Mutex mutex_;
  std::map<std::string, v1::Note> notes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
