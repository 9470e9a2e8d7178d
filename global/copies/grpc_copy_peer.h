#pragma once

#include <memory>
#include <string>

#include "common/rpc/rpc_trust.h"
#include "global/copies/copy_peer.h"

namespace tributary {

// The other global behind `address` ("host:port").
std::unique_ptr<CopyPeer> NewGrpcCopyPeer(const std::string& address, const RpcTrustPtr& trust);

}  // namespace tributary
