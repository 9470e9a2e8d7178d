#include "local/forward/forwarder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/wire/block_runs.h"
#include "common/wire/messages.h"

namespace tributary {

namespace {

constexpr absl::Duration kTick = absl::Milliseconds(50);
constexpr absl::Duration kMinBackoff = absl::Milliseconds(200);
constexpr absl::Duration kMaxBackoff = absl::Seconds(5);
constexpr size_t kQueueBytes = 8u << 20;  // twice what is filled, so that no message of 1 MiB finds it full

}  // namespace

Forwarder::Forwarder(Options options, DnsResolver& resolver, const Clock& clock, Telemetry& telemetry, UnitSpool* spool,
                     const Legacy* legacy)
    : options_(std::move(options)),
      clock_(clock),
      log_close_(clock, absl::Seconds(10)),
      ledger_(options_.ledger, spool),
      metrics_(telemetry),
      backoff_(kMinBackoff),
      delivers_legacy_(legacy != nullptr),
      resolver_(resolver),
      list_(LookUp(options_.proxies)) {
  loop_.RunEvery(kTick, [this] {
    ReturnWhenDue();
    Pump();
  });
  if (delivers_legacy_) Post([this, left = *legacy] { ledger_.Inherit(clock_.Now(), left); });
}

Forwarder::~Forwarder() {
  list_.reset();
  loop_.Stop();
}

std::unique_ptr<ProxyList> Forwarder::LookUp(std::vector<Address> names) {
  auto on_addresses = [this](std::vector<std::string> addresses) {
    Post([this, addresses = std::move(addresses)] { SetProxies(addresses); });
  };
  if (options_.find) return std::make_unique<ProxyList>(options_.find, std::move(on_addresses));
  return std::make_unique<ProxyList>(std::move(names), options_.resolve_every, resolver_, std::move(on_addresses));
}

void Forwarder::SetProxyNames(std::vector<Address> names) {
  if (options_.find) return;
  list_.reset();
  Post([this] { leaves_others_ = true; });
  list_ = LookUp(std::move(names));
}

void Forwarder::OnClosed(ClosedInterval closed) {
  {
    MutexLock lock(mutex_);
    closing_ += 1;
    progress_.drained = false;
  }
  Post([this, shared = std::make_shared<ClosedInterval>(std::move(closed))] {
    ledger_.Close(clock_.Now(), std::move(*shared));
    {
      MutexLock lock(mutex_);
      closing_ -= 1;
    }
    Pump();
  });
}

bool Forwarder::connected() const {
  MutexLock lock(mutex_);
  return progress_.connected;
}

void Forwarder::Supersede(const InstanceId& instance) {
  Post([this, instance] {
    ledger_.Supersede(instance);
    Pump();
  });
}

bool Forwarder::AwaitDrained(absl::Duration grace) {
  Post([this] {
    draining_ = true;
    ledger_.Hurry(clock_.Now());
    Pump();
  });
  return Await(&Progress::drained, absl::Now() + grace);
}

Forwarder::Rest Forwarder::Drain(IntervalIndex final_interval, absl::Duration grace) {
  // Goodbye says that nothing is missing: with samples left over it would pass the rest for the whole fleet.
  if (AwaitDrained(grace)) {
    Post([this, final_interval] {
      ledger_.SayGoodbye(final_interval);
      Pump();
    });
    Await(&Progress::said_goodbye, absl::Now() + absl::Seconds(1));
  } else {
    Post([this, final_interval] {
      ledger_.SpillAll(final_interval);
      spilled_ = true;
      ShowProgress();
    });
    Await(&Progress::spilled, absl::Now() + absl::Seconds(10));
  }
  MutexLock lock(mutex_);
  return progress_.rest;
}

void Forwarder::Post(std::function<void()> fn) {
  if (!loop_.TryPost(fn)) loop_.RunAfter(kTick, std::move(fn));
}

bool Forwarder::Await(bool Progress::*what, absl::Time deadline) {
  MutexLock lock(mutex_);
  while (!(progress_.*what) && absl::Now() < deadline) changed_.WaitFor(mutex_, deadline - absl::Now());
  return progress_.*what;
}

// On the loop.

void Forwarder::SetProxies(std::vector<std::string> addresses) {
  const bool first = proxies_.empty();
  proxies_ = PreferredFirst(std::move(addresses), options_.ledger.host);
  TRIBUTARY_LOG_INFO("{} proxies known", proxies_.size());
  next_proxy_ = 0;
  if (first) Connect();
  if (!std::exchange(leaves_others_, false) || client_ == nullptr) return;
  if (std::find(proxies_.begin(), proxies_.end(), address_) == proxies_.end()) Leave();
}

void Forwarder::Leave() {
  TRIBUTARY_LOG_INFO("leaving proxy {} for {}", address_, proxies_.front());
  next_proxy_ = 0;
  client_.reset();
  accepted_ = false;
  ledger_.StreamClosed(clock_.Now());
  Connect();
}

// To the host's own proxy, should it be back or new: without it, others keep their load for ever.
void Forwarder::ReturnWhenDue() {
  if (accepted_ && clock_.Now() >= return_at_ && address_ != proxies_.front() && !draining_) Leave();
}

void Forwarder::Connect() {
  address_ = proxies_[next_proxy_++ % proxies_.size()];
  DeliveryClient::Callbacks callbacks;
  callbacks.on_open = [this] {
    ledger_.StreamOpened(clock_.Now());
    Pump();
  };
  callbacks.on_message = [this](v1::Down down) {
    UnpackNames(down);
    HandleMessage(down);
    Pump();
  };
  callbacks.on_close = [this](const absl::Status& status) { HandleClose(status); };
  client_ = std::make_unique<DeliveryClient>(loop_,
                                             DeliveryClient::Options{.address = address_,
                                                                     .max_queued_bytes = kQueueBytes,
                                                                     .trust = options_.trust,
                                                                     .server = TlsIdentity::Role::kProxy},
                                             std::move(callbacks));
}

void Forwarder::HandleMessage(const v1::Down& down) {
  if (!Validate(down).ok()) return metrics_.CountInvalid();
  if (down.has_refusal()) {
    TRIBUTARY_LOG_ERROR("proxy {} refuses: {}", address_, absl::CHexEscape(down.refusal().reason()));
  }
  if (down.has_welcome() && down.owner().empty()) {
    accepted_ = true;
    backoff_ = kMinBackoff;
    next_proxy_ = 0;
    return_at_ = clock_.Now() + kReturn * absl::Uniform(random_, 0.5, 1.5);
    TRIBUTARY_LOG_INFO("connected to proxy {}", address_);
  }
  ledger_.Receive(clock_.Now(), down);
}

void Forwarder::HandleClose(const absl::Status& status) {
  if (std::exchange(accepted_, false) || log_close_.Due()) {
    TRIBUTARY_LOG_WARN("proxy {} is not reachable: {}", address_, absl::CHexEscape(status.message()));
  }
  client_.reset();
  ledger_.StreamClosed(clock_.Now());
  loop_.RunAfter(backoff_ * absl::Uniform(random_, 0.5, 1.0), [this] { Connect(); });
  backoff_ = std::min(backoff_ * 2, kMaxBackoff);
  ShowProgress();
}

void Forwarder::Pump() {
  while (client_ != nullptr && client_->open() && client_->queued_bytes() < kQueueBytes / 2) {
    std::optional<v1::Up> up = ledger_.Next(clock_.Now());
    if (!up.has_value()) break;
    if (up->has_goodbye()) said_goodbye_ = true;
    PackBlocks(*up);
    client_->Send(*std::move(up));  // what is lost on the way is sent again
  }
  ShowProgress();
}

void Forwarder::ShowProgress() {
  metrics_.Publish(ledger_.counts());
  if (!delivers_legacy_) metrics_.SetConnected(accepted_);
  const bool flushed = client_ != nullptr && client_->queued_bytes() == 0;
  MutexLock lock(mutex_);
  progress_ = {
      .connected = accepted_,
      .drained = draining_ && closing_ == 0 && ledger_.drained() && !(delivers_legacy_ && ledger_.views().empty()),
      .said_goodbye = said_goodbye_ && flushed,
      .spilled = spilled_,
      .rest = {ledger_.counts().samples_pending, ledger_.counts().samples_spooled}};
  changed_.NotifyAll();
}

}  // namespace tributary
