#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/instance_id.h"
#include "common/base/mutex.h"
#include "common/net/event_loop.h"
#include "common/rpc/delivery_client.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"

namespace tributary {

// Polls until `condition` holds or ten seconds are over.
inline bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return false;
}

// A proxy with agents of its own, over a real stream to one owner.
class FakeFleet {
 public:
  FakeFleet(int port, std::string cluster, absl::Duration interval)
      : cluster_(std::move(cluster)), scale_(interval), loop_("fleet") {
    client_ = std::make_unique<DeliveryClient>(
        loop_, DeliveryClient::Options{.address = "127.0.0.1:" + std::to_string(port)},
        DeliveryClient::Callbacks{[this] { opened_ = true; }, [this](v1::Down down) { Take(std::move(down)); },
                                  [this](const absl::Status&) { opened_ = false; }});
  }
  ~FakeFleet() {
    client_.reset();
    loop_.Stop();
  }

  bool WaitOpen() {
    return Eventually([&] { return opened_.load(); });
  }
  void SayHello(
      const InstanceId& instance, v1::Role role, IntervalIndex first,
      const std::function<void(v1::Hello&)>& change = [](v1::Hello&) {}) {
    v1::Up up = UpOf(instance);
    v1::Hello& hello = *up.mutable_hello();
    hello.set_protocol_version(1);
    hello.set_cluster(cluster_);
    hello.set_role(role);
    hello.set_host("host");
    hello.set_interval_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(scale_.length())));
    hello.set_partition_count(kPartitionCount);
    hello.set_first_interval(first);
    change(hello);
    Send(std::move(up));
  }
  void SendView(const InstanceId& proxy, const std::string& owner) {
    v1::Up up = UpOf(proxy);
    *up.mutable_view() = ToProto(View{1, 0, {{owner, "127.0.0.1:1", 1}}});
    Send(std::move(up));
  }
  void SendMarker(const InstanceId& agent, IntervalIndex interval, const std::vector<int>& partitions,
                  const v1::Books& books = v1::Books()) {
    PartitionSet set;
    for (const int partition : partitions) set.set(static_cast<size_t>(partition));
    v1::Up up = UpOf(agent);
    up.mutable_marker()->set_interval(interval);
    up.mutable_marker()->set_nonempty(EncodePartitions(set));
    if (books.accepted() > 0) *up.mutable_marker()->mutable_books() = books;
    Send(std::move(up));
  }
  void SendBlock(const InstanceId& agent, v1::Block block) {
    v1::Up up = UpOf(agent);
    *up.mutable_batch()->add_blocks() = std::move(block);
    Send(std::move(up));
  }
  static v1::Block BlockOf(const InstanceId& agent, IntervalIndex interval, PartitionId partition, double value) {
    UnitBuilder builder(agent);
    CounterAggregate counter;
    counter.Add(value, 1);
    TRIBUTARY_CHECK(builder.Add({"requests", {"env:prod"}, MetricType::kCounter}, counter, 1));
    return builder.Finish(interval, partition).front();
  }

  bool WasWelcomed(const InstanceId& instance) const {
    MutexLock lock(mutex_);
    return welcomed_.contains(instance);
  }
  std::string Refusal() const {
    MutexLock lock(mutex_);
    return refusal_;
  }
  bool WasCommitted(const InstanceId& agent, IntervalIndex interval, PartitionId partition) const {
    MutexLock lock(mutex_);
    return committed_.contains({agent, interval, partition});
  }
  std::vector<v1::BlockStatus> Statuses() const {
    MutexLock lock(mutex_);
    return statuses_;
  }
  bool MarkerWasTaken(IntervalIndex interval) const {
    MutexLock lock(mutex_);
    return markers_.contains(interval);
  }
  const IntervalScale& scale() const { return scale_; }

 private:
  static v1::Up UpOf(const InstanceId& instance) {
    v1::Up up;
    up.set_instance(std::string(instance.bytes()));
    return up;
  }
  void Send(v1::Up up) {
    loop_.RunAfter(absl::ZeroDuration(), [this, up = std::move(up)] { client_->Send(up); });
  }
  void Take(v1::Down down) {
    MutexLock lock(mutex_);
    const InstanceId instance = *InstanceId::FromBytes(down.instance());
    if (down.has_welcome()) welcomed_.insert(instance);
    if (down.has_refusal()) refusal_ = down.refusal().reason();
    for (const auto& blocks : down.received().blocks()) {
      statuses_.insert(statuses_.end(), static_cast<size_t>(blocks.partitions_size()), blocks.status());
    }
    for (const int64_t marker : down.received().markers()) markers_.insert(marker);
    for (const uint32_t partition : down.committed().partitions()) {
      committed_.insert({instance, down.committed().interval(), static_cast<PartitionId>(partition)});
    }
  }

  const std::string cluster_;
  const IntervalScale scale_;
  std::atomic<bool> opened_{false};
  mutable Mutex mutex_;
  std::set<InstanceId> welcomed_ ABSL_GUARDED_BY(mutex_);
  std::string refusal_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::BlockStatus> statuses_ ABSL_GUARDED_BY(mutex_);
  std::set<IntervalIndex> markers_ ABSL_GUARDED_BY(mutex_);
  std::set<std::tuple<InstanceId, IntervalIndex, PartitionId>> committed_ ABSL_GUARDED_BY(mutex_);
  EventLoop loop_;
  std::unique_ptr<DeliveryClient> client_;
};

}  // namespace tributary
