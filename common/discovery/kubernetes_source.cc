#include "common/discovery/kubernetes_source.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {

namespace {

constexpr int kGone = 410;
constexpr absl::Duration kListTimeout = absl::Seconds(30);

absl::StatusOr<std::string> ReadToken(const std::string& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const absl::string_view token = absl::StripAsciiWhitespace(text);
  if (token.empty()) return absl::NotFoundError(absl::StrCat("no token in ", file));
  return std::string(token);
}

absl::Status StatusOf(const HttpReply& reply, absl::string_view what) {
  if (reply.status / 100 == 2) return absl::OkStatus();
  const std::string message = absl::StrCat(what, " EndpointSlices: HTTP ", reply.status);
  return reply.status == kGone ? absl::OutOfRangeError(message) : absl::UnavailableError(message);
}

}  // namespace

KubernetesSource::KubernetesSource(Options options, Telemetry& telemetry, OnMembers on_members)
    : options_(std::move(options)),
      on_members_(std::move(on_members)),
      metrics_(telemetry, "kubernetes"),
      slices_(options_.port),
      loop_(metrics_, [this](HttpClient& client) { return Ask(client); }) {}

absl::Status KubernetesSource::Ask(HttpClient& client) {
  if (slices_.resource_version().empty()) TRIBUTARY_RETURN_IF_ERROR(List(client));
  absl::Status status = Watch(client);
  // A broken stream goes on where it was; for anything else a list is the cure.
  const bool lost_its_place = absl::IsOutOfRange(status) || absl::IsInvalidArgument(status);
  if (lost_its_place || absl::IsResourceExhausted(status)) slices_.ForgetVersion();
  return absl::IsOutOfRange(status) ? absl::OkStatus() : status;
}

absl::Status KubernetesSource::List(HttpClient& client) {
  TRIBUTARY_ASSIGN_OR_RETURN(HttpFetch fetch, Request(""));
  fetch.timeout = kListTimeout;
  fetch.max_response_bytes = kMaxListBytes;
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpReply reply, client.Fetch(fetch));
  TRIBUTARY_RETURN_IF_ERROR(StatusOf(reply, "list"));
  TRIBUTARY_RETURN_IF_ERROR(slices_.Replace(reply.body));
  Tell();
  return absl::OkStatus();
}

absl::Status KubernetesSource::Watch(HttpClient& client) {
  const int64_t seconds = absl::ToInt64Seconds(options_.watch);
  TRIBUTARY_ASSIGN_OR_RETURN(HttpFetch fetch,
                             Request(absl::StrCat("&watch=1&allowWatchBookmarks=true&timeoutSeconds=", seconds,
                                                  "&resourceVersion=", slices_.resource_version())));
  fetch.timeout = options_.watch + kListTimeout;
  std::string line;
  absl::Status status;
  fetch.on_body = [&](absl::string_view piece) {
    for (size_t end = piece.find('\n'); status.ok() && end != absl::string_view::npos; end = piece.find('\n')) {
      absl::StrAppend(&line, piece.substr(0, end));
      piece.remove_prefix(end + 1);
      if (!absl::StripAsciiWhitespace(line).empty()) status = slices_.Apply(line);
      line.clear();
      if (status.ok()) Tell();
    }
    absl::StrAppend(&line, piece);
    if (line.size() > kMaxEventBytes) status = absl::ResourceExhaustedError("an event of the watch is too large");
    return status.ok();
  };
  const absl::StatusOr<HttpReply> reply = client.Fetch(fetch);
  TRIBUTARY_RETURN_IF_ERROR(status);
  TRIBUTARY_RETURN_IF_ERROR(reply.status());
  return StatusOf(*reply, "watch");
}

absl::StatusOr<HttpFetch> KubernetesSource::Request(absl::string_view parameters) const {
  HttpFetch fetch;
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string token, ReadToken(options_.token_file));
  fetch.url =
      absl::StrCat(options_.api, "/apis/discovery.k8s.io/v1/namespaces/", options_.space,
                   "/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D", options_.service, parameters);
  fetch.headers = {{"Authorization", absl::StrCat("Bearer ", token)}, {"Accept", "application/json"}};
  fetch.ca_file = options_.ca_file;
  return fetch;
}

void KubernetesSource::Tell() {
  MemberList found = slices_.members();
  metrics_.members.Set(static_cast<double>(found.members.size()));
  if (found.members.empty() && found.others.empty()) return;
  if (told_ == found) return;
  told_ = std::move(found);
  on_members_(*told_);
}

}  // namespace tributary
