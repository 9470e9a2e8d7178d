#include "global/store/handover_log.h"

#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"
#include "global/store/ledger_codec.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::string_view kTakenPrefix = "handover_taken_";
constexpr absl::string_view kGivenKey = "handovers_given";
constexpr absl::string_view kGivingKey = "handover_giving";
constexpr absl::string_view kEmptyKey = "handover_empties";
constexpr size_t kGivenKept = 64;
constexpr uint8_t kResolutions[] = {1, 2, 3};

using State = TakenHandover::State;

std::string KeyOf(HandoverId id) { return absl::StrCat(kTakenPrefix, absl::Hex(id, absl::kZeroPad8)); }

auto OrderOf(const TakenHandover& handover) { return std::tuple(handover.order, handover.sequence, handover.id); }

std::string Encode(const TakenHandover& handover) {
  std::string bytes;
  ByteWriter out(bytes);
  out.U32(handover.id);
  out.Sized(handover.from);
  out.Sized(handover.address);
  out.Zigzag(handover.order);
  out.U64(handover.sequence);
  out.U8(static_cast<uint8_t>(handover.state));
  out.Sized(handover.cursor);
  out.Varint(handover.rows);
  out.U64(handover.store);
  return bytes;
}

std::optional<TakenHandover> DecodeTaken(absl::string_view bytes) {
  ByteReader in(bytes);
  TakenHandover handover;
  handover.id = in.U32();
  handover.from = std::string(in.Sized());
  handover.address = std::string(in.Sized());
  handover.order = in.Zigzag();
  handover.sequence = in.U64();
  const uint8_t state = in.U8();
  handover.cursor = std::string(in.Sized());
  handover.rows = in.Varint();
  handover.store = in.U64();
  if (!in.AtEnd() || state < 1 || state > static_cast<uint8_t>(State::kCancelled)) return std::nullopt;
  handover.state = static_cast<State>(state);
  return handover;
}

std::string EncodeGiven(const std::vector<HandoverId>& given) {
  std::string bytes;
  ByteWriter out(bytes);
  for (const HandoverId id : given) out.U32(id);
  return bytes;
}

absl::Status Unreadable() { return absl::DataLossError("the store's list of hand-overs cannot be read"); }

}  // namespace

HandoverId HandoverIdOf(const std::string& node_id, const View& without) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Sized(node_id);
  out.U64(without.sequence);
  out.Zigzag(without.effective_from);
  const auto id = static_cast<HandoverId>(Xxh3Hash64(bytes, 0));
  return id == 0 ? 1 : id;
}

absl::StatusOr<std::unique_ptr<HandoverLog>> HandoverLog::Open(Database& database) {
  auto log = std::unique_ptr<HandoverLog>(new HandoverLog(database));
  TRIBUTARY_RETURN_IF_ERROR(log->Empty());
  TRIBUTARY_RETURN_IF_ERROR(log->Load());
  return log;
}

absl::Status HandoverLog::Empty() {
  TRIBUTARY_ASSIGN_OR_RETURN(const auto empties, database_.Get(Column::kControl, kEmptyKey));
  if (!empties) return absl::OkStatus();
  TRIBUTARY_LOG_WARN("this store's rows were handed over to others: it begins empty");
  rocksdb::WriteBatch batch;
  const uint8_t last = kResolutions[std::size(kResolutions) - 1];
  const std::string from = BlockPrefix(kResolutions[0], 0), to = BlockPrefix(static_cast<uint8_t>(last + 1), 0);
  TRIBUTARY_RETURN_IF_ERROR(database_.DropFiles(Column::kRows, from, to));
  database_.DeleteRange(batch, Column::kRows, from, to);
  for (const uint8_t resolution : kResolutions) {
    database_.Delete(batch, Column::kControl, RollupProgressKey(resolution));
    database_.DeleteRange(batch, Column::kStale, EncodeStaleRow({resolution, 0, 0}),
                          EncodeStaleRow({static_cast<uint8_t>(resolution + 1), 0, 0}));
  }
  // What it had taken went with it.
  database_.DeleteRange(batch, Column::kControl, kTakenPrefix, absl::StrCat(kTakenPrefix, "\xff"));
  database_.Delete(batch, Column::kControl, kEmptyKey);
  database_.Delete(batch, Column::kControl, kStoreIdKey);  // it is another store now
  return database_.Write(batch, /*durable=*/true);
}

