#include "common/discovery/dns_source.h"

#include <utility>

#include "common/base/log.h"

namespace tributary {

DnsSource::DnsSource(Options options, DnsResolver& resolver, Telemetry& telemetry, OnMembers on_members)
    : options_(std::move(options)),
      resolver_(resolver),
      on_members_(std::move(on_members)),
      metrics_(telemetry, "dns"),
      members_(/*by_name=*/!options_.service.empty()) {
  loop_.RunAfter(absl::ZeroDuration(), [this] { LookUp(); });
}

void DnsSource::Reload() {
  if (!loop_.TryPost([this] { LookUp(); })) return;  // look-ups wait already
}

void DnsSource::LookUp() {
  const auto answer = options_.service.empty() ? resolver_.Resolve(options_.host, options_.port)
                                               : resolver_.ResolveService(options_.service);
  if (!answer.ok() || answer->empty()) {
    metrics_.failures.Increment();
    TRIBUTARY_LOG_WARN("members stay as they are: {}",
                       answer.ok() ? "an empty answer" : std::string(answer.status().message()));
  }
  if (auto members = members_.Observe(answer)) {
    metrics_.members.Set(static_cast<double>(members->size()));
    on_members_({.members = *std::move(members)});
  }
  if (next_ != 0) loop_.Cancel(next_);
  next_ = loop_.RunAfter(options_.refresh * absl::Uniform(random_, 0.9, 1.1), [this] { LookUp(); });
}

}  // namespace tributary
