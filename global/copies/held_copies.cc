#include "global/copies/held_copies.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace tributary {

absl::StatusOr<std::unique_ptr<HeldCopies>> HeldCopies::Open(Options options, const Clock& clock) {
  auto copies = std::unique_ptr<HeldCopies>(new HeldCopies(std::move(options), clock));
  std::error_code error;
  for (std::filesystem::directory_iterator entry(copies->options_.path, error), end; !error && entry != end;
       entry.increment(error)) {
    StoreId store = 0;
    if (!absl::SimpleHexAtoi(entry->path().filename().string(), &store)) continue;
    auto copy = StoreCopy::Open(copies->DatabaseOf(store), copies->options_.ledger, clock);
    if (!copy.ok()) {
      // The owner sends it again, or it would be of no use.
      TRIBUTARY_LOG_ERROR("{}: {}; it is removed", copies->PathOf(store), copy.status().ToString());
      std::error_code gone;
      std::filesystem::remove_all(copies->PathOf(store), gone);
      continue;
    }
    MutexLock lock(copies->mutex_);
    copies->copies_.emplace(store, *std::move(copy));
  }
  copies->thread_ = std::thread([&copies = *copies] { copies.Run(); });
  return copies;
}

HeldCopies::~HeldCopies() {
  {
    MutexLock lock(mutex_);
    is_ending_ = true;
  }
  ends_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

std::string HeldCopies::PathOf(StoreId store) const {
  return absl::StrCat(options_.path, "/", absl::Hex(store, absl::kZeroPad16));
}

Database::Options HeldCopies::DatabaseOf(StoreId store) const {
  Database::Options options = options_.database;
  options.path = PathOf(store);
  return options;
}

std::shared_ptr<StoreCopy> HeldCopies::Find(StoreId store) const {
  MutexLock lock(mutex_);
  const auto found = copies_.find(store);
  return found == copies_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<StoreCopy>> HeldCopies::All() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<StoreCopy>> all;
  for (const auto& [store, copy] : copies_) all.push_back(copy);
  return all;
}

absl::StatusOr<StoreCopy::About> HeldCopies::Begin(StoreId store, const std::string& of) {
  std::shared_ptr<StoreCopy> copy = Find(store);
  if (copy == nullptr) {
    MutexLock lock(mutex_);
    const auto found = copies_.find(store);
    if (found == copies_.end()) {
      if (copies_.size() >= kMaxCopies) {
        return absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxCopies, " copies are kept here"));
      }
      TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<StoreCopy> made,
                                 StoreCopy::Make(DatabaseOf(store), options_.ledger, store, of, clock_));
      TRIBUTARY_LOG_INFO("a copy of the store {} of {} is kept here", absl::StrCat(absl::Hex(store)),
                         absl::CHexEscape(of));
      copy = copies_.emplace(store, std::move(made)).first->second;
    } else {
      copy = found->second;
    }
  }
  StoreCopy::About about = copy->about();
  if (about.of != of) return absl::InvalidArgumentError("this store is another global's");
  copy->Hear();
  Announce(store, of);
  return about;
}

void HeldCopies::Announce(StoreId store, const std::string& of) {
  for (const auto& copy : All()) {
    if (copy->about().of != of) continue;
    MutexLock lock(mutex_);
    announced_[of] = store;
    return;
  }
}

std::vector<std::shared_ptr<StoreCopy>> HeldCopies::Lost() const {
  std::vector<std::shared_ptr<StoreCopy>> lost;
  for (const auto& copy : All()) {
    const StoreCopy::About about = copy->about();
    MutexLock lock(mutex_);
    const auto announced = announced_.find(about.of);
    const bool is_lost = announced != announced_.end() && announced->second != about.store;
    if (is_lost && about.through != absl::InfinitePast()) lost.push_back(copy);
  }
  return lost;
}

absl::Status HeldCopies::Apply(const v1::CopyChunk& chunk) {
  const std::shared_ptr<StoreCopy> copy = Find(chunk.store());
  if (copy == nullptr) return absl::NotFoundError("this copy has not begun here");
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(options_.path, error);
  if (!error && space.available < options_.min_free_bytes) {
    return absl::ResourceExhaustedError("there is no room on the disk for a copy");
  }
  return copy->Apply(chunk);
}

absl::Status HeldCopies::Drop(StoreId store) {
  std::shared_ptr<StoreCopy> copy;
  {
    MutexLock lock(mutex_);
    const auto found = copies_.find(store);
    if (found == copies_.end()) return absl::OkStatus();
    copy = std::move(found->second);
    copies_.erase(found);
  }
  TRIBUTARY_LOG_INFO("the copy of the store {} of {} is dropped", absl::StrCat(absl::Hex(store)),
                     absl::CHexEscape(copy->about().of));
  // Who reads it has its files open, and goes on.
  std::error_code error;
  std::filesystem::remove_all(PathOf(store), error);
  return error ? absl::UnavailableError(absl::StrCat(PathOf(store), ": ", error.message())) : absl::OkStatus();
}

std::vector<StoreCopy::About> HeldCopies::List() const {
  std::vector<StoreCopy::About> list;
  for (const auto& copy : All()) list.push_back(copy->about());
  return list;
}

absl::StatusOr<std::shared_ptr<const OpenCopy>> HeldCopies::Read(StoreId store) const {
  const std::shared_ptr<StoreCopy> copy = Find(store);
  if (copy == nullptr) return absl::NotFoundError("there is no copy of this store here");
  return copy->Read();
}

uint64_t HeldCopies::DiskBytes() const {
  uint64_t bytes = 0;
  for (const auto& copy : All()) bytes += copy->DiskBytes();
  return bytes;
}

void HeldCopies::Tend() {
  const absl::Time now = clock_.Now();
  for (const auto& copy : All()) {
    copy->CloseUnread();
    const StoreCopy::About about = copy->about();
    if (now - about.heard < kAwayFor) continue;
    if (about.through != absl::InfinitePast() && now - about.through > options_.ledger.retention.hours) {
      TRIBUTARY_LOG_INFO("the copy of the store {} is beyond the retention", absl::StrCat(absl::Hex(about.store)));
      if (const absl::Status status = Drop(about.store); !status.ok()) TRIBUTARY_LOG_ERROR("{}", status.ToString());
      continue;
    }
    if (const absl::Status status = copy->Tend(); !status.ok()) {
      TRIBUTARY_LOG_ERROR("the copy of the store {}: {}", absl::StrCat(absl::Hex(about.store)), status.ToString());
    }
  }
}

void HeldCopies::Run() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!is_ending_) ends_.WaitFor(mutex_, options_.tend_every);
      if (is_ending_) return;
    }
    Tend();
  }
}

}  // namespace tributary
