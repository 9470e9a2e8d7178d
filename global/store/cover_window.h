#pragma once

#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace tributary {

// Which rows of one length a store has: those whose interval ends in (from, through]. Of the cluster's own length there
// may be later ones, of windows that are not sealed.
struct KeptRows {
  absl::Duration length;
  absl::Time from;
  absl::Time through;
};

// Rows of `length` whose interval ends in (from, to].
struct WindowPart {
  absl::Duration length;
  absl::Time from;
  absl::Time to;
  friend bool operator==(const WindowPart&, const WindowPart&) = default;
};

// The parts, in order of time and side by side, that make up the window (from, to] with as few rows as can be: the
// longest inside, shorter ones at the edges. Exact: what the parts hold are the shortest rows whose interval ends in
// the window, except where those are no longer kept; there a longer row counts when its own end lies in the window.
//
// `kept`: by ascending length, each a multiple of the one before; longer ones are kept at least as long.
std::vector<WindowPart> CoverWindow(absl::Time from, absl::Time to, absl::Span<const KeptRows> kept);

}  // namespace tributary
