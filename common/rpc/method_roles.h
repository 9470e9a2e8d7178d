#pragma once

#include "absl/strings/string_view.h"
#include "common/net/tls_identity.h"

namespace tributary {

// Who may call what: whether a server of role `server` takes `path` ("/tributary.v1.DeliveryService/Deliver") from a
// client of role `client`. What no row of the table names is refused to everybody. Thread-safe.
bool MayCall(absl::string_view path, TlsIdentity::Role server, TlsIdentity::Role client);

}  // namespace tributary
