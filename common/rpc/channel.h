#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/net/tls_identity.h"
#include "common/rpc/rpc_trust.h"

namespace grpc {
class Channel;
class Status;
}  // namespace grpc

namespace tributary {

// Messages on every stream and call are at most this large.
inline constexpr int kMaxMessageBytes = 4 << 20;

// A connection of its own to `address` ("host:port"): the name is looked up anew, back-off is the caller's, no proxy
// of the environment is used, calls are not retried. Keep-alive finds a peer that is gone or frozen within 40 s. With
// `trust`, the peer must be a server of that role.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& address, const RpcTrustPtr& trust,
                                          TlsIdentity::Role server);

// The codes of both are the same numbers.
absl::Status ToAbslStatus(const grpc::Status& status);
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace tributary
