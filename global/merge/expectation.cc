#include "global/merge/expectation.h"

#include <algorithm>
#include <utility>

namespace tributary {
namespace {

// Whether it is not known if the series has anything of this one.
bool IsNew(const SeriesRecord& record, const WindowStanding& standing, size_t i) {
  return standing.missing_since[i] > record.last_interval &&
         !std::binary_search(record.expected.begin(), record.expected.end(), standing.missing[i]);
}

bool IsKnown(const SeriesRecord& record, IntervalIndex interval, const WindowBookOptions& options) {
  return !record.expected.empty() && record.last_interval >= interval - options.lease;
}

}  // namespace

void SortUnique(RosterSlots& slots) {
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
}

double CoverageOf(const SeriesRecord& record, IntervalIndex interval, const WindowStanding& standing,
                  const WindowBookOptions& options) {
  if (standing.missing.empty()) return 1;
  if (!IsKnown(record, interval, options)) return standing.roster_coverage;
  size_t expected = record.expected.size();
  size_t missing = 0;
  for (size_t i = 0; i < standing.missing.size(); ++i) {
    const bool is_new = IsNew(record, standing, i);
    expected += is_new ? 1 : 0;
    const bool counts =
        is_new || std::binary_search(record.expected.begin(), record.expected.end(), standing.missing[i]);
    missing += counts ? 1 : 0;
  }
  return 1 - static_cast<double>(missing) / static_cast<double>(expected);
}

void ExpectNext(IntervalIndex interval, RosterSlots contributors, const WindowStanding& standing, const Roster& roster,
                const WindowBookOptions& options, SeriesRecord& record) {
  const bool is_known = IsKnown(record, interval, options);
  for (size_t i = 0; i < standing.missing.size(); ++i) {
    const RosterSlot slot = standing.missing[i];
    const bool expected = !is_known || IsNew(record, standing, i) ||
                          std::binary_search(record.expected.begin(), record.expected.end(), slot);
    if (expected && roster.IsAwaitedAt(slot, interval + 1)) contributors.push_back(slot);
  }
  SortUnique(contributors);
  if (contributors.size() > SeriesMemory::kMaxExpected) contributors.clear();
  record.expected = std::move(contributors);
}

void ExpectAlso(const RosterSlots& late, SeriesRecord& record) {
  if (record.expected.empty()) return;
  record.expected.insert(record.expected.end(), late.begin(), late.end());
  SortUnique(record.expected);
  if (record.expected.size() > SeriesMemory::kMaxExpected) record.expected.clear();
}

}  // namespace tributary
