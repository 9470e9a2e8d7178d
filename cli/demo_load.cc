#include "cli/demo_load.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"

namespace tributary {
namespace {

constexpr double kQuietStart = 0.04;
constexpr double kQuietEnd = 0.12;
constexpr size_t kUdpBytes = 1400;
constexpr size_t kUnixBytes = 8192;
constexpr size_t kMaxFinished = 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<DemoLoad>> DemoLoad::Start(const Clock& clock, IntervalScale scale, Fleet::Options fleet,
                                                          const std::vector<Address>& addresses, int max_intervals) {
  if (addresses.empty()) return absl::InvalidArgumentError("no agent to send to");
  std::unique_ptr<DemoLoad> load(new DemoLoad(clock, scale, fleet, max_intervals));
  TRIBUTARY_RETURN_IF_ERROR(load->Connect(addresses));
  load->thread_ = std::thread([raw = load.get()] { raw->Run(); });
  return load;
}

DemoLoad::~DemoLoad() { Stop(); }

absl::Status DemoLoad::Connect(const std::vector<Address>& addresses) {
  const size_t instances = static_cast<size_t>(fleet_.options().instances);
  sockets_.reserve(instances);
  for (size_t k = 0; k < instances; ++k) {
    const Address& address = addresses[k % addresses.size()];
    absl::StatusOr<DatagramSocket> socket = DatagramSocket::Connect(address);
    if (!socket.ok()) return socket.status();
    sockets_.push_back(*std::move(socket));
    const size_t max_bytes = address.is_unix() ? kUnixBytes : kUdpBytes;
    packers_.emplace_back(max_bytes, /*pack_values=*/k % 3 == 0, [this, k](absl::string_view payload) {
      if (!sockets_[k].Send(payload).ok()) refused_ = true;
    });
  }
  return absl::OkStatus();
}

std::unique_ptr<DemoLoad::Sent> DemoLoad::Take(absl::Duration timeout) {
  MutexLock lock(mutex_);
  if (finished_.empty()) finished_changed_.WaitFor(mutex_, timeout);
  if (finished_.empty()) return nullptr;
  std::unique_ptr<Sent> sent = std::move(finished_.front());
  finished_.pop_front();
  return sent;
}

void DemoLoad::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void DemoLoad::Run() {
  // The first interval is a whole one.
  IntervalIndex interval = scale_.At(clock_.Now()) + 1;
  start_ = scale_.Start(interval);
  for (int count = 0; !stopping_ && count < max_intervals_; ++count) {
    RunInterval(interval);
    interval = std::max(interval + 1, scale_.At(clock_.Now()));
  }
}

void DemoLoad::RunInterval(IntervalIndex interval) {
  const absl::Time first = scale_.Start(interval) + kQuietStart * scale_.length();
  const absl::Time last = scale_.End(interval) - kQuietEnd * scale_.length();
  auto sent = std::make_unique<Sent>();
  sent->interval = interval;
  for (absl::Time slot = first; slot < last; slot += fleet_.options().slot) {
    SleepUntil(slot);
    // A process that was held up skips what it missed rather than sending it in another interval.
    sent->cut_short = stopping_;
    if (stopping_ || clock_.Now() >= last) break;
    SendSlot((slot - start_) / fleet_.options().slot, *sent);
  }
  if (sent->exact.samples() == 0 && sent->lines_lost == 0) return;
  MutexLock lock(mutex_);
  if (finished_.size() < kMaxFinished) finished_.push_back(std::move(sent));
  finished_changed_.NotifyAll();
}

void DemoLoad::SendSlot(int64_t slot, Sent& sent) {
  for (int instance = 0; instance < fleet_.options().instances; ++instance) {
    const std::vector<Measurement> measured = fleet_.Slot(instance, slot);
    LinePacker& packer = packers_[static_cast<size_t>(instance)];
    refused_ = false;
    for (const Measurement& m : measured) packer.Add(m);
    packer.Flush();
    if (refused_) {
      sent.lines_lost += measured.size();
      continue;
    }
    for (const Measurement& m : measured) sent.exact.Add(m);
  }
}

void DemoLoad::SleepUntil(absl::Time time) const {
  while (!stopping_) {
    const absl::Duration left = time - clock_.Now();
    if (left <= absl::ZeroDuration()) return;
    absl::SleepFor(std::min(left, absl::Milliseconds(100)));
  }
}

}  // namespace tributary
