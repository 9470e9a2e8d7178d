// The program itself, with a proxy and an agent over a real stream; killed and started again.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/net/http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/global/receive/fake_fleet.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

constexpr PartitionId kPartition = 7;

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(ConfigPath()) << "interval: 1s\nnode_id: global-0\nexpected_agents: 1\n"
                                << "grpc: {listen: \"127.0.0.1:" << grpc_port_ << "\"}\n"
                                << "http: {listen: \"127.0.0.1:" << http_port_ << "\"}\n"
                                << "store: {path: \"" << dir_.path() << "/store\"}\n"
                                << "sinks: [{kind: json_lines, path: \"" << RowsPath() << "\"}]\n";
    Start();
  }
  void TearDown() override {
    if (pid_ > 0) Stop(SIGKILL);
  }
  std::string ConfigPath() const { return dir_.path() + "/global.yaml"; }
  std::string RowsPath() const { return dir_.path() + "/rows.jsonl"; }

  void Start() {
    pid_ = fork();
    if (pid_ == 0) {
      execl(TRIBUTARY_GLOBAL_PROGRAM, "tributary-global", "--config", ConfigPath().c_str(), nullptr);
      _exit(127);
    }
    fleet_ = std::make_unique<FakeFleet>(grpc_port_, "tributary", absl::Seconds(1));
    ASSERT_TRUE(fleet_->WaitOpen());
    fleet_->SayHello(proxy_, v1::ROLE_PROXY, 0);
    fleet_->SendView(proxy_, "global-0");
    fleet_->SayHello(agent_, v1::ROLE_AGENT, first_);
    ASSERT_TRUE(Eventually([&] { return fleet_->WasWelcomed(agent_); }));
  }
  int Stop(int signal) {
    fleet_.reset();
    kill(std::exchange(pid_, 0), signal);
    int status = 0;
    wait(&status);
    return status;
  }
  std::string Get(const std::string& path) {
    HttpClient client;
    const auto response = client.Fetch({.url = absl::StrCat("http://127.0.0.1:", http_port_, path)});
    return response.ok() ? response->body : std::string(response.status().message());
  }
  // As an agent does: again and again until it is committed. An interval ahead of the clock is refused for a while.
  bool Deliver(IntervalIndex interval, double value) {
    for (int attempt = 0; attempt < 50; ++attempt) {
      fleet_->SendMarker(agent_, interval, {kPartition});
      fleet_->SendBlock(agent_, FakeFleet::BlockOf(agent_, interval, kPartition, value));
      for (int wait = 0; wait < 50; ++wait) {
        if (fleet_->WasCommitted(agent_, interval, kPartition)) return true;
        absl::SleepFor(absl::Milliseconds(10));
      }
    }
    return false;
  }
  // The values of the rows that sinks got, by interval number; equal repetitions are one.
  std::map<int64_t, double> Rows() const {
    std::map<int64_t, double> rows;
    std::ifstream in(RowsPath());
    for (std::string line; std::getline(in, line);) lines_seen_.insert(line);
    for (const std::string& line : lines_seen_) {
      const auto row = nlohmann::json::parse(line);
      rows[row.at("start_unix_ms").get<int64_t>() / 1000] += row.at("value").get<double>();
    }
    return rows;
  }

  TempDir dir_;
  const int grpc_port_ = FreePort();
  const int http_port_ = FreePort();
  const InstanceId proxy_ = InstanceId::Random();
  const InstanceId agent_ = InstanceId::Random();
  const IntervalIndex first_ = IntervalScale(absl::Seconds(1)).At(absl::Now());
  mutable std::set<std::string> lines_seen_;
  pid_t pid_ = 0;
  std::unique_ptr<FakeFleet> fleet_;
};

TEST_F(ProgramTest, UnitsBecomeRowsOnceThroughKillsAndRestarts) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Deliver(first_ + i, 1 + i)) << i;
  Stop(SIGKILL);
  Start();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Deliver(first_ + i, 1 + i)) << "as if the answers had been lost";
  for (int i = 3; i < 8; ++i) ASSERT_TRUE(Deliver(first_ + i, 1 + i)) << i;
  EXPECT_TRUE(Eventually([&] {
    const std::string metrics = Get("/metrics");
    return metrics.find("tributary_global_samples_accepted_total 5\n") != std::string::npos &&
           metrics.find("tributary_global_samples_committed_total 5\n") != std::string::npos;
  }));
  EXPECT_EQ(Get("/readyz"), "ok\n");
  EXPECT_EQ(Stop(SIGTERM), 0);
  std::map<int64_t, double> expected;
  for (int i = 0; i < 8; ++i) expected[first_ + i] = 1 + i;
  EXPECT_EQ(Rows(), expected);
}

TEST_F(ProgramTest, CheckConfigTellsWhatIsWrong) {
  std::ofstream(dir_.path() + "/wrong.yaml") << "interval: 7s\n";
  const std::string command =
      absl::StrCat(TRIBUTARY_GLOBAL_PROGRAM, " --check-config --config ", dir_.path(), "/wrong.yaml 2>&1");
  FILE* out = popen(command.c_str(), "r");
  char text[512] = {};
  EXPECT_GT(fread(text, 1, sizeof text - 1, out), 0u);
  EXPECT_NE(pclose(out), 0);
  EXPECT_THAT(text, testing::HasSubstr("wrong.yaml:1: interval: must divide 60s"));
}

}  // namespace
}  // namespace tributary
