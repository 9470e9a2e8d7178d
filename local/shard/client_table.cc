#include "local/shard/client_table.h"

#include "absl/hash/hash.h"

namespace tributary {
namespace {

Client NewClient(const Peer& peer) { return Client{.peer = peer, .hash = absl::HashOf(peer)}; }

}  // namespace

Client& Client::operator+=(const Client& other) {
  for (uint64_t Client::*count :
       {&Client::packets, &Client::bytes, &Client::lines, &Client::lines_rejected, &Client::samples,
        &Client::samples_dropped, &Client::series, &Client::series_folded}) {
    this->*count += other.*count;
  }
  return *this;
}

ClientTable::ClientTable() {
  clients_.reserve(1 + kMaxClients);
  clients_.push_back(NewClient(Peer()));
  last_ = &clients_.front();
}

Client& ClientTable::FindOther(const Peer& peer) {
  if (!peer.is_known()) return clients_.front();
  if (const auto found = index_.find(peer); found != index_.end()) return clients_[found->second];
  if (clients_.size() > kMaxClients) return clients_.front();
  index_.emplace(peer, clients_.size());
  clients_.push_back(NewClient(peer));
  return clients_.back();
}

std::vector<Client> ClientTable::Take() {
  std::vector<Client> taken;
  for (const Client& client : clients_) {
    if (client.packets > 0) taken.push_back(client);
  }
  clients_.resize(1);
  clients_.front() = NewClient(Peer());
  last_ = &clients_.front();
  index_.clear();
  for (const Client& client : taken) FindOther(client.peer);
  return taken;
}

}  // namespace tributary
