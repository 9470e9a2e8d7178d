#pragma once

#include "absl/status/statusor.h"
#include "common/net/address.h"
#include "common/net/file_descriptor.h"

namespace tributary {

// A socket that listens on `address`, for TCP or TLS: non-blocking, close-on-exec; IPv6 alone where the host is IPv6,
// with IPv4 where there is none. SocketAddress::OfSocket tells the port. Errors name the address and what to do.
absl::StatusOr<FileDescriptor> ListenTcp(const Address& address);

}  // namespace tributary
