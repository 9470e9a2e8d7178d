#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/net/http_client.h"
#include "nlohmann/json_fwd.hpp"
#include "tests/support/temp_dir.h"

namespace tributary {

// A storage of somebody else, started for one test on a loopback port, with its data in a folder that goes with it.
// A program that is not installed, or does not come up, fails the test. Thread-compatible.
class StorageProcess {
 public:
  // The second Prometheus takes samples out of order, up to an hour back; the third takes native histograms.
  enum class Program { kVictoriaMetrics, kPrometheus, kPrometheusOutOfOrder, kPrometheusHistograms };
  // "m{a=1}" -> its samples, (ms, value), in time order.
  using Samples = std::map<std::string, std::vector<std::pair<int64_t, double>>>;

  explicit StorageProcess(Program program);
  ~StorageProcess();
  StorageProcess(const StorageProcess&) = delete;
  StorageProcess& operator=(const StorageProcess&) = delete;

  std::string url(absl::string_view path) const;
  // Every sample of the hour before `end`, as stored.
  Samples ReadAll(absl::Time end);
  // The same, once there are `count` of them: storages show what they took after a while.
  Samples WaitForSamples(size_t count, absl::Time end);
  // The only value of an instant query; fails the test when there is not exactly one.
  double Query(absl::string_view query, absl::Time at);

 private:
  void Spawn(const std::vector<std::string>& arguments) const;
  void WaitUntilReady(absl::string_view path);
  nlohmann::json Ask(absl::string_view query, absl::Time at);

  const TempDir folder_;
  int port_ = 0;
  pid_t child_ = -1;
  HttpClient client_;
};

}  // namespace tributary
