#include "global/query/inspect_service.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace tributary {

InspectService::InspectService(Options options, std::vector<Describe> parts, const Clock& clock)
    : options_(std::move(options)), parts_(std::move(parts)), clock_(clock), started_(clock.Now()) {}

grpc::Status InspectService::Inspect(grpc::ServerContext*, const v1::InspectRequest* request,
                                     v1::InspectResponse* response) {
  const bool admitted = running_.fetch_add(1) < options_.max_concurrent;
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  if (!admitted) {
    return {grpc::StatusCode::UNAVAILABLE, absl::StrCat("more than ", options_.max_concurrent, " look at once")};
  }
  response->set_version(options_.version);
  response->set_started_unix_ms(absl::ToUnixMillis(started_));
  response->set_now_unix_ms(absl::ToUnixMillis(clock_.Now()));
  for (const Describe& describe : parts_) describe(*request, *response);
  return grpc::Status::OK;
}

}  // namespace tributary
