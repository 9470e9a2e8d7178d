#pragma once

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/net/address.h"
#include "common/net/file_descriptor.h"
#include "local/ingest/framer.h"
#include "local/ingest/ingest_config.h"
#include "local/ingest/listener.h"
#include "local/ingest/listener_metrics.h"
#include "local/ingest/sockets.h"
#include "local/ingest/text_receiver.h"
#include "local/ingest/tls_stream.h"

namespace tributary {

// Accepts connections on one TCP or unix stream socket and reads them all on one thread, each in turn one buffer at a
// time, so that a fast sender does not starve the others. A connection that misbehaves ends alone. So does one that is
// slow or silent, and the longest silent one when there are too many: IngestConfig says when.
class StreamListener : public Listener {
 public:
  static constexpr size_t kReadBytes = 64 << 10;

  // Of the certificate for a new connection.
  using Certificates = std::function<SslContextPtr()>;

  // TCP connections carry lines, unix ones packets or lines. `certificates` null: plaintext. `receiver` and `clock`
  // outlive Stop().
  StreamListener(BoundSocket bound, const IngestConfig& config, Certificates certificates, const Clock& clock,
                 const StreamMetrics& metrics, TextReceiver& receiver);
  ~StreamListener() override;

  const Address& address() const override { return bound_.address; }

 private:
  struct Connection {
    FileDescriptor socket;
    std::unique_ptr<TlsStream> tls;  // null: plaintext
    std::unique_ptr<Framer> framer;
    absl::Time last_whole;                                 // line or packet; at first, when it was accepted
    absl::Time unfinished_since = absl::InfiniteFuture();  // that is not whole yet
    std::list<int>::iterator place = {};                   // in by_last_whole_

    bool is_shaking_hands() const { return tls != nullptr && !tls->has_shaken_hands(); }
  };

  void Run() override;
  void Watch(int descriptor);
  void Handle(int descriptor);
  void Accept();
  // False: nothing more can be accepted now.
  bool AcceptOne();
  // Makes room for one more connection; false when every one that is open deserves it more.
  bool MakeRoom();
  // Reads once. False when the connection has ended, for whatever reason.
  bool Read(Connection& connection);
  ssize_t Receive(Connection& connection);
  void CountError(const Connection& connection);
  // What is unfinished, when its stream has ended.
  void GiveUp(const Connection& connection);
  void NoteProgress(Connection& connection);
  void ReadWhatIsLeft();
  void Close(int descriptor);
  void Sweep();
  std::unique_ptr<Framer> MakeFramer(const Peer& peer) const;

  BoundSocket bound_;
  const IngestConfig config_;
  const Certificates certificates_;
  const Clock& clock_;
  const StreamMetrics metrics_;
  TextReceiver& receiver_;
  FileDescriptor epoll_;
  std::unique_ptr<char[]> buffer_;
  absl::flat_hash_map<int, Connection> connections_;  // by descriptor
  std::list<int> by_last_whole_;                      // the longest silent first
  LogEvery accept_errors_log_;
};

}  // namespace tributary
