#include "local/shard/shard_metrics.h"

namespace tributary {

ShardMetrics::ShardMetrics(Telemetry& telemetry)
    : accepted(telemetry.AddCounter("tributary_local_samples_accepted_total",
                                    "Samples read, once for every series that rules send them to.")),
      open(telemetry.AddGauge("tributary_local_samples_open",
                              "Accepted samples in intervals that have not been flushed yet.")) {
  for (int i = 0; i < kDropReasonCount; ++i) {
    dropped[i] =
        &telemetry.AddDropCounter("tributary_local_samples_dropped_total", "Accepted samples that came to nothing.",
                                  DropReasonName(static_cast<DropReason>(i)));
  }
  folded[0] = nullptr;
  for (int i = 1; i < kFoldReasonCount; ++i) {
    folded[i] = &telemetry.AddCounter("tributary_local_samples_folded_total",
                                      "Accepted samples that went to a series __other__ because of a limit.",
                                      {{"reason", std::string(FoldReasonName(static_cast<FoldReason>(i)))}});
  }
}

}  // namespace tributary
