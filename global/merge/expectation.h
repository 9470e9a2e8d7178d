#pragma once

#include <vector>

#include "common/base/interval.h"
#include "global/merge/roster.h"
#include "global/merge/series_memory.h"
#include "global/merge/window_book.h"

namespace tributary {

// From which instances a series is expected, learned from those that contributed to it. A record without any expects
// nothing: the roster speaks for it. At most SeriesMemory::kMaxExpected are kept; beyond, the record forgets them all.
// Functions of their arguments; thread-compatible.

// Who is missing in a window, at the moment of a commit.
struct WindowStanding {
  std::vector<RosterSlot> missing;           // sorted
  std::vector<IntervalIndex> missing_since;  // their first intervals
  double roster_coverage = 1;                // share of the expected instances that are not missing
};

// How much is here of those that a series is expected from in an interval. Of an instance that had not begun at its
// last row nothing is known, so that it is expected too.
double CoverageOf(const SeriesRecord& record, IntervalIndex interval, const WindowStanding& standing,
                  const WindowBookOptions& options);

void SortUnique(RosterSlots& slots);

// Makes `record` expect in interval + 1: who contributed in `interval`, and who should have, or may have, and is
// missing, unless it can have nothing there.
void ExpectNext(IntervalIndex interval, RosterSlots contributors, const WindowStanding& standing, const Roster& roster,
                const WindowBookOptions& options, SeriesRecord& record);

// Who came after a row of the series is expected in its next one: it has something, and is slow.
void ExpectAlso(const RosterSlots& late, SeriesRecord& record);

}  // namespace tributary
