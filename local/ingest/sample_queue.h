#pragma once

#include <array>
#include <cstddef>

#include "local/shard/shard.h"

namespace tributary {

// Hands a shard the samples of a datagram a dozen at a time: what the series table needs for each is on its way from
// memory while the lines after it are parsed. In order; checks, events and packed values wait for those before them.
// Threads: owned by one reader, as its shard is.
class SampleQueue : public SampleReceiver {
 public:
  explicit SampleQueue(Shard& shard) : shard_(shard) {}

  // What `sample` views must stay until Flush.
  void Add(const Sample& sample) override;
  void Add(const CheckSample& check) override;
  void Add(const EventSample& event) override;
  void Flush();

 private:
  static constexpr size_t kMaxWaiting = 12;

  struct Waiting {
    Sample sample;
    double value = 0;
    Hash128 hash;
  };

  Shard& shard_;
  std::array<Waiting, kMaxWaiting> waiting_;
  size_t count_ = 0;
};

}  // namespace tributary
