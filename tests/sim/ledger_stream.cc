#include "tests/sim/ledger_stream.h"

#include <optional>
#include <utility>

#include "common/wire/messages.h"

namespace tributary::sim {

LedgerStream::LedgerStream(Node& node, Network& network, const Proxies& proxies, size_t first_proxy,
                           UnitLedger::Options options, UnitSpool* spool, Listener& listener)
    : node_(node),
      network_(network),
      proxies_(proxies),
      next_proxy_(first_proxy),
      listener_(listener),
      ledger_(std::move(options), spool) {}

void LedgerStream::Connect() {
  if (link_ != nullptr || closed_) return;
  Proxy* proxy = proxies_[next_proxy_++ % proxies_.size()].get();
  World& world = network_.world();
  const auto again = [this, &world] { node_.DoAfter(world.Between(0.02, 0.4), [this] { Connect(); }); };
  if (!proxy->responsive() || !network_.Passes(node_, *proxy) || !network_.Passes(*proxy, node_)) return again();
  link_ = std::make_shared<Link>(network_, node_, *proxy);
  link_->OnClose(Link::kClient, [this, again, link = link_.get()] {
    link->Supersede();
    link_ = nullptr;
    ledger_.StreamClosed(node_.clock());
    again();
  });
  proxy->Open(link_, [this, link = link_.get()](const v1::Down& down) {
    if (link_.get() == link) Receive(down);
  });
  ledger_.StreamOpened(node_.clock());
  Pump();
}

void LedgerStream::Break() {
  if (link_ != nullptr) link_->Break();
}

void LedgerStream::Close() {
  closed_ = true;
  if (link_ != nullptr) std::exchange(link_, nullptr)->Close(Link::kClient);
}

void LedgerStream::Receive(const v1::Down& down) {
  if (!Validate(down).ok()) network_.world().Violate("malformed", "a message reached an agent");
  if (down.has_refusal()) network_.world().Violate("refused", down.refusal().reason());
  listener_.OnDown(down);
  ledger_.Receive(node_.clock(), down);
  listener_.AfterDown(ledger_, down);
  Pump();
}

void LedgerStream::Pump() {
  while (link_ != nullptr && link_->HasRoom(Link::kClient)) {
    std::optional<v1::Up> up = ledger_.Next(node_.clock());
    if (!up.has_value()) return;
    if (up->has_batch()) listener_.OnBatch(*this, up->batch());
    Send(*std::move(up));
  }
}

void LedgerStream::Send(v1::Up up) {
  size_t bytes = 100;
  for (const v1::Block& block : up.batch().blocks()) bytes += 40 + block.payload().size();
  Proxy* proxy = proxies_[(next_proxy_ - 1) % proxies_.size()].get();
  link_->Send(Link::kClient, bytes,
              [proxy, id = link_->id(), up = std::move(up)]() mutable { proxy->Receive(id, std::move(up)); });
}

}  // namespace tributary::sim
