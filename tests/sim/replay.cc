#include "tests/sim/replay.h"

#include <algorithm>
#include <utility>

namespace tributary::sim {

namespace {

constexpr IntervalIndex kMaxEmptyIntervals = 90;  // the horizon of owners

// The oldest interval that it may have data of.
IntervalIndex FirstOf(const Legacy& legacy, IntervalIndex otherwise) {
  IntervalIndex first = otherwise;
  for (const Legacy::Group& group : legacy.groups) first = std::min(first, group.interval);
  for (const v1::Marker& marker : legacy.markers) first = std::min<IntervalIndex>(first, marker.interval());
  return first;
}

}  // namespace

Replay::Replay(Options options, Node& node, const IntervalScale& scale, SpoolLog& log, SpoolWitness& witness,
               std::map<InstanceId, Legacy> legacies)
    : options_(std::move(options)),
      node_(node),
      scale_(scale),
      log_(log),
      witness_(witness),
      legacies_(std::move(legacies)) {}

void Replay::Begin() {
  const auto& [instance, legacy] = *legacies_.begin();
  UnitLedger::Options ledger = options_.ledger;
  ledger.instance = instance;
  ledger.supersedes = InstanceId();
  ledger.first_interval = FirstOf(legacy, options_.ledger.first_interval);
  current_ = deliveries_.emplace_back(std::make_unique<Delivery>()).get();
  current_->spool = log_.For(instance);
  current_->watched = witness_.Watch(instance, *current_->spool);
  current_->stream = options_.open(std::move(ledger), current_->watched.get());
  current_->stream->ledger().Inherit(node_.clock(), legacy);
  const IntervalIndex begin = legacy.final_interval.value_or(options_.ledger.first_interval) + 1;
  current_->next = std::max(begin, options_.ledger.first_interval - kMaxEmptyIntervals);
  options_.on_begin(instance);
  current_->stream->Connect();
}

void Replay::Tick() {
  if (stopped_ || legacies_.empty()) return;
  if (current_ == nullptr) Begin();
  UnitLedger& ledger = current_->stream->ledger();
  for (; current_->next < scale_.At(node_.clock()); ++current_->next) {
    ClosedInterval empty;
    empty.interval = current_->next;
    empty.marker.set_interval(current_->next);
    ledger.Close(node_.clock(), std::move(empty));
  }
  ledger.Hurry(node_.clock());
  current_->stream->Pump();
  if (!IsDelivered()) return;
  const auto legacy = legacies_.begin();
  if (legacy->second.final_interval) {
    ledger.SayGoodbye(current_->next - 1);
    current_->stream->Pump();
  }
  current_->stream->Close();
  log_.Finish(legacy->first);
  options_.on_delivered(legacy->first, legacy->second, ledger);
  legacies_.erase(legacy);
  current_ = nullptr;
}

bool Replay::IsDelivered() {
  const UnitLedger& ledger = current_->stream->ledger();
  if (!ledger.drained() || ledger.views().empty()) return false;
  if (!current_->last) current_->last = current_->next;
  return current_->next > *current_->last;
}

void Replay::Stop() {
  stopped_ = true;
  if (current_ == nullptr) return;
  current_->stream->Close();
  options_.on_stopped(legacies_.begin()->first);
}

}  // namespace tributary::sim
