#pragma once

#include "absl/strings/string_view.h"
#include "common/net/address.h"

namespace tributary {

// What is not encrypted stays on this machine unless the configuration says `tls: off`. True for 127.0.0.0/8, ::1 and
// localhost.
bool IsLoopback(const Address& address);

inline constexpr absl::string_view kPlaintextRefused =
    "is not on loopback, where plaintext is refused: name certificates in `tls`, or write `tls: off`";

}  // namespace tributary
