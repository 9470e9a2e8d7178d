#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/bytes.h"
#include "local/flush/flusher.h"
#include "local/ingest/ingest.h"
#include "local/ingest/listener_metrics.h"
#include "local/ingest/sockets.h"
#include "tests/support/temp_dir.h"

namespace tributary {

// Waits for `condition`, at most half a minute; what waits for it fails then.
inline bool Eventually(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// A client's end of a socket.
class SocketClient {
 public:
  explicit SocketClient(const Address& to) {
    const bool datagrams = to.kind == Address::Kind::kUdp || to.kind == Address::Kind::kUnixDatagram;
    const int type = (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
    if (to.is_unix()) {
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      std::memcpy(name.sun_path, to.path.data(), to.path.size());
      Connect(AF_UNIX, type, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    } else if (to.host == "::1") {
      sockaddr_in6 name{};
      name.sin6_family = AF_INET6;
      name.sin6_port = htons(to.port);
      name.sin6_addr = in6addr_loopback;
      Connect(AF_INET6, type, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    } else {
      sockaddr_in name{};
      name.sin_family = AF_INET;
      name.sin_port = htons(to.port);
      name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      Connect(AF_INET, type, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    }
  }

  void Send(absl::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0) << std::strerror(errno);
      text.remove_prefix(sent);
    }
  }
  void SendPacket(absl::string_view text) {
    std::string bytes;
    ByteWriter(bytes).U32(static_cast<uint32_t>(text.size()));
    Send(absl::StrCat(bytes, text));
  }
  void TrySend(absl::string_view text) { ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL); }
  // Waits for the other side to close.
  bool IsClosed() {
    char byte;
    return ::recv(socket_.number(), &byte, 1, 0) <= 0;
  }
  void Close() { socket_ = FileDescriptor(); }

 private:
  void Connect(int family, int type, const sockaddr* name, socklen_t size) {
    socket_ = FileDescriptor(::socket(family, type, 0));
    ASSERT_EQ(::connect(socket_.number(), name, size), 0) << std::strerror(errno);
  }
  FileDescriptor socket_;
};

class IngestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.host = "web-1";
    options_.first_interval = 100'000'000;
    options_.instance = InstanceId::Random();
    options_.config.receive_buffer_bytes = 1 << 20;
  }
  void TearDown() override { ingest_.reset(); }

  Address At(Address::Kind kind) const {
    if (kind == Address::Kind::kUdp || kind == Address::Kind::kTcp) return {.kind = kind, .host = "127.0.0.1"};
    return {.kind = kind, .path = absl::StrCat(dir_.path(), "/", static_cast<int>(kind))};
  }
  // Starts with one listener and returns where it is.
  Address Start(const Address& address) {
    ingest_.reset();
    options_.config.listen = {address};
    absl::StatusOr<std::unique_ptr<Ingest>> started = Ingest::Start(options_, RuleSet(), clock_, telemetry_);
    EXPECT_TRUE(started.ok()) << started.status();
    ingest_ = *std::move(started);
    return ingest_->addresses().at(0);
  }
  // The sum of all counters, as soon as `lines` have been read.
  double TotalAfter(uint64_t lines) {
    EXPECT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() >= lines; }));
    ingest_->Stop();
    double total = 0;
    for (Shard* shard : ingest_->shards()) {
      shard->RequestWindows(options_.first_interval + 1);
      for (const ShardWindows& windows : shard->TakeWindows(absl::ZeroDuration())) {
        for (const Window::Entry& entry : windows.main.entries) {
          total += std::get<CounterAggregate>(entry.value).total.ToDouble();
        }
      }
    }
    return total;
  }
  DatagramMetrics Datagrams() { return DatagramMetrics(telemetry_, options_.config.listen[0].ToString()); }
  StreamMetrics Streams() { return StreamMetrics(telemetry_, options_.config.listen[0].ToString()); }

  const TempDir dir_;
  ManualClock clock_{absl::FromUnixSeconds(1'000'000'000)};
  Telemetry telemetry_;
  Ingest::Options options_;
  std::unique_ptr<Ingest> ingest_;
};

}  // namespace tributary
