#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/net/dns_resolver.h"
#include "common/net/event_loop.h"
#include "common/rpc/delivery_client.h"
#include "common/telemetry/telemetry.h"
#include "local/flush/unit_receiver.h"
#include "local/forward/forward_config.h"
#include "local/forward/forward_metrics.h"
#include "local/forward/proxy_list.h"
#include "local/forward/unit_ledger.h"

namespace tributary {

// A UnitLedger on an event loop, with a stream to one proxy at a time: the one that falls to this host, and the next
// after each failed attempt, with jittered back-off from 0.2 s to 5 s. From another it goes back after kReturn, about.
//
// Threads: thread-safe; not to be destroyed on its own loop.
class Forwarder : public UnitReceiver {
 public:
  struct Options {
    std::vector<Address> proxies;
    ProxyList::Find find;  // finds them instead, if there is one
    absl::Duration resolve_every = absl::Seconds(30);
    UnitLedger::Options ledger;
    RpcTrustPtr trust = nullptr;  // null: plaintext
  };
  // `resolver`, `clock`, `telemetry` and `spool` outlive it; without a spool all is in memory. With a `legacy` it
  // delivers what a dead instance has left.
  Forwarder(Options options, DnsResolver& resolver, const Clock& clock, Telemetry& telemetry,
            UnitSpool* spool = nullptr, const Legacy* legacy = nullptr);
  ~Forwarder() override;

  void OnClosed(ClosedInterval closed) override;

  // Others from now on, once they resolve; a stream to one that is not among them ends. Not while Drain is called, and
  // by one thread at a time.
  void SetProxyNames(std::vector<Address> names);

  static constexpr absl::Duration kReturn = absl::Minutes(5);

  // A proxy has taken the stream.
  bool connected() const;

  // `instance` is dead, and everything it has left is delivered.
  void Supersede(const InstanceId& instance);

  // Sends everything at once, and waits until it is committed, at most `grace`.
  bool AwaitDrained(absl::Duration grace);

  // After the last OnClosed. What is not committed within the grace goes to the spool, for a successor; else it says
  // Goodbye.
  struct Rest {
    uint64_t pending = 0;  // samples that are not committed
    uint64_t spooled = 0;  // of them
  };
  Rest Drain(IntervalIndex final_interval, absl::Duration grace);

 private:
  struct Progress {
    bool connected = false;
    bool drained = false;
    bool said_goodbye = false;
    bool spilled = false;
    Rest rest;
  };

  void Post(std::function<void()> fn);
  void SetProxies(std::vector<std::string> addresses);
  std::unique_ptr<ProxyList> LookUp(std::vector<Address> names);
  void Connect();
  void Leave();
  void ReturnWhenDue();
  void HandleMessage(const v1::Down& down);
  void HandleClose(const absl::Status& status);
  void Pump();
  void ShowProgress();
  bool Await(bool Progress::*what, absl::Time deadline);

  const Options options_;
  const Clock& clock_;
  LogEvery log_close_;

  mutable Mutex mutex_;
  CondVar changed_;
  Progress progress_ ABSL_GUARDED_BY(mutex_);
  uint64_t closing_ ABSL_GUARDED_BY(mutex_) = 0;  // intervals on their way to the ledger

  // Owned by the loop.
  UnitLedger ledger_;
  ForwardMetrics metrics_;
  absl::BitGen random_;
  std::vector<std::string> proxies_;
  size_t next_proxy_ = 0;
  absl::Time return_at_ = absl::InfiniteFuture();
  absl::Duration backoff_;
  std::string address_;  // of the stream
  bool accepted_ = false;
  bool leaves_others_ = false;  // the next list of proxies comes from other names
  bool draining_ = false;
  bool said_goodbye_ = false;
  bool spilled_ = false;
  const bool delivers_legacy_;

  EventLoop loop_{"forwarder"};
  std::unique_ptr<DeliveryClient> client_;
  DnsResolver& resolver_;
  std::unique_ptr<ProxyList> list_;
};

}  // namespace tributary
