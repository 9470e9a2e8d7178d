#include "local/source/host/kernel_stats.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <random>
#include <string>

namespace tributary {
namespace {

using ::testing::ElementsAre;

// Linux 6.18, a virtual machine of two CPUs.
constexpr char kStat618[] =
    "cpu  3012123 1599330 443536 2979600 12282 0 9715 2202 0 0\n"
    "cpu0 1479331 794117 213215 1534103 3394 0 3251 1101 0 0\n"
    "cpu1 1532791 805213 230320 1445497 8888 0 6463 1101 0 0\n"
    "intr 51234567 0 9 0 0 0 0 0 0 0 0\n"
    "ctxt 84435808\nbtime 1795371072\nprocesses 851632\nprocs_running 15\nprocs_blocked 1\n"
    "softirq 54681867 0 2451660 3946 41128963 2919154 0 457 2163767 94017 5919903\n";
// Linux 2.4 had four modes and no list of processes.
constexpr char kStat24[] = "cpu  10132153 290696 3084719 46828483\ncpu0 10132153 290696 3084719 46828483\n";

TEST(CpuStatTest, ReadsAModernKernels) {
  const auto stat = ParseCpuStat(kStat618);
  ASSERT_TRUE(stat.has_value());
  EXPECT_THAT(stat->ticks, ElementsAre(3012123, 1599330, 443536, 2979600, 12282, 0, 9715, 2202));
  EXPECT_EQ(stat->cpus, 2u);
  EXPECT_EQ(stat->boot_unix_seconds, 1795371072u);
  EXPECT_EQ(stat->processes_created, 851632u);
  EXPECT_EQ(stat->processes_running, 15u);
  EXPECT_EQ(stat->processes_blocked, 1u);
}

TEST(CpuStatTest, ReadsAnOldKernelsFourModes) {
  const auto stat = ParseCpuStat(kStat24);
  ASSERT_TRUE(stat.has_value());
  EXPECT_THAT(stat->ticks, ElementsAre(10132153, 290696, 3084719, 46828483, 0, 0, 0, 0));
  EXPECT_EQ(stat->cpus, 1u);
}

TEST(CpuStatTest, RefusesWhatHasNoTicks) {
  for (const char* text : {"", "\n\n", "cpu", "cpu  1 2 3", "cpu a b c d", "cpu0 1 2 3 4\n", "ctxt 1\n"}) {
    EXPECT_FALSE(ParseCpuStat(text).has_value()) << text;
  }
}

TEST(MemoryInfoTest, ReadsAModernKernelsInBytes) {
  const auto info = ParseMemoryInfo(
      "MemTotal:       24684084 kB\nMemFree:        15447964 kB\nMemAvailable:   21016308 kB\n"
      "Buffers:           43760 kB\nCached:          5219704 kB\nSwapCached:            0 kB\n"
      "SwapTotal:       1000000 kB\nSwapFree:         400000 kB\nShmem:              8872 kB\n"
      "SReclaimable:     648676 kB\nHugePages_Total:       0\n");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->total, 25276502016u);
  EXPECT_EQ(info->free, 15818715136u);
  EXPECT_EQ(info->available, 21520699392u);
  EXPECT_EQ(info->buffers, 44810240u);
  EXPECT_EQ(info->cached, 5344976896u);
  EXPECT_EQ(info->shared, 9084928u);
  EXPECT_EQ(info->swap_total, 1024000000u);
  EXPECT_EQ(info->swap_free, 409600000u);
}

// CentOS 6's 2.6.32 has no MemAvailable: as `free` estimates it there.
TEST(MemoryInfoTest, EstimatesWhatIsAvailableOnOldKernels) {
  const auto info =
      ParseMemoryInfo("MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 300 kB\nSReclaimable: 25 kB\n");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->available, 475u * 1024);
}

TEST(MemoryInfoTest, NeverHasMoreAvailableThanThereIs) {
  EXPECT_EQ(ParseMemoryInfo("MemTotal: 10 kB\nMemAvailable: 11 kB\n")->available, 10240u);
}

