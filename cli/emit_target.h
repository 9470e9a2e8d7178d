#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/address.h"

namespace tributary {

// Where `emit` sends: to what was asked for; else to what the environment says, in this order, as Datadog's clients
// read it: TRIBUTARY_AGENT, DD_DOGSTATSD_URL, DD_DOGSTATSD_SOCKET, DD_AGENT_HOST with DD_DOGSTATSD_PORT; else to
// udp://127.0.0.1:8125. A host without a port means 8125. The error says which of them cannot be read.
// `variable` is std::getenv, or a test's.
absl::StatusOr<Address> EmitTarget(const std::string& asked, const std::function<const char*(const char*)>& variable);

}  // namespace tributary
