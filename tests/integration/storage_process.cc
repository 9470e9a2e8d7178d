#include "tests/integration/storage_process.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kPollEvery = absl::Milliseconds(100);

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  TRIBUTARY_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  TRIBUTARY_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

std::string SeriesName(const nlohmann::json& metric) {
  std::string labels;
  for (const auto& [name, value] : metric.items()) {
    if (name != "__name__") absl::StrAppend(&labels, labels.empty() ? "" : ",", name, "=", value.get<std::string>());
  }
  return absl::StrCat(metric.at("__name__").get<std::string>(), "{", labels, "}");
}

double ToDouble(const nlohmann::json& text) {
  double value = 0;
  TRIBUTARY_CHECK(absl::SimpleAtod(text.get<std::string>(), &value));
  return value;
}

}  // namespace

StorageProcess::StorageProcess(Program program) : port_(FreePort()) {
  const std::string address = absl::StrCat("127.0.0.1:", port_);
  child_ = fork();
  if (program == Program::kVictoriaMetrics) {
    // With its defaults it hides the last half minute from queries, and keeps what is written again twice.
    if (child_ == 0) {
      Spawn({"victoria-metrics", absl::StrCat("-httpListenAddr=", address),
             absl::StrCat("-storageDataPath=", folder_.path()), "-retentionPeriod=1", "-search.latencyOffset=0s",
             "-dedup.minScrapeInterval=1ms"});
    }
    WaitUntilReady("/health");
  } else {
    const std::string config = folder_.path() + "/prometheus.yml";
    if (child_ == 0) {
      const bool out_of_order = program == Program::kPrometheusOutOfOrder;
      std::ofstream(config) << (out_of_order ? "storage: {tsdb: {out_of_order_time_window: 1h}}\n" : "global: {}\n");
      std::vector<std::string> words = {
          "prometheus", absl::StrCat("--config.file=", config), absl::StrCat("--storage.tsdb.path=", folder_.path()),
          absl::StrCat("--web.listen-address=", address), "--web.enable-remote-write-receiver"};
      if (program == Program::kPrometheusHistograms) words.push_back("--enable-feature=native-histograms");
      Spawn(words);
    }
    WaitUntilReady("/-/ready");
  }
}

StorageProcess::~StorageProcess() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
}

// In the child: becomes the program, which dies with the test.
void StorageProcess::Spawn(const std::vector<std::string>& arguments) const {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = open((folder_.path() + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  dprintf(STDERR_FILENO, "%s is not installed; ./dev deps test installs it\n", argv[0]);
  _exit(127);
}

void StorageProcess::WaitUntilReady(absl::string_view path) {
  const absl::Time deadline = absl::Now() + kPatience;
  HttpFetch fetch;
  fetch.url = url(path);
  for (; absl::Now() < deadline; absl::SleepFor(kPollEvery)) {
    const absl::StatusOr<HttpReply> reply = client_.Fetch(fetch);
    if (reply.ok() && reply->status == 200) return;
    if (waitpid(child_, nullptr, WNOHANG) == child_) {
      child_ = -1;
      break;
    }
  }
  std::ifstream log(folder_.path() + "/log");
  ADD_FAILURE() << "the storage does not come up:\n"
                << std::string(std::istreambuf_iterator<char>(log), std::istreambuf_iterator<char>());
}

std::string StorageProcess::url(absl::string_view path) const { return absl::StrCat("http://127.0.0.1:", port_, path); }

nlohmann::json StorageProcess::Ask(absl::string_view query, absl::Time at) {
  HttpFetch fetch;
  fetch.url =
      url(absl::StrCat("/api/v1/query?nocache=1&query=", PercentEncode(query), "&time=", absl::ToUnixSeconds(at)));
  const absl::StatusOr<HttpReply> reply = client_.Fetch(fetch);
  if (!reply.ok() || reply->status != 200) {
    ADD_FAILURE() << query << ": " << (reply.ok() ? reply->body : reply.status().ToString());
    return nlohmann::json::array();
  }
  return nlohmann::json::parse(reply->body)["data"]["result"];
}

StorageProcess::Samples StorageProcess::ReadAll(absl::Time end) {
  Samples samples;
  for (const nlohmann::json& series : Ask("{__name__!=\"\"}[1h]", end)) {
    for (const nlohmann::json& sample : series["values"]) {
      const int64_t unix_ms = std::llround(sample[0].get<double>() * 1000);
      samples[SeriesName(series["metric"])].emplace_back(unix_ms, ToDouble(sample[1]));
    }
  }
  return samples;
}

StorageProcess::Samples StorageProcess::WaitForSamples(size_t count, absl::Time end) {
  const absl::Time deadline = absl::Now() + kPatience;
  Samples samples;
  do {
    // VictoriaMetrics shows what it took at once when it is told to; Prometheus does anyway, and answers 404.
    HttpFetch flush;
    flush.url = url("/internal/force_flush");
    EXPECT_TRUE(client_.Fetch(flush).ok());
    samples = ReadAll(end);
    size_t seen = 0;
    for (const auto& [series, values] : samples) seen += values.size();
    if (seen >= count) break;
    absl::SleepFor(kPollEvery);
  } while (absl::Now() < deadline);
  return samples;
}

double StorageProcess::Query(absl::string_view query, absl::Time at) {
  const nlohmann::json result = Ask(query, at);
  if (result.size() != 1) {
    ADD_FAILURE() << query << " has " << result.size() << " values";
    return 0;
  }
  return ToDouble(result[0]["value"][1]);
}

}  // namespace tributary