absl::Status HandoverLog::Load() {
  MutexLock lock(mutex_);
  TRIBUTARY_ASSIGN_OR_RETURN(const auto given, database_.Get(Column::kControl, kGivenKey));
  if (given) {
    ByteReader in(*given);
    while (in.ok() && !in.AtEnd()) given_.push_back(in.U32());
    if (!in.ok()) return Unreadable();
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const auto giving, database_.Get(Column::kControl, kGivingKey));
  if (giving && !absl::SimpleAtoi(*giving, &giving_)) return Unreadable();
  return database_.ForEach(Column::kControl,
                           [&](absl::string_view key, absl::string_view value) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                             if (key.substr(0, kTakenPrefix.size()) != kTakenPrefix) return absl::OkStatus();
                             auto handover = DecodeTaken(value);
                             if (!handover) return Unreadable();
                             taken_.emplace(handover->id, *std::move(handover));
                             return absl::OkStatus();
                           });
}

void HandoverLog::Put(const TakenHandover& handover, rocksdb::WriteBatch& batch) {
  database_.Put(batch, Column::kControl, KeyOf(handover.id), Encode(handover));
}

absl::StatusOr<TakenHandover> HandoverLog::Begin(const TakenHandover& handover, rocksdb::WriteBatch& batch) {
  MutexLock lock(mutex_);
  const auto known = taken_.find(handover.id);
  if (known != taken_.end() && known->second.from != handover.from) {
    return absl::AbortedError("another global's hand-over has this number");
  }
  for (const auto& [id, other] : taken_) {
    const bool is_newer = other.from == handover.from && OrderOf(other) > OrderOf(handover);
    if (is_newer) return absl::AbortedError("a newer hand-over of this global is known");
  }
  if (known == taken_.end() && taken_.size() >= kMaxTaken) {
    return absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxTaken, " hand-overs are remembered"));
  }
  for (auto& [id, other] : taken_) {
    if (other.from != handover.from || id == handover.id || other.state == State::kFinished) continue;
    other.state = State::kCancelled;
    Put(other, batch);
  }
  TakenHandover& taken = taken_.try_emplace(handover.id, handover).first->second;
  taken.address = handover.address;
  Put(taken, batch);
  return taken;
}

void HandoverLog::Take(HandoverId id, absl::string_view cursor, bool is_last, uint64_t rows,
                       rocksdb::WriteBatch& batch) {
  MutexLock lock(mutex_);
  const auto known = taken_.find(id);
  TRIBUTARY_CHECK(known != taken_.end());
  TakenHandover& taken = known->second;
  if (!cursor.empty()) taken.cursor = std::string(cursor);
  if (is_last && taken.state == State::kOpen) taken.state = State::kComplete;
  taken.rows += rows;
  Put(taken, batch);
}

void HandoverLog::Finish(HandoverId id, rocksdb::WriteBatch& batch) {
  MutexLock lock(mutex_);
  const auto known = taken_.find(id);
  if (known == taken_.end() || known->second.state == State::kCancelled) return;
  known->second.state = State::kFinished;
  Put(known->second, batch);
}

void HandoverLog::Forget(IntervalIndex before, rocksdb::WriteBatch& batch) {
  MutexLock lock(mutex_);
  for (auto taken = taken_.begin(); taken != taken_.end();) {
    if (taken->second.order >= before) {
      ++taken;
      continue;
    }
    database_.Delete(batch, Column::kControl, KeyOf(taken->first));
    taken = taken_.erase(taken);
  }
}

