#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/net/address.h"

namespace tributary {

// What the agent listens on and how much it takes from whom.
struct IngestConfig {
  // udp://, tcp:// (lines), tls:// (lines over TLS, with the certificate of `tls`), unixgram:// and unixstream://
  // (4-byte little-endian length before each packet).
  std::vector<Address> listen = {{.kind = Address::Kind::kUdp, .host = "127.0.0.1", .port = 8125}};
  // Threads, sockets and shards per UDP address; 0: DefaultUdpReaders. More take more lines a second; a series of
  // several senders then lives in several shards until the flush, which costs memory.
  int udp_readers = 0;
  // Asked of the kernel for each UDP socket (net.core.rmem_max bounds it): what arrives while a reader is not running.
  int receive_buffer_bytes = 8 << 20;
  // A longer datagram is cut by the kernel; its whole lines are taken. Virtual memory: 64 of these per reader.
  size_t max_datagram_bytes = 64 << 10;
  // A unixstream connection that announces a longer packet is closed. (TCP lines: 64 KiB; a longer one is skipped.)
  size_t max_packet_bytes = 64 << 10;
  // Per address. One more takes the place of the one that has sent nothing whole for the longest time, if that is 10 s
  // at least, and is closed at once otherwise. Each may hold a line or packet in memory.
  int max_connections = 1024;
  // A connection that has sent nothing whole for that long is closed.
  absl::Duration idle_timeout = absl::Minutes(10);
  // So is one whose line or packet is not whole so long after it began.
  absl::Duration line_timeout = absl::Seconds(30);
  // Clients of tls:// must show a certificate of these authorities, PEM; empty: they need none.
  std::string tls_client_ca_file = {};
  // Permissions of unix sockets: clients need to write. And their group, name or number; empty: this process's.
  uint32_t socket_mode = 0722;
  std::string socket_group = {};
  // A signed gauge value is a change of the last one (StatsD); false: it is a level (DogStatsD, Veneur).
  bool gauge_deltas = true;
};

}  // namespace tributary