TEST(MemoryInfoTest, RefusesWhatHasNoTotal) {
  for (const char* text : {"", "MemFree: 1 kB", "MemTotal: x kB", "MemTotal: 18446744073709551615 kB"}) {
    EXPECT_FALSE(ParseMemoryInfo(text).has_value()) << text;
  }
}

TEST(PagingStatTest, ReadsFaultsSwapsAndKills) {
  const auto stat =
      ParsePagingStat("nr_free_pages 3861991\npswpin 3\npswpout 4\npgfault 500\npgmajfault 20\noom_kill 2\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->faults, 500u);
  EXPECT_EQ(stat->major_faults, 20u);
  EXPECT_EQ(stat->swapped_in, 3u);
  EXPECT_EQ(stat->swapped_out, 4u);
  EXPECT_EQ(stat->oom_kills, 2u);
  EXPECT_FALSE(ParsePagingStat("pswpin 3\n").has_value());
}

TEST(LoadAverageTest, ReadsThree) {
  EXPECT_THAT(*ParseLoadAverage("9.89 10.48 7.90 14/625 8346\n"), ElementsAre(9.89, 10.48, 7.90));
  for (const char* text : {"", "1 2", "nan 1 1", "inf 1 1", "-1 1 1"}) {
    EXPECT_FALSE(ParseLoadAverage(text).has_value()) << text;
  }
}

TEST(FileHandlesTest, TakesTheUnusedOff) {
  const auto handles = ParseFileHandles("4769\t69\t9223372036854775807\n");
  ASSERT_TRUE(handles.has_value());
  EXPECT_EQ(handles->used, 4700u);
  EXPECT_EQ(handles->limit, 9223372036854775807u);
  for (const char* text : {"", "1 0", "1 2 3"}) EXPECT_FALSE(ParseFileHandles(text).has_value()) << text;
}

TEST(PressureTest, ReadsTotals) {
  const auto pressure = ParsePressure(
      "some avg10=0.49 avg60=0.99 avg300=0.72 total=253542716\nfull avg10=0.00 avg60=0.00 avg300=0.00 "
      "total=77264786\n");
  ASSERT_TRUE(pressure.has_value());
  EXPECT_EQ(pressure->some_us, 253542716u);
  EXPECT_EQ(pressure->full_us, 77264786u);
}

// Before Linux 5.13 that of CPU had no such line.
TEST(PressureTest, MayHaveNoFull) {
  const auto pressure = ParsePressure("some avg10=98.35 avg60=98.06 avg300=97.31 total=16984747144\n");
  ASSERT_TRUE(pressure.has_value());
  EXPECT_FALSE(pressure->full_us.has_value());
  for (const char* text : {"", "full total=1", "some avg10=1", "some total=-1"}) {
    EXPECT_FALSE(ParsePressure(text).has_value()) << text;
  }
}

// Whatever the bytes: no parser crashes, and sanitizers have nothing to say.
TEST(KernelStatsTest, TakesAnyBytes) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string whole = std::string(kStat618) + "MemTotal: 1 kB\npgfault 1\nsome total=1\n1.0 2.0 3.0\n1 0 2\n";
  for (int i = 0; i < 2000; ++i) {
    std::string text = whole.substr(random() % whole.size(), random() % whole.size());
    for (int flips = random() % 8; flips > 0 && !text.empty(); --flips) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    const auto stat = ParseCpuStat(text);
    const auto info = ParseMemoryInfo(text);
    const auto load = ParseLoadAverage(text);
    EXPECT_TRUE(!stat.has_value() || stat->cpus <= text.size());
    EXPECT_TRUE(!info.has_value() || info->available <= info->total);
    EXPECT_TRUE(!load.has_value() || (*load)[2] >= 0);
    ParseFileHandles(text);
    ParsePagingStat(text);
    ParsePressure(text);
  }
}

}  // namespace
}  // namespace tributary
