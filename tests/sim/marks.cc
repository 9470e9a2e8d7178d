#include "tests/sim/marks.h"

namespace tributary::sim {

absl::string_view MarkName(Mark mark) {
  static constexpr absl::string_view kNames[kMarks] = {"stream-broken",
                                                       "old-stream-speaks",
                                                       "partition",
                                                       "asymmetric-partition",
                                                       "flapping-partition",
                                                       "clock-jumped",
                                                       "agent-killed",
                                                       "agent-restarted",
                                                       "agent-left",
                                                       "proxy-killed",
                                                       "global-killed",
                                                       "killed-before-disk",
                                                       "killed-between-disk-and-ack",
                                                       "killed-between-sink-and-confirmation",
                                                       "paused-before-commit",
                                                       "zombie-commit",
                                                       "power-lost",
                                                       "torn-batch",
                                                       "disk-full",
                                                       "disk-lost",
                                                       "lost-disk-rebuilt",
                                                       "scaled",
                                                       "scaled-back-to-back",
                                                       "scaled-amid-kills",
                                                       "views-differed",
                                                       "takeover",
                                                       "takeover-pull",
                                                       "pull",
                                                       "partial-close",
                                                       "early-close",
                                                       "late-unit",
                                                       "late-version",
                                                       "superset",
                                                       "busy",
                                                       "conflict",
                                                       "cold-wait",
                                                       "sent-again",
                                                       "memory-drop",
                                                       "sink-timed-out",
                                                       "sink-repeat",
                                                       "stress"};
  return kNames[static_cast<int>(mark)];
}

}  // namespace tributary::sim
