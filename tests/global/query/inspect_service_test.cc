#include "global/query/inspect_service.h"

#include <grpcpp/grpcpp.h>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(InspectServiceTest, PutsTheAnswerTogetherFromItsParts) {
  ManualClock clock(absl::FromUnixSeconds(1000));
  InspectService service(
      {.version = "1.2.3"},
      {[](const v1::InspectRequest& request, v1::InspectResponse& state) {
         state.set_windows_open(request.audit_intervals());
       },
       [](const v1::InspectRequest&, v1::InspectResponse& state) { state.add_sinks()->set_name("out"); }},
      clock);
  clock.Advance(absl::Seconds(5));
  v1::InspectRequest request;
  request.set_audit_intervals(4);
  v1::InspectResponse state;
  ASSERT_TRUE(service.Inspect(nullptr, &request, &state).ok());
  EXPECT_EQ(state.version(), "1.2.3");
  EXPECT_EQ(state.started_unix_ms(), 1'000'000);
  EXPECT_EQ(state.now_unix_ms(), 1'005'000);
  EXPECT_EQ(state.windows_open(), 4u);
  EXPECT_EQ(state.sinks(0).name(), "out");
}

TEST(InspectServiceTest, WhoIsTooManyIsTurnedAway) {
  ManualClock clock(absl::FromUnixSeconds(1000));
  grpc::Status inner;
  InspectService* service = nullptr;
  InspectService one({.version = "", .max_concurrent = 1},
                     {[&](const v1::InspectRequest& request, v1::InspectResponse&) {
                       v1::InspectResponse unused;
                       inner = service->Inspect(nullptr, &request, &unused);
                     }},
                     clock);
  service = &one;
  const v1::InspectRequest request;
  v1::InspectResponse state;
  EXPECT_TRUE(one.Inspect(nullptr, &request, &state).ok());
  EXPECT_EQ(inner.error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace tributary
