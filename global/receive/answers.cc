#include "global/receive/answers.h"

#include <iterator>
#include <map>

#include "common/base/check.h"

namespace tributary {
namespace {

v1::BlockStatus ToProto(UnitStatus status) {
  switch (status) {
    case UnitStatus::kOk:
      return v1::BLOCK_STATUS_OK;
    case UnitStatus::kDuplicate:
      return v1::BLOCK_STATUS_DUPLICATE;
    case UnitStatus::kUnavailable:
      return v1::BLOCK_STATUS_UNAVAILABLE;
    case UnitStatus::kBusy:
      return v1::BLOCK_STATUS_BUSY;
    case UnitStatus::kInvalid:
      return v1::BLOCK_STATUS_INVALID;
    case UnitStatus::kTooOld:
      return v1::BLOCK_STATUS_TOO_OLD;
    case UnitStatus::kTooNew:
      return v1::BLOCK_STATUS_TOO_NEW;
    case UnitStatus::kConflict:
      return v1::BLOCK_STATUS_CONFLICT;
  }
  return v1::BLOCK_STATUS_UNSPECIFIED;
}

template <class T>
void MoveTo(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void Append(WindowOutputs more, WindowOutputs& out) {
  MoveTo(more.welcomes, out.welcomes);
  MoveTo(more.received, out.received);
  MoveTo(more.markers, out.markers);
  MoveTo(more.committed, out.committed);
  MoveTo(more.pulls, out.pulls);
  if (!more.commit) return;
  TRIBUTARY_CHECK(!out.commit);
  out.commit = std::move(more.commit);
}

std::vector<std::pair<InstanceId, v1::Received>> ReceivedBy(const WindowOutputs& out) {
  std::map<InstanceId, std::map<std::pair<IntervalIndex, UnitStatus>, v1::Received::Blocks>> blocks;
  for (const auto& [name, status] : out.received) {
    v1::Received::Blocks& same = blocks[name.instance][{name.interval, status}];
    same.set_interval(name.interval);
    same.set_status(ToProto(status));
    same.add_partitions(name.partition);
    same.add_chunks(name.chunk);
  }
  std::map<InstanceId, v1::Received> received;
  for (auto& [instance, by_status] : blocks) {
    for (auto& [key, same] : by_status) *received[instance].add_blocks() = std::move(same);
  }
  for (const auto& [instance, interval] : out.markers) received[instance].add_markers(interval);
  return {received.begin(), received.end()};
}

std::vector<std::pair<InstanceId, v1::Committed>> CommittedBy(const WindowOutputs& out) {
  std::map<std::pair<InstanceId, IntervalIndex>, v1::Committed> by_interval;
  for (const UnitName& name : out.committed) {
    v1::Committed& committed = by_interval[{name.instance, name.interval}];
    committed.set_interval(name.interval);
    committed.add_partitions(name.partition);
    committed.add_chunks(name.chunk);
  }
  std::vector<std::pair<InstanceId, v1::Committed>> all;
  for (auto& [key, committed] : by_interval) all.emplace_back(key.first, std::move(committed));
  return all;
}

}  // namespace tributary
