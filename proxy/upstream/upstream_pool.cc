#include "proxy/upstream/upstream_pool.h"

#include <utility>

namespace tributary {

void UpstreamPool::SetOwners(const std::vector<Member>& owners) {
  std::map<std::string, Upstream> previous = std::exchange(upstreams_, {});
  for (const Member& owner : owners) {
    const auto known = previous.find(owner.id);
    if (known == previous.end() || known->second.address != owner.address) continue;
    upstreams_[owner.id] = std::move(known->second);
    previous.erase(known);
  }
  for (auto& [id, upstream] : previous) {
    upstream.client.reset();
    callbacks_.on_close(id, absl::CancelledError("no longer a member at this address"));
  }
  for (const Member& owner : owners) {
    const auto [upstream, is_new] = upstreams_.try_emplace(owner.id);
    if (is_new) upstream->second = {owner.address, Connect(owner)};
  }
}

bool UpstreamPool::Send(const std::string& owner, v1::Up message) {
  const auto upstream = upstreams_.find(owner);
  return upstream != upstreams_.end() && upstream->second.client->Send(std::move(message));
}

size_t UpstreamPool::queued_bytes(const std::string& owner) const {
  const auto upstream = upstreams_.find(owner);
  return upstream == upstreams_.end() ? 0 : upstream->second.client->queued_bytes();
}

std::unique_ptr<DeliveryClient> UpstreamPool::Connect(const Member& owner) {
  DeliveryClient::Callbacks callbacks;
  callbacks.on_open = [this, id = owner.id] { callbacks_.on_open(id); };
  callbacks.on_message = [this, id = owner.id](v1::Down down) { callbacks_.on_message(id, std::move(down)); };
  callbacks.on_close = [this, id = owner.id](const absl::Status& status) { callbacks_.on_close(id, status); };
  return std::make_unique<DeliveryClient>(loop_,
                                          DeliveryClient::Options{.address = owner.address,
                                                                  .max_queued_bytes = queue_bytes_,
                                                                  .trust = trust_,
                                                                  .server = TlsIdentity::Role::kGlobal},
                                          std::move(callbacks));
}

}  // namespace tributary
