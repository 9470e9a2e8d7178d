#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace tributary {

// Who sent something: an IP address, or a process of this machine. A small value, cheap to compare: readers do so for
// every datagram. Ports are left out, since a client has many.
class Peer {
 public:
  Peer() = default;  // nobody knows

  // IPv4 or IPv6, an IPv4 address in IPv6 as IPv4; anything else is nobody.
  static Peer OfAddress(const sockaddr& address);
  // `pid` 0, as of another pid namespace, leaves the user; both unknown is nobody.
  static Peer OfProcess(pid_t pid, uid_t uid);
  // The other end of a connected socket, as of its connecting.
  static Peer OfConnection(int socket);

  bool is_known() const { return kind_ != Kind::kNobody; }
  // 0 when it is none, or not visible from here.
  pid_t pid() const;

  // "10.1.2.3", "2001:db8::1", "pid 1234", "uid 1000", "unknown".
  std::string ToString() const;
  // The same with the name of the process, when it is still there: "pid 1234 (nginx)". Reads a file.
  std::string Describe() const;

  friend bool operator==(const Peer&, const Peer&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Peer& peer) {
    return H::combine(std::move(state), peer.kind_, peer.bytes_[0], peer.bytes_[1]);
  }

 private:
  enum class Kind : uint64_t { kNobody, kIpv4, kIpv6, kProcess };
  Peer(Kind kind, uint64_t first, uint64_t second) : kind_(kind), bytes_{first, second} {}

  Kind kind_ = Kind::kNobody;
  std::array<uint64_t, 2> bytes_{};  // IPv6: the address; IPv4: the address, 0; process: pid, uid
};

}  // namespace tributary
