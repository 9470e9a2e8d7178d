#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace tributary {

// Figures as people read them.

std::string CountText(uint64_t count);             // 1,234,567
std::string DifferenceText(int64_t difference);    // -1,234,567
std::string RateText(double per_second);           // 0.3  47.1  1,234
std::string ShareText(double part, double whole);  // 0.4%  12%; nothing of nothing is 0%
std::string BytesText(double bytes);               // 512 B  1.5 KiB  20 MiB
std::string AgoText(absl::Duration duration);      // 1.2s  45s  3m10s  2h05m  4d3h
std::string TimeText(absl::Time time);             // 12:00:10, local

}  // namespace tributary
