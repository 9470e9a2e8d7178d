#include "cli/demo.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <deque>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "cli/demo_cluster.h"
#include "cli/demo_load.h"
#include "cli/demo_report.h"
#include "cli/demo_rows.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/address.h"
#include "common/net/signal_waiter.h"

namespace tributary {
namespace {

constexpr absl::Duration kReadyTimeout = absl::Seconds(60);
// How long one interval may take to arrive: a killed owner is back well before, and longer is a finding.
constexpr absl::Duration kArrivalTimeout = absl::Seconds(60);
constexpr size_t kMaxRecent = 60;
constexpr absl::Duration kPoll = absl::Milliseconds(100);
const std::vector<double> kQuantiles = {0.5, 0.9, 0.99, 0.999};
constexpr absl::string_view kCounters[] = {Fleet::kRequests, Fleet::kErrors, Fleet::kCacheHits};

// The run so far, and how to compare it with the cluster.
class Demo {
 public:
  Demo(const DemoOptions& options, IntervalScale scale)
      : scale_(scale),
        cluster_(options.proxy, options.agent_urls),
        rows_(options.row_files, scale),
        report_(stdout, scale, kQuantiles) {}

  DemoCluster& cluster() { return cluster_; }
  DemoReport& report() { return report_; }
  int intervals() const { return intervals_; }

  void AddInterval(const DemoLoad::Sent& sent) {
    DemoFindings findings;
    findings.complete = WaitForRows(sent);
    Compare(sent.exact.Values(Fleet::kLatency), scale_.End(sent.interval), scale_.length(), findings);
    CompareRows(sent, findings);
    findings.cut_short = sent.cut_short;
    report_.AddInterval(sent.interval, sent.exact.samples(), findings);
    Remember(sent);
  }

  // The same question over all recent intervals at once.
  void AddRun() {
    if (recent_.empty()) return;
    std::vector<double> all;
    for (const auto& [interval, values] : recent_) all.insert(all.end(), values.begin(), values.end());
    std::sort(all.begin(), all.end());
    DemoFindings findings;
    findings.complete = true;
    const absl::Time end = scale_.End(recent_.back().first);
    Compare(all, end, end - scale_.Start(recent_.front().first), findings);
    report_.AddRun(findings);
  }

  void AddBooks() {
    const absl::Time end = absl::Now() + kArrivalTimeout;
    absl::StatusOr<AgentBooks> books = cluster_.Books();
    while ((!books.ok() || books->pending > 0) && absl::Now() < end) {
      absl::SleepFor(kPoll);
      books = cluster_.Books();
    }
    if (!books.ok()) return report_.AddFailure(books.status().ToString());
    report_.AddBooks(*books, samples_, lines_lost_);
  }

 private:
  bool RowsAreComplete(const DemoLoad::Sent& sent) const {
    const auto count = static_cast<double>(sent.exact.Values(Fleet::kLatency).size());
    if (rows_.Count(Fleet::kLatency, sent.interval) < count) return false;
    for (const absl::string_view name : kCounters) {
      if (rows_.Total(name, sent.interval) < sent.exact.Total(name)) return false;
    }
    return (rows_.Estimate(Fleet::kUsers, sent.interval) > 0) == (sent.exact.Distinct(Fleet::kUsers) > 0);
  }

  bool WaitForRows(const DemoLoad::Sent& sent) {
    const absl::Time end = absl::Now() + kArrivalTimeout;
    while (absl::Now() < end) {
      const absl::Status read = rows_.Read();
      if (!read.ok()) {
        report_.AddFailure(read.ToString());
        return false;
      }
      if (RowsAreComplete(sent)) return true;
      absl::SleepFor(kPoll);
    }
    return false;
  }

  void Compare(const std::vector<double>& sorted, absl::Time time, absl::Duration window, DemoFindings& findings) {
    if (sorted.empty()) {
      findings.max_rank_error = 0;
      return;
    }
    for (const double q : kQuantiles) findings.exact.push_back(ExactQuantile(sorted, q));
    absl::StatusOr<std::vector<double>> answered = cluster_.Quantiles(Fleet::kLatency, kQuantiles, time, window);
    // A proxy that has just been killed is back within moments.
    for (int attempt = 0; !answered.ok() && attempt < 100; ++attempt) {
      absl::SleepFor(kPoll);
      answered = cluster_.Quantiles(Fleet::kLatency, kQuantiles, time, window);
    }
    if (!answered.ok()) return report_.AddFailure(answered.status().ToString());
    findings.answered = *std::move(answered);
    findings.max_rank_error = report_.MaxRankError(sorted, findings.answered);
  }

  void CompareRows(const DemoLoad::Sent& sent, DemoFindings& findings) const {
    for (const absl::string_view name : kCounters) {
      const double off = rows_.Total(name, sent.interval) - sent.exact.Total(name);
      if (std::fabs(off) > std::fabs(findings.counters_off)) findings.counters_off = off;
    }
    const auto distinct = static_cast<double>(sent.exact.Distinct(Fleet::kUsers));
    if (distinct > 0) findings.set_error = std::fabs(rows_.Estimate(Fleet::kUsers, sent.interval) / distinct - 1);
  }

  void Remember(const DemoLoad::Sent& sent) {
    ++intervals_;
    recent_.emplace_back(sent.interval, sent.exact.Values(Fleet::kLatency));
    if (recent_.size() > kMaxRecent) recent_.pop_front();
    samples_ += sent.exact.samples();
    lines_lost_ += sent.lines_lost;
  }

  const IntervalScale scale_;
  DemoCluster cluster_;
  DemoRows rows_;
  DemoReport report_;
  int intervals_ = 0;
  std::deque<std::pair<IntervalIndex, std::vector<double>>> recent_;  // raw latencies
  uint64_t samples_ = 0;
  uint64_t lines_lost_ = 0;
};

absl::StatusOr<std::vector<Address>> ParseAgents(const std::vector<std::string>& texts) {
  std::vector<Address> addresses;
  for (const std::string& text : texts) {
    TRIBUTARY_ASSIGN_OR_RETURN(Address address, ParseAddress(text, Address::Kind::kUdp));
    addresses.push_back(std::move(address));
  }
  return addresses;
}

}  // namespace

absl::StatusOr<bool> RunDemo(const DemoOptions& options) {
  SignalWaiter signals;
  const SystemClock clock;
  const IntervalScale scale(options.interval);
  TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<Address> addresses, ParseAgents(options.agents));
  Demo demo(options, scale);
  TRIBUTARY_RETURN_IF_ERROR(demo.cluster().WaitUntilReady(kReadyTimeout));
  const int wanted =
      options.run_for ? static_cast<int>(std::ceil(absl::FDivDuration(*options.run_for, options.interval))) : INT_MAX;
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<DemoLoad> load,
                             DemoLoad::Start(clock, scale, options.fleet, addresses, wanted));

  demo.report().PrintHeader();
  bool stopped = false;
  while (!stopped && demo.intervals() < wanted) {
    if (const std::unique_ptr<DemoLoad::Sent> sent = load->Take(kPoll)) demo.AddInterval(*sent);
    stopped = signals.Wait(absl::ZeroDuration()).has_value();
  }
  load->Stop();
  // What was sent meanwhile belongs to the run as well.
  while (const std::unique_ptr<DemoLoad::Sent> sent = load->Take(absl::ZeroDuration())) demo.AddInterval(*sent);
  demo.AddRun();
  demo.AddBooks();
  return demo.report().PrintVerdict();
}

}  // namespace tributary
