#include "common/telemetry/process_metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "tests/common/telemetry/metric_text.h"

namespace tributary {
namespace {

TEST(ProcessMetricsTest, TheProcessIsDescribed) {
  Telemetry telemetry;
  const auto readings = AddProcessMetrics(telemetry);
  const auto samples = ReadMetricText(telemetry.Serialize());
  EXPECT_GT(samples.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(samples.at("process_cpu_seconds_total"), 0);
  EXPECT_GT(samples.at("process_max_fds"), samples.at("process_open_fds"));
  EXPECT_NEAR(samples.at("process_start_time_seconds"), static_cast<double>(absl::ToUnixSeconds(absl::Now())), 3600);
}

TEST(ProcessMetricsTest, AnOpenFileIsOneMore) {
  Telemetry telemetry;
  const auto readings = AddProcessMetrics(telemetry);
  const double before = ReadMetricText(telemetry.Serialize()).at("process_open_fds");
  const int file = open("/dev/null", O_RDONLY);
  EXPECT_EQ(ReadMetricText(telemetry.Serialize()).at("process_open_fds"), before + 1);
  close(file);
}

}  // namespace
}  // namespace tributary
