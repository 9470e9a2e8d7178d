#pragma once

#include <cstddef>
#include <cstdint>

#include "common/metric/series_key.h"

namespace tributary {

// How much of what clients can make up is kept. What is beyond the limits of series and tags is not lost: it is folded
// into the series of the same name and type whose tag is `__other__`, and decided upon again when series were
// forgotten.
struct LimitsConfig {
  // Series of the agent. Each costs about 0.5 KiB, and per interval a timer of 10 samples 0.4 KiB, a set of 10
  // members 0.2 KiB, twice that while the last interval is being flushed.
  size_t max_series = 200'000;
  // Series of one name: keeps one bad tag from taking the room of all.
  size_t max_series_per_metric = 100'000;
  // Series that one client has brought in and nobody before it: keeps one client from taking the room of all. The
  // processes behind an address, loopback's too, are one client.
  size_t max_series_per_client = 100'000;
  // Values of one tag in one metric. What is beyond keeps its other tags: only this one's value becomes `__other__`.
  size_t max_values_per_tag = 10'000;
  // New series: so many a second and a burst at once, of all clients and of each. What is beyond is folded, and decided
  // upon again in the next interval. 0: as many as there is room for.
  size_t new_series_per_second = 0;
  size_t new_series_burst = 100'000;
  size_t new_series_per_second_per_client = 0;
  size_t new_series_burst_per_client = 10'000;
  // Per shard and interval, values that are packed in a line counted each. What is beyond is dropped and counted as
  // `client_quota`. 0: no quota.
  uint64_t max_samples_per_client = 0;
  // Bytes of the names and tags of all series together.
  size_t max_key_bytes = 64 << 20;
  // Tags of a series, those that rules add included, and bytes of one; at most kMaxTags and kMaxTagBytes.
  size_t max_tags = kMaxTags;
  size_t max_tag_bytes = kMaxTagBytes;
  // A series without samples for so many intervals is forgotten, at the latest after twice as many. Less: new series
  // find room sooner; more: a series that comes and goes is not decided upon again.
  int idle_intervals = 30;
  // Per shard and interval. What is beyond is dropped and counted: events as `event_limit`, samples with a client
  // timestamp of an interval that has closed as `late_limit` (here it is series, summed over those intervals).
  size_t max_events = 1'000;
  size_t max_late_series = 10'000;
  // A longer text of a check is cut.
  size_t max_check_message_bytes = 4 << 10;
};

}  // namespace tributary
