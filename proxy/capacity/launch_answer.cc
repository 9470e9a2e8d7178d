#include "proxy/capacity/launch_answer.h"

namespace tributary {

std::string NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kYes:
      return "YES";
    case Verdict::kRisky:
      return "RISKY";
    case Verdict::kNo:
      return "NO";
    case Verdict::kUnknown:
      return "UNKNOWN";
  }
  return "";
}

}  // namespace tributary
