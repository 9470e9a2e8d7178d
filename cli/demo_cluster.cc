#include "cli/demo_cluster.h"

#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

using nlohmann::json;

// Sum of all label sets of a metric in Prometheus text.
double SumOf(absl::string_view text, absl::string_view name) {
  double sum = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.substr(0, name.size()) != name) continue;
    const absl::string_view rest = line.substr(name.size());
    if (rest.empty() || (rest[0] != '{' && rest[0] != ' ')) continue;
    double value = 0;
    if (absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) sum += value;
  }
  return sum;
}

// "[0.5, 0.99]"
std::string ListOf(const std::vector<double>& numbers) { return absl::StrCat("[", absl::StrJoin(numbers, ", "), "]"); }

// By the label `quantile`.
absl::StatusOr<std::map<double, double>> ReadVector(const std::string& body) {
  const json reply = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!reply.is_object() || reply.value("status", "") != "success") return absl::InternalError(body.substr(0, 300));
  std::map<double, double> values;
  try {
    for (const json& item : reply.at("data").at("result")) {
      double quantile = NAN;
      double value = NAN;
      if (!absl::SimpleAtod(item.at("metric").at("quantile").get<std::string>(), &quantile) ||
          !absl::SimpleAtod(item.at("value").at(1).get<std::string>(), &value)) {
        return absl::InternalError(absl::StrCat("not a number in ", item.dump()));
      }
      values[quantile] = value;
    }
  } catch (const json::exception& error) {
    return absl::InternalError(absl::StrCat("unexpected answer: ", error.what()));
  }
  return values;
}

}  // namespace

AgentBooks& AgentBooks::operator+=(const AgentBooks& other) {
  accepted += other.accepted;
  committed += other.committed;
  dropped += other.dropped;
  pending += other.pending;
  return *this;
}

DemoCluster::DemoCluster(HttpTarget proxy, std::vector<std::string> agent_urls)
    : proxy_(std::move(proxy)), agent_urls_(std::move(agent_urls)) {}

absl::Status DemoCluster::WaitUntilReady(absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  std::vector<std::string> urls = agent_urls_;
  urls.push_back(proxy_.url);
  for (const std::string& url : urls) {
    absl::Status ready = Get(url + "/readyz").status();
    while (!ready.ok() && absl::Now() < end) {
      absl::SleepFor(absl::Milliseconds(100));
      ready = Get(url + "/readyz").status();
    }
    TRIBUTARY_RETURN_IF_ERROR(
        Annotate(ready, absl::StrCat(url, " is not ready after ", absl::FormatDuration(timeout))));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> DemoCluster::Quantiles(absl::string_view metric,
                                                           const std::vector<double>& quantiles, absl::Time time,
                                                           absl::Duration window) {
  const std::string expression =
      absl::StrFormat("quantile(%s, %s[%dms])", ListOf(quantiles), metric, absl::ToInt64Milliseconds(window));
  TRIBUTARY_ASSIGN_OR_RETURN(
      const std::string body,
      Get(absl::StrFormat("%s/api/v1/query?query=%s&time=%.3f", proxy_.url, PercentEncode(expression),
                          absl::ToDoubleSeconds(time - absl::UnixEpoch()))));
  TRIBUTARY_ASSIGN_OR_RETURN(const auto values, ReadVector(body));
  std::vector<double> found;
  for (const double q : quantiles) {
    const auto it = values.find(q);
    if (it == values.end()) return absl::NotFoundError(absl::StrCat("no ", metric, " at quantile ", q));
    found.push_back(it->second);
  }
  return found;
}

absl::StatusOr<AgentBooks> DemoCluster::Books() {
  AgentBooks books;
  for (const std::string& url : agent_urls_) {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::string text, Get(url + "/metrics"));
    books +=
        {SumOf(text, "tributary_local_samples_accepted_total"), SumOf(text, "tributary_local_samples_committed_total"),
         SumOf(text, "tributary_local_samples_dropped_total"), SumOf(text, "tributary_local_samples_pending")};
  }
  return books;
}

absl::StatusOr<std::string> DemoCluster::Get(const std::string& url) {
  HttpFetch fetch;
  TRIBUTARY_RETURN_IF_ERROR(HttpTarget({url, proxy_.ca_file, proxy_.token_file}).Fill("", fetch));
  fetch.timeout = absl::Seconds(5);
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpReply reply, http_.Fetch(fetch));
  if (reply.status != 200) return absl::UnavailableError(absl::StrCat(reply.status, " ", reply.body.substr(0, 300)));
  return reply.body;
}

}  // namespace tributary
