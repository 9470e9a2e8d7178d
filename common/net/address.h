#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// Where something listens or is reached, as written in configuration. A value.
struct Address {
  enum class Kind { kTcp, kTls, kUdp, kUnixStream, kUnixDatagram };  // kTls: TCP with TLS

  Kind kind = Kind::kTcp;
  std::string host = {};  // name or IP without brackets; empty: every interface of this machine. not of unix sockets.
  int port = 0;           // 0 asks for any free port. Not of unix sockets.
  std::string path = {};  // absolute. Unix sockets only.

  bool is_unix() const { return kind == Kind::kUnixStream || kind == Kind::kUnixDatagram; }
  std::string HostPort() const;  // "10.0.0.1:8125", "[::1]:8125"
  std::string ToString() const;  // with the scheme; ParseAddress reads it back

  friend bool operator==(const Address&, const Address&) = default;
};

// Reads "host:port", "[::1]:8125", ":8125", "tcp://host:port", "tls://host:port", "udp://host:port", "unix:///path",
// "unixstream:///path" and "unixgram:///path". Without a scheme it is `bare` (kTcp or kUdp); unix:// is a stream where
// `bare` is kTcp and datagrams where it is kUdp. Errors quote the text and say what is wrong with it.
absl::StatusOr<Address> ParseAddress(absl::string_view text, Address::Kind bare = Address::Kind::kTcp);

}  // namespace tributary
