#pragma once

#include <memory>
#include <string>

#include "common/rpc/rpc_trust.h"
#include "global/handover/history_peer.h"

namespace tributary {

// The other global behind `address` ("host:port"); a connection that was of no use is made anew.
std::unique_ptr<HistoryPeer> NewGrpcHistoryPeer(const std::string& address, const RpcTrustPtr& trust);

}  // namespace tributary
