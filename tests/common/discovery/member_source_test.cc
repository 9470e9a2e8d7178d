#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/discovery/dns_source.h"
#include "common/discovery/file_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;

// The lists a membership has told, for a test to wait on.
class Told {
 public:
  MemberSource::OnMembers Listener() {
    return [this](MemberList list) {
      MutexLock lock(mutex_);
      last_.clear();
      for (const Member& member : list.members) last_.push_back(member.id);
      ++count_;
      changed_.NotifyAll();
    };
  }
  std::vector<std::string> Await(int count) {
    MutexLock lock(mutex_);
    for (const absl::Time end = absl::Now() + absl::Seconds(20); count_ < count && absl::Now() < end;) {
      changed_.WaitFor(mutex_, absl::Seconds(1));
    }
    return last_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> last_ ABSL_GUARDED_BY(mutex_);
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() { Write("a b"); }
  ~FileSourceTest() override { std::remove(file_.c_str()); }

  void Write(const std::string& ids) { std::ofstream(file_) << ids; }
  FileSource::Load Load() {
    return [file = file_]() -> absl::StatusOr<std::vector<Member>> {
      std::ifstream in(file);
      std::vector<Member> members;
      for (std::string id; in >> id;) members.push_back({.id = id, .address = id + ":1", .weight = 1});
      if (members.empty()) return absl::InvalidArgumentError("no members");
      return members;
    };
  }

  const std::string file_ = testing::TempDir() + "members." + std::to_string(absl::ToUnixNanos(absl::Now()));
  Telemetry telemetry_;
  Told told_;
};

TEST_F(FileSourceTest, TellsTheListAtOnce) {
  const FileSource source(file_, Load(), absl::Hours(1), telemetry_, told_.Listener());
  EXPECT_THAT(told_.Await(1), ElementsAre("a", "b"));
}

TEST_F(FileSourceTest, ReadsAFileThatChangedAgain) {
  const FileSource source(file_, Load(), absl::Milliseconds(10), telemetry_, told_.Listener());
  told_.Await(1);
  Write("a b c");
  EXPECT_THAT(told_.Await(2), ElementsAre("a", "b", "c"));
}

TEST_F(FileSourceTest, AFileThatCannotBeUsedChangesNothing) {
  FileSource source(file_, Load(), absl::Hours(1), telemetry_, told_.Listener());
  Write("");
  source.Reload();
  Write("c");
  source.Reload();
  EXPECT_THAT(told_.Await(2), ElementsAre("c"));
  EXPECT_EQ(DiscoveryMetrics(telemetry_, "file").failures.value(), 1u);
}

class FakeResolver : public DnsResolver {
 public:
  absl::StatusOr<std::vector<Endpoint>> Resolve(const std::string& host, int port) override {
    return std::vector<Endpoint>{{.name = host, .ip = "10.0.0.1", .port = port}};
  }
  absl::StatusOr<std::vector<Endpoint>> ResolveService(const std::string& service) override {
    return std::vector<Endpoint>{{.name = "global-0." + service, .ip = "10.0.0.1", .port = 1},
                                 {.name = "global-1." + service, .ip = "10.0.0.2", .port = 1}};
  }
};

TEST(DnsSourceTest, TellsWhatTheNamesLeadTo) {
  FakeResolver resolver;
  Telemetry telemetry;
  Told services;
  const DnsSource by_service({.service = "globals", .host = "", .port = 0, .refresh = absl::Hours(1)}, resolver,
                             telemetry, services.Listener());
  EXPECT_THAT(services.Await(1), ElementsAre("global-0", "global-1"));
  Told hosts;
  const DnsSource by_host({.service = "", .host = "globals", .port = 8129, .refresh = absl::Hours(1)}, resolver,
                          telemetry, hosts.Listener());
  EXPECT_THAT(hosts.Await(1), ElementsAre("10.0.0.1"));
}

}  // namespace
}  // namespace tributary
