#include "bench/load/generator.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "bench/load/pacer.h"
#include "bench/load/process_usage.h"
#include "bench/load/sender.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr size_t kBatch = 64;
constexpr absl::Duration kMaxSleep = absl::Milliseconds(100);
// Waking more often costs more than the sending.
constexpr absl::Duration kTick = absl::Milliseconds(1);

// One thread's part of the load.
class Part {
 public:
  Part(const Deck& deck, const LoadOptions& options, int index, Sender sender, const Clock& clock)
      : deck_(deck),
        stride_(static_cast<size_t>(options.senders)),
        next_(static_cast<size_t>(index) % deck.size()),
        sender_(std::move(sender)),
        clock_(clock),
        start_(clock.Now()),
        end_(start_ + options.duration),
        pacer_(options.lines_per_second / options.senders, options.max_burst, start_) {
    const auto parts = static_cast<uint64_t>(options.senders);
    limit_ = options.lines == 0
                 ? std::numeric_limits<uint64_t>::max()
                 : options.lines / parts + (static_cast<uint64_t>(index) < options.lines % parts ? 1 : 0);
  }

  void Run() {
    const double cpu_before = ThreadCpuSeconds();
    while (Offered() < limit_ && clock_.Now() < end_) {
      const uint64_t allowed = std::min(limit_, pacer_.Allowed(clock_.Now(), Next()));
      if (!SendUpTo(allowed)) Wait();
    }
    counts_.time = clock_.Now() - start_;
    counts_.delay = pacer_.delay();
    counts_.cpu_seconds = ThreadCpuSeconds() - cpu_before;
    sender_.Finish();
  }

  const LoadCounts& counts() const { return counts_; }

 private:
  uint64_t Offered() const { return counts_.lines + counts_.lines_refused; }
  uint64_t Next() const { return std::min(limit_, Offered() + deck_.lines(next_)); }

  // A batch of whole payloads, but for the last of all. False: none may be sent yet.
  bool SendUpTo(uint64_t allowed) {
    batch_.clear();
    lines_.clear();
    uint64_t lines = Offered();
    while (batch_.size() < kBatch && lines < limit_) {
      const uint64_t count = std::min(deck_.lines(next_), limit_ - lines);
      if (lines + count > allowed) break;
      const absl::string_view payload = deck_.payload(next_);
      batch_.push_back(count == deck_.lines(next_) ? payload : FirstLines(payload, count));
      lines_.push_back(count);
      lines += count;
      next_ = (next_ + stride_) % deck_.size();
    }
    SendBatch();
    return !batch_.empty();
  }

  void SendBatch() {
    for (size_t i = 0; i < batch_.size();) {
      const size_t sent = sender_.Send(absl::MakeConstSpan(batch_).subspan(i));
      for (const size_t end = i + sent; i < end; ++i) {
        counts_.lines += lines_[i];
        counts_.bytes += batch_[i].size();
        ++counts_.payloads;
      }
      if (i < batch_.size()) counts_.lines_refused += lines_[i++];
    }
  }

  void Wait() {
    const absl::Duration left = pacer_.TimeOf(Next()) - clock_.Now();
    absl::SleepFor(std::clamp(left, kTick, kMaxSleep));
  }

  const Deck& deck_;
  const size_t stride_;
  size_t next_;
  Sender sender_;
  const Clock& clock_;
  const absl::Time start_;
  const absl::Time end_;
  Pacer pacer_;
  uint64_t limit_;
  std::vector<absl::string_view> batch_;
  std::vector<uint64_t> lines_;
  LoadCounts counts_;
};

void Merge(const LoadCounts& part, LoadCounts& all) {
  all.lines += part.lines;
  all.payloads += part.payloads;
  all.bytes += part.bytes;
  all.lines_refused += part.lines_refused;
  all.time = std::max(all.time, part.time);
  all.delay = std::max(all.delay, part.delay);
  all.cpu_seconds += part.cpu_seconds;
}

}  // namespace

absl::StatusOr<LoadCounts> SendLoad(const Deck& deck, const LoadOptions& options, const Clock& clock) {
  if (deck.size() == 0) return absl::InvalidArgumentError("nothing to send");
  std::vector<Sender> senders;
  for (int i = 0; i < options.senders; ++i) {
    TRIBUTARY_ASSIGN_OR_RETURN(Sender sender, Sender::Connect(options.to, options.tls));
    senders.push_back(std::move(sender));
  }
  std::vector<std::unique_ptr<Part>> parts;
  std::vector<std::thread> threads;
  for (int i = 0; i < options.senders; ++i) {
    parts.push_back(std::make_unique<Part>(deck, options, i, std::move(senders[static_cast<size_t>(i)]), clock));
    threads.emplace_back([part = parts.back().get()] { part->Run(); });
  }
  LoadCounts counts;
  for (size_t i = 0; i < parts.size(); ++i) {
    threads[i].join();
    Merge(parts[i]->counts(), counts);
  }
  return counts;
}

}  // namespace tributary
