#include "common/net/service_manager.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/file_descriptor.h"

namespace tributary {
namespace {

using ::testing::MatchesRegex;

// The supervisor's end: a datagram socket in the abstract namespace, named after this process and test.
class Supervisor {
 public:
  Supervisor() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path + 1, name_.data() + 1, name_.size() - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&name), size), 0) << std::strerror(errno);
  }
  const std::string& name() const { return name_; }
  // "" when it was told nothing.
  std::string Heard() {
    char text[256];
    const ssize_t size = ::recv(socket_.number(), text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, size);
  }

 private:
  const std::string name_ = absl::StrCat("@tributary-notify-", ::getpid());
  FileDescriptor socket_;
};

TEST(ServiceManagerTest, SignsOfLifeComeTwiceInTheAskedTime) {
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(ServiceManager::AliveEvery(), absl::ZeroDuration());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(ServiceManager::AliveEvery(), absl::Seconds(15));
  ::setenv("WATCHDOG_PID", "1", 1);  // meant for another process
  EXPECT_EQ(ServiceManager::AliveEvery(), absl::ZeroDuration());
  ::setenv("WATCHDOG_PID", absl::StrCat(::getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager::AliveEvery(), absl::Seconds(15));
  for (const char* nonsense : {"", "soon", "-1", "0"}) {
    ::setenv("WATCHDOG_USEC", nonsense, 1);
    EXPECT_EQ(ServiceManager::AliveEvery(), absl::ZeroDuration()) << nonsense;
  }
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
}

TEST(ServiceManagerTest, TellsEveryStageOfALife) {
  Supervisor supervisor;
  const ServiceManager manager(supervisor.name());
  manager.Ready();
  EXPECT_EQ(supervisor.Heard(), "READY=1");
  manager.Reloading();
  EXPECT_THAT(supervisor.Heard(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  manager.Status("3 listeners");
  EXPECT_EQ(supervisor.Heard(), "STATUS=3 listeners");
  manager.Alive();
  EXPECT_EQ(supervisor.Heard(), "WATCHDOG=1");
  manager.Stopping();
  EXPECT_EQ(supervisor.Heard(), "STOPPING=1");
  EXPECT_EQ(supervisor.Heard(), "");
}

TEST(ServiceManagerTest, ReadsTheEnvironment) {
  Supervisor supervisor;
  ::setenv("NOTIFY_SOCKET", supervisor.name().c_str(), 1);
  ServiceManager::FromEnvironment().Ready();
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_EQ(supervisor.Heard(), "READY=1");
}

TEST(ServiceManagerTest, IsSilentWithoutASocketAndSurvivesABrokenOne) {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceManager::FromEnvironment().Ready();
  ServiceManager("/nobody/is/here").Ready();
  ServiceManager(std::string(200, 'x')).Ready();
}

}  // namespace
}  // namespace tributary
