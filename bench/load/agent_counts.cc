#include "bench/load/agent_counts.h"

#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace tributary {
namespace {

struct Field {
  absl::string_view metric;
  double AgentCounts::*field;
};
constexpr std::array<Field, 6> kFields = {{
    {"tributary_local_datagrams_total", &AgentCounts::datagrams},
    {"tributary_local_lines_total", &AgentCounts::lines},
    {"tributary_local_lines_rejected_total", &AgentCounts::lines_rejected},
    {"tributary_local_samples_accepted_total", &AgentCounts::samples_accepted},
    {"tributary_local_samples_dropped_total", &AgentCounts::samples_dropped},
    {"tributary_local_kernel_drops_total", &AgentCounts::kernel_drops},
}};

constexpr absl::Duration kPoll = absl::Milliseconds(100);
constexpr int kQuietPolls = 10;

}  // namespace

AgentCounts operator-(const AgentCounts& a, const AgentCounts& b) {
  AgentCounts difference;
  for (const Field& field : kFields) difference.*field.field = a.*field.field - b.*field.field;
  return difference;
}

AgentCounts ParseAgentCounts(absl::string_view metrics) {
  AgentCounts counts;
  for (const absl::string_view line : absl::StrSplit(metrics, '\n')) {
    const absl::string_view name = line.substr(0, line.find_first_of("{ "));
    for (const Field& field : kFields) {
      double value = 0;
      if (name == field.metric && absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) {
        counts.*field.field += value;
      }
    }
  }
  return counts;
}

absl::StatusOr<AgentCounts> FetchAgentCounts(HttpClient& client, const std::string& url) {
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpReply reply, client.Fetch({.url = url + "/metrics"}));
  if (reply.status != 200) return absl::UnavailableError(absl::StrCat(url, "/metrics answers ", reply.status));
  return ParseAgentCounts(reply.body);
}

absl::StatusOr<AgentCounts> AwaitLines(HttpClient& client, const std::string& url, const AgentCounts& before,
                                       double lines, absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  AgentCounts last = before;
  for (int quiet = 0;;) {
    TRIBUTARY_ASSIGN_OR_RETURN(const AgentCounts now, FetchAgentCounts(client, url));
    quiet = now == last ? quiet + 1 : 0;
    last = now;
    if (now.lines - before.lines >= lines || quiet >= kQuietPolls || absl::Now() >= end) return now;
    absl::SleepFor(kPoll);
  }
}

}  // namespace tributary
