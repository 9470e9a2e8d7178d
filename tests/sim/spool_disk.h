#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "local/spool/segment_folder.h"
#include "tests/sim/world.h"

namespace tributary::sim {

// A machine's disk, as a spool sees it: what was appended outlives the process. Of what was not synced a loss of power
// leaves a part, the end of it torn.
class SpoolDisk {
 public:
  explicit SpoolDisk(World& world) : world_(world) {}

  // For one life of a process, which ends before the disk.
  std::unique_ptr<SegmentFolder> Mount();
  // Whether writes fail. What they have written in part is cut off, or cannot even be.
  void Fill(bool full) { full_ = full; }
  bool full() const { return full_; }
  void LosePower();

 private:
  struct File {
    std::string bytes;
    size_t synced = 0;
  };
  class Folder;
  class Segment;

  World& world_;
  bool full_ = false;
  std::map<uint64_t, std::shared_ptr<File>> files_;  // by number
};

}  // namespace tributary::sim
