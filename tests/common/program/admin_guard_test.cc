#include "common/program/admin_guard.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

int StatusOf(bool remote, const HttpRequest& request) {
  return GuardAdmin(remote, [](const HttpRequest&) { return HttpResponse::Text(200, "done"); })(request).status;
}

TEST(AdminGuardTest, ProgramsOfThisMachineMayAct) {
  EXPECT_EQ(StatusOf(false, {.peer = "127.0.0.1", .peer_is_loopback = true}), 200);
}

TEST(AdminGuardTest, OthersAreRefused) {
  EXPECT_EQ(StatusOf(false, {.peer = "10.0.0.1", .peer_is_loopback = false}), 403);
  EXPECT_EQ(StatusOf(false, {}), 403);
}

TEST(AdminGuardTest, WhoPassesOnTheRequestOfOthersIsRefused) {
  for (const char* header : {"origin", "forwarded", "x-forwarded-for"}) {
    const HttpRequest request{.headers = {{header, "anybody"}}, .peer = "127.0.0.1", .peer_is_loopback = true};
    EXPECT_EQ(StatusOf(false, request), 403) << header;
  }
}

TEST(AdminGuardTest, RemoteLetsEverybodyAct) { EXPECT_EQ(StatusOf(true, {.peer = "10.0.0.1"}), 200); }

}  // namespace
}  // namespace tributary
