#pragma once

#include "absl/status/status.h"
#include "common/net/address.h"

namespace tributary {

// Why a program cannot listen on `address`, in words that name the address and what to do about it. `error` is the
// errno of socket, bind, listen or chmod.
absl::Status ListenError(int error, const Address& address);

}  // namespace tributary
