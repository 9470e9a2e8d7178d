#include "cli/demo_report.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tributary {
namespace {

constexpr int kColumnWidth = 19;

std::string Clock(absl::Time time) { return absl::FormatTime("%H:%M:%S", time, absl::LocalTimeZone()); }

}  // namespace

DemoReport::DemoReport(std::FILE* out, IntervalScale scale, std::vector<double> quantiles)
    : out_(out), scale_(scale), quantiles_(std::move(quantiles)) {}

double DemoReport::MaxRankError(const std::vector<double>& sorted, const std::vector<double>& answered) const {
  double worst = 0;
  for (size_t k = 0; k < quantiles_.size(); ++k) worst = std::max(worst, RankError(sorted, quantiles_[k], answered[k]));
  return worst;
}

void DemoReport::PrintHeader() {
  absl::FPrintF(out_, "\nfleet latency in ms, cluster / exact\n%-9s %10s", "interval", "samples/s");
  for (const double q : quantiles_) absl::FPrintF(out_, " %*s", kColumnWidth, absl::StrCat("p", q * 100));
  absl::FPrintF(out_, " %12s  %-10s %s\n", "rank error", "counters", "users (set)");
  std::fflush(out_);
}

void DemoReport::AddInterval(IntervalIndex interval, uint64_t samples, const DemoFindings& findings) {
  ++intervals_;
  samples_ += samples;
  const std::string label = Clock(scale_.End(interval));
  const double samples_per_second = static_cast<double>(samples) / absl::ToDoubleSeconds(scale_.length());
  PrintLine(label, absl::StrFormat("%.0f", samples_per_second), findings);
  Judge(absl::StrCat("interval ending ", label), findings);
}

void DemoReport::AddRun(const DemoFindings& findings) {
  PrintLine("together", "", findings);
  Judge("intervals together", findings);
}

void DemoReport::PrintLine(const std::string& label, const std::string& samples_per_second,
                           const DemoFindings& findings) {
  absl::FPrintF(out_, "%-9s %10s", label, samples_per_second);
  for (size_t k = 0; k < quantiles_.size(); ++k) {
    const std::string answered = k < findings.answered.size() ? absl::StrFormat("%.3f", findings.answered[k]) : "?";
    const std::string exact = k < findings.exact.size() ? absl::StrFormat("%.3f", findings.exact[k]) : "?";
    absl::FPrintF(out_, " %*s", kColumnWidth, absl::StrCat(answered, " / ", exact));
  }
  absl::FPrintF(out_, " %9.4f pt  %-10s %.2f %% off%s\n", findings.max_rank_error * 100,
                findings.counters_off == 0 ? "exact" : absl::StrFormat("off by %g", findings.counters_off),
                findings.set_error * 100, findings.cut_short ? "  (cut short)" : "");
  std::fflush(out_);
}

void DemoReport::Judge(const std::string& of, const DemoFindings& findings) {
  const bool rank_counts = !findings.cut_short;
  if (rank_counts) worst_rank_error_ = std::max(worst_rank_error_, findings.max_rank_error);
  worst_set_error_ = std::max(worst_set_error_, findings.set_error);
  if (!findings.complete) AddFailure(absl::StrCat(of, ": not all samples arrived in time"));
  if (rank_counts && !(findings.max_rank_error <= kMaxRankError)) {
    AddFailure(absl::StrFormat("%s: rank error %.4f points, more than %.1f", of, findings.max_rank_error * 100,
                               kMaxRankError * 100));
  }
  if (findings.counters_off != 0) AddFailure(absl::StrFormat("%s: a counter is off by %g", of, findings.counters_off));
  if (findings.set_error > kMaxSetError)
    AddFailure(absl::StrFormat("%s: set off by %.2f %%", of, findings.set_error * 100));
}

void DemoReport::AddBooks(const AgentBooks& books, uint64_t sent, uint64_t lines_lost) {
  absl::FPrintF(out_, "\nbooks     sent %d; accepted %.0f = committed %.0f + dropped %.0f + pending %.0f\n", sent,
                books.accepted, books.committed, books.dropped, books.pending);
  if (lines_lost > 0) AddFailure(absl::StrCat(lines_lost, " samples were refused by an agent's socket"));
  // More is accepted when somebody else sends, too.
  if (books.accepted < static_cast<double>(sent)) AddFailure("the agents did not accept all that was sent");
  if (books.accepted != books.committed + books.dropped)
    AddFailure("the books do not balance: accepted != committed + dropped");
  if (books.dropped != 0) AddFailure("samples were dropped");
}

bool DemoReport::PrintVerdict() {
  if (intervals_ == 0) AddFailure("no interval was measured");
  if (failures_.empty()) {
    absl::FPrintF(out_,
                  "verdict   OK: %d intervals, %d samples; worst rank error %.4f points (bar %.1f), sets within %.2f "
                  "%% (bar %.1f)\n",
                  intervals_, samples_, worst_rank_error_ * 100, kMaxRankError * 100, worst_set_error_ * 100,
                  kMaxSetError * 100);
  } else {
    absl::FPrintF(out_, "verdict   NOT OK:\n");
    for (const std::string& failure : failures_) absl::FPrintF(out_, "          - %s\n", failure);
  }
  std::fflush(out_);
  return failures_.empty();
}

}  // namespace tributary
