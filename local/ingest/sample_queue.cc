#include "local/ingest/sample_queue.h"

namespace tributary {

void SampleQueue::Add(const Sample& sample) {
  if (sample.values.size() > 1) {
    Flush();
    shard_.Add(sample);
    return;
  }
  if (count_ == kMaxWaiting) Flush();
  Waiting& waiting = waiting_[count_++];
  waiting.sample = sample;
  if (!sample.values.empty()) {
    waiting.value = sample.values.front();
    waiting.sample.values = absl::MakeConstSpan(&waiting.value, 1);
  }
  waiting.hash = shard_.Prefetch(sample);
}

void SampleQueue::Add(const CheckSample& check) {
  Flush();
  shard_.Add(check);
}

void SampleQueue::Add(const EventSample& event) {
  Flush();
  shard_.Add(event);
}

void SampleQueue::Flush() {
  for (size_t i = 0; i < count_; ++i) shard_.Add(waiting_[i].sample, waiting_[i].hash);
  count_ = 0;
}

}  // namespace tributary
