#include "global/query/note_service.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::string_view kPrefix = "note/";

bool IsNewer(const v1::Note& note, const v1::Note& than) {
  return std::pair(note.revised_unix_ms(), note.value()) > std::pair(than.revised_unix_ms(), than.value());
}

}  // namespace

absl::StatusOr<std::unique_ptr<NoteService>> NoteService::Open(Database& database) {
  std::unique_ptr<NoteService> service(new NoteService(database));
  MutexLock lock(service->mutex_);
  std::map<std::string, v1::Note>& notes = service->notes_;
  TRIBUTARY_RETURN_IF_ERROR(
      database.ForEach(Column::kControl, [&notes](absl::string_view key, absl::string_view value) -> absl::Status {
        if (!absl::StartsWith(key, kPrefix)) return absl::OkStatus();
        v1::Note note;
        if (!note.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          return absl::DataLossError(absl::StrCat("the note ", key, " cannot be read"));
        }
        notes[note.key()] = std::move(note);
        return absl::OkStatus();
      }));
  return service;
}

grpc::Status NoteService::Exchange(grpc::ServerContext*, const v1::NotesRequest* request, v1::NotesResponse* response) {
  MutexLock lock(mutex_);
  std::map<std::string, v1::Note> next;
  size_t fresh = 0;
  for (const v1::Note& note : request->notes()) {
    if (note.key().empty() || note.key().size() > kMaxKeyBytes || note.value().size() > kMaxValueBytes) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "a note's key has 1 to 256 bytes, its value at most 2048"};
    }
    const auto known = notes_.find(note.key());
    if (known != notes_.end() && !IsNewer(note, known->second)) continue;
    const auto [it, is_new] = next.try_emplace(note.key(), note);
    if (!is_new && IsNewer(note, it->second)) it->second = note;
    fresh += is_new && known == notes_.end() ? 1 : 0;
  }
  if (notes_.size() + fresh > kMaxNotes) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, absl::StrCat("more than ", kMaxNotes, " notes")};
  }
  if (!next.empty()) {
    rocksdb::WriteBatch batch;
    for (const auto& [key, note] : next) {
      database_.Put(batch, Column::kControl, absl::StrCat(kPrefix, key), note.SerializeAsString());
    }
    if (const absl::Status status = database_.Write(batch, /*durable=*/true); !status.ok()) {
      return {grpc::StatusCode::UNAVAILABLE, std::string(status.message())};
    }
    for (auto& [key, note] : next) notes_[key] = std::move(note);
  }
  for (const auto& [key, note] : notes_) *response->add_notes() = note;
  return grpc::Status::OK;
}

}  // namespace tributary
