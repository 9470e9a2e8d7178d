#pragma once

#include <memory>

#include "common/net/address.h"
#include "common/net/file_descriptor.h"
#include "local/ingest/listener.h"
#include "local/ingest/listener_metrics.h"
#include "local/ingest/sockets.h"
#include "local/ingest/text_receiver.h"

namespace tributary {

// Reads one UDP or unix datagram socket, up to kBatch datagrams per system call, and who sent each. Of a datagram that
// the kernel cut, the whole lines are taken and the rest is not: a cut line may read as another value.
class DatagramListener : public Listener {
 public:
  static constexpr int kBatch = 64;

  // `receiver` outlives Stop().
  DatagramListener(BoundSocket bound, size_t max_datagram_bytes, const DatagramMetrics& metrics,
                   TextReceiver& receiver);
  ~DatagramListener() override;

  const Address& address() const override { return bound_.address; }

 private:
  class Batch;

  void Run() override;
  // Returns how many datagrams there were.
  int ReceiveBatch();
  void CountKernelDrops(uint32_t drops_since_open);

  BoundSocket bound_;
  const DatagramMetrics metrics_;
  TextReceiver& receiver_;
  std::unique_ptr<Batch> batch_;
  uint32_t kernel_drops_ = 0;
};

}  // namespace tributary