absl::Status HandoverLog::BeginToGive(HandoverId id) {
  rocksdb::WriteBatch batch;
  database_.Put(batch, Column::kControl, kGivingKey, absl::StrCat(id));
  TRIBUTARY_RETURN_IF_ERROR(database_.Write(batch, /*durable=*/true));
  MutexLock lock(mutex_);
  giving_ = id;
  return absl::OkStatus();
}

absl::Status HandoverLog::Give(HandoverId id) {
  std::vector<HandoverId> given = Given();
  given.push_back(id);
  if (given.size() > kGivenKept) given.erase(given.begin());
  rocksdb::WriteBatch batch;
  database_.Put(batch, Column::kControl, kGivenKey, EncodeGiven(given));
  database_.Put(batch, Column::kControl, kEmptyKey, "");
  database_.Delete(batch, Column::kControl, kGivingKey);
  TRIBUTARY_RETURN_IF_ERROR(database_.Write(batch, /*durable=*/true));
  MutexLock lock(mutex_);
  given_ = std::move(given);
  is_given_ = true;
  giving_ = 0;
  return absl::OkStatus();
}

std::optional<TakenHandover> HandoverLog::Find(HandoverId id) const {
  MutexLock lock(mutex_);
  const auto known = taken_.find(id);
  return known == taken_.end() ? std::nullopt : std::optional(known->second);
}

bool HandoverLog::HasOther(HandoverId id) const {
  MutexLock lock(mutex_);
  return taken_.size() > taken_.count(id);
}

std::vector<TakenHandover> HandoverLog::Taken(size_t limit) const {
  MutexLock lock(mutex_);
  return TakenNow(limit);
}

std::vector<TakenHandover> HandoverLog::TakenNow(size_t limit) const {
  std::vector<TakenHandover> taken;
  for (const auto& [id, handover] : taken_) {
    if (handover.state != State::kCancelled) taken.push_back(handover);
  }
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) { return OrderOf(a) > OrderOf(b); });
  if (taken.size() > limit) taken.resize(limit);
  return taken;
}

std::vector<HandoverId> HandoverLog::Given() const {
  MutexLock lock(mutex_);
  return given_;
}

std::vector<HandoverId> HandoverLog::GivenIn(const Database& database) {
  std::vector<HandoverId> given;
  const auto bytes = database.Get(Column::kControl, kGivenKey);
  if (!bytes.ok() || !*bytes) return given;
  ByteReader in(**bytes);
  while (in.ok() && !in.AtEnd()) given.push_back(in.U32());
  return in.ok() ? given : std::vector<HandoverId>();
}

bool HandoverLog::is_given() const {
  MutexLock lock(mutex_);
  return is_given_;
}

HandoverId HandoverLog::giving() const {
  MutexLock lock(mutex_);
  return giving_;
}

HiddenRows HandoverLog::Hidden(absl::Span<const HandoverId> with, absl::Span<const HandoverId> without) const {
  MutexLock lock(mutex_);
  return HiddenNow(with, without);
}

HandoverLog::Moment HandoverLog::Look(absl::Span<const HandoverId> with, absl::Span<const HandoverId> without,
                                      size_t limit) const {
  MutexLock lock(mutex_);
  return {HiddenNow(with, without), given_, TakenNow(limit)};
}

HiddenRows HandoverLog::HiddenNow(absl::Span<const HandoverId> with, absl::Span<const HandoverId> without) const {
  const auto has = [](absl::Span<const HandoverId> ids, HandoverId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  HiddenRows hidden{.all = is_given_};
  for (const auto& [id, handover] : taken_) {
    const bool is_shown = has(with, id) || (handover.state == State::kFinished && !has(without, id));
    if (!is_shown || handover.state == State::kCancelled) hidden.handovers.push_back(id);
  }
  return hidden;
}

}  // namespace tributary
