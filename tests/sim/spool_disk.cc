#include "tests/sim/spool_disk.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tributary::sim {

class SpoolDisk::Segment : public SegmentFile {
 public:
  Segment(SpoolDisk& disk, uint64_t sequence, std::shared_ptr<File> file)
      : disk_(disk), sequence_(sequence), file_(std::move(file)), bytes_(file_->bytes.size()) {}

  bool Append(absl::string_view bytes) override {
    if (disk_.full_) {
      disk_.world_.Hit(Mark::kSpoolFull);
      if (disk_.world_.Chance(0.3)) Put(bytes.substr(0, bytes.size() / 2));
      return false;
    }
    Put(bytes);
    bytes_ += bytes.size();
    return true;
  }
  std::string Read(uint64_t offset, uint64_t size) const override {
    return offset < file_->bytes.size() ? file_->bytes.substr(offset, size) : "";
  }
  bool Sync() const override {
    file_->synced = file_->bytes.size();
    return true;
  }
  void Delete() override { disk_.files_.erase(sequence_); }
  uint64_t bytes() const override { return bytes_; }

 private:
  void Put(absl::string_view bytes) {
    file_->bytes.resize(bytes_);
    file_->bytes.append(bytes.data(), bytes.size());
    file_->synced = std::min<size_t>(file_->synced, bytes_);
  }

  SpoolDisk& disk_;
  const uint64_t sequence_;
  const std::shared_ptr<File> file_;
  uint64_t bytes_;
};

class SpoolDisk::Folder : public SegmentFolder {
 public:
  explicit Folder(SpoolDisk& disk) : disk_(disk) {}

  absl::StatusOr<std::vector<uint64_t>> List() override {
    std::vector<uint64_t> sequences;
    for (const auto& [sequence, file] : disk_.files_) sequences.push_back(sequence);
    return sequences;
  }
  absl::StatusOr<std::shared_ptr<SegmentFile>> Open(uint64_t sequence) override {
    std::shared_ptr<File>& file = disk_.files_[sequence];
    if (file == nullptr) file = std::make_shared<File>();
    return std::make_shared<Segment>(disk_, sequence, file);
  }

 private:
  SpoolDisk& disk_;
};

std::unique_ptr<SegmentFolder> SpoolDisk::Mount() { return std::make_unique<Folder>(*this); }

void SpoolDisk::LosePower() {
  for (const auto& [sequence, file] : files_) {
    if (file->synced == file->bytes.size()) continue;
    world_.Hit(Mark::kSpoolTorn);
    const size_t unsynced = file->bytes.size() - file->synced;
    file->bytes.resize(file->synced + static_cast<size_t>(world_.Below(static_cast<int>(unsynced) + 1)));
    if (file->bytes.size() > file->synced && world_.Chance(0.5)) file->bytes.back() ^= 0x55;
    file->synced = file->bytes.size();
  }
}

}  // namespace tributary::sim
