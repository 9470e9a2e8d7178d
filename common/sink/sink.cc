#include "common/sink/sink.h"

namespace tributary {

absl::string_view SinkDropReasonName(SinkDropReason reason) {
  switch (reason) {
    case SinkDropReason::kRefused:
      return "refused";
    case SinkDropReason::kOutOfOrder:
      return "out_of_order";
    case SinkDropReason::kCollision:
      return "collision";
    case SinkDropReason::kNoPoints:
      return "no_points";
  }
  return "";
}

}  // namespace tributary
