// Sends counters packed into datagrams, faster than a script can:
//
//   packed_sender udp:127.0.0.1:8125 | unix:/run/dsd.socket  NAME LINES LINES_PER_SECOND KEYS
//
// LINES lines "NAME:1|c|#k:N", N from 0 to KEYS - 1 in turn (KEYS = LINES: every one is a series of its own), at most
// LINES_PER_SECOND (0: as fast as the other side takes them). Prints how many were sent and in how many seconds.
// Datagrams are 1,400 bytes at most over UDP and 8 KiB over unix sockets, where a full queue makes the sender wait:
// nothing is lost there.
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/net/address.h"
#include "common/net/file_descriptor.h"
#include "common/net/socket_address.h"

namespace tributary {
namespace {

using SteadyClock = std::chrono::steady_clock;

FileDescriptor Connect(absl::string_view to) {
  const bool is_unix = absl::ConsumePrefix(&to, "unix:");
  absl::ConsumePrefix(&to, "udp:");
  const auto address = ParseAddress(absl::StrCat(is_unix ? "unixgram://" : "udp://", to));
  if (!address.ok()) return FileDescriptor();
  const auto name = SocketAddress::Resolve(*address);
  if (!name.ok()) return FileDescriptor();
  FileDescriptor socket(::socket(name->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.number(), name->pointer(), name->size()) != 0) return FileDescriptor();
  return socket;
}

struct Load {
  std::string name;
  uint64_t lines = 0;
  uint64_t lines_per_second = 0;
  uint64_t keys = 1;
  size_t datagram_bytes = 1400;
};

// Returns how many lines were sent; fewer than asked when the other side is gone.
uint64_t Send(const FileDescriptor& socket, const Load& load) {
  const auto start = SteadyClock::now();
  std::string datagram;
  uint64_t sent = 0;
  for (uint64_t line = 0; line < load.lines;) {
    datagram.clear();
    uint64_t packed = 0;
    for (; line < load.lines && datagram.size() + load.name.size() + 32 < load.datagram_bytes; ++line, ++packed) {
      absl::StrAppend(&datagram, load.name, ":1|c|#k:", line % load.keys, "\n");
    }
    if (load.lines_per_second > 0) {
      std::this_thread::sleep_until(start + std::chrono::nanoseconds(sent * 1'000'000'000 / load.lines_per_second));
    }
    if (::send(socket.number(), datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0) return sent;
    sent += packed;
  }
  return sent;
}

int Main(int argc, char** argv) {
  Load load;
  const bool understood = argc == 6 && absl::SimpleAtoi(argv[3], &load.lines) &&
                          absl::SimpleAtoi(argv[4], &load.lines_per_second) && absl::SimpleAtoi(argv[5], &load.keys);
  if (!understood || load.keys == 0) {
    std::fprintf(stderr, "usage: packed_sender udp:HOST:PORT|unix:PATH NAME LINES LINES_PER_SECOND KEYS\n");
    return 2;
  }
  load.name = argv[2];
  if (absl::StartsWith(argv[1], "unix:")) load.datagram_bytes = 8192;
  const FileDescriptor socket = Connect(argv[1]);
  if (!socket.open()) return 1;
  const auto start = SteadyClock::now();
  const uint64_t sent = Send(socket, load);
  const std::chrono::duration<double> took = SteadyClock::now() - start;
  std::printf("%llu %.3f\n", static_cast<unsigned long long>(sent), took.count());
  return 0;
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) { return tributary::Main(argc, argv); }
