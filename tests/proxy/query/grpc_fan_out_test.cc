// Two globals on loopback, each a real QueryService over rows in memory:
//
//   QueryRunner -> GrpcFanOut -> [SelectService + FakeRowReader] x 2
#include "proxy/query/grpc_fan_out.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/telemetry/telemetry.h"
#include "global/query/inspect_service.h"
#include "global/query/select_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/query/query_runner.h"
#include "tests/global/query/fake_row_reader.h"
#include "tributary/v1/query.grpc.pb.h"

namespace tributary {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A port of its own for one service.
class Server {
 public:
  explicit Server(grpc::Service& service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
  }
  ~Server() { Stop(); }
  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

struct Global {
  FakeRowReader reader;
  Telemetry telemetry;
  SelectService service{reader, SelectService::Options(), telemetry};
  Server server{service};
};

// Never answers; ends when its call does.
class SilentService : public v1::QueryService::Service {
 public:
  grpc::Status SelectGrid(grpc::ServerContext* context, const v1::GridRequest*,
                          grpc::ServerWriter<v1::GridResponse>*) override {
    MutexLock lock(mutex_);
    while (!context->IsCancelled()) never_.WaitFor(mutex_, absl::Milliseconds(10));
    return grpc::Status::CANCELLED;
  }

 private:
  Mutex mutex_;
  CondVar never_;
};

// Sends what it is told and ends well.
class ScriptedService : public v1::QueryService::Service {
 public:
  explicit ScriptedService(std::vector<v1::GridResponse> responses) : responses_(std::move(responses)) {}
  grpc::Status SelectGrid(grpc::ServerContext*, const v1::GridRequest*,
                          grpc::ServerWriter<v1::GridResponse>* writer) override {
    for (const v1::GridResponse& response : responses_) writer->Write(response);
    return grpc::Status::OK;
  }

 private:
  const std::vector<v1::GridResponse> responses_;
};

// All rows as they are.
v1::GridRequest RequestFor(const std::string& name) {
  v1::GridRequest request;
  v1::Matcher& matcher = *request.add_matchers();
  matcher.set_label("__name__");
  matcher.set_op(v1::Matcher::OP_EQUAL);
  matcher.set_value(name);
  request.set_start_unix_ms(1'000'000);
  request.set_step_ms(1);
  request.set_count(1);
  request.set_window_ms(1'000'000);
  request.set_fold(v1::FOLD_RAW);
  return request;
}

TEST(GrpcFanOutTest, FleetPercentilesByGroupEqualThoseOfTheRawSamples) {
  constexpr uint64_t kSeed = 4711;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  std::gamma_distribution<double> latency(2, 10);
  Global globals[2];
  std::map<std::string, std::vector<double>> raw;
  for (int host = 0; host < 24; ++host) {
    const std::string region = host % 3 == 0 ? "eu" : "us";
    FakeRowReader& reader = globals[host % 2].reader;
    const KeyId id = reader.AddSeries("api.latency", {absl::StrCat("host:", host), absl::StrCat("region:", region)});
    for (int interval = 0; interval < 30; ++interval) {
      std::vector<double> samples(100);
      for (double& sample : samples) sample = latency(random) + (region == "eu" ? 100 : 0);
      raw[region].insert(raw[region].end(), samples.begin(), samples.end());
      raw[""].insert(raw[""].end(), samples.begin(), samples.end());
      reader.AddRow(id, interval, samples);
    }
  }
  GrpcFanOut fan_out;
  Telemetry telemetry;
  ManualClock clock(absl::FromUnixSeconds(300));
  QueryRunner engine(
      fan_out,
      [&] {
        return std::vector<Member>{{"g0", globals[0].server.address()}, {"g1", globals[1].server.address()}};
      },
      clock, telemetry);
  const std::vector<double> quantiles = {0, 0.5, 0.9, 0.99, 0.999, 1};
  for (const char* clause : {"", " by (region)"}) {
    const auto result = engine.Instant(absl::StrCat("quantile([0, 0.5, 0.9, 0.99, 0.999, 1], api_latency[5m])", clause),
                                       clock.Now(), std::nullopt);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->series.size(), quantiles.size() * (*clause == '\0' ? 1 : 2));
    EXPECT_THAT(result->infos, Contains(HasSubstr("merged 720 rows of 24 series, resolution 10s")));
    EXPECT_THAT(result->infos, Contains(HasSubstr("globals 2/2")));
    for (size_t i = 0; i < result->series.size(); ++i) {
      const promql::Series& series = result->series[i];
      const double value = series.points.at(0).value;
      std::vector<double>& values = raw[std::string(promql::LabelValue(series.labels, "region"))];
      std::sort(values.begin(), values.end());
      const double q = std::stod(std::string(promql::LabelValue(series.labels, "quantile")));
      const auto below = std::lower_bound(values.begin(), values.end(), value) - values.begin();
      const double n = static_cast<double>(values.size());
      EXPECT_NEAR(below, q * n, 0.02 * std::min(q, 1 - q) * n + 1) << clause << " q " << q;  // ranks; 2 % of the tail
    }
  }
}

TEST(GrpcFanOutTest, AnswersFromTheOthersWhenOneIsDown) {
  Global alive, dead;
  alive.reader.AddRow(alive.reader.AddSeries("m", {}), 0, {1, 2, 3});
  const std::string address = dead.server.address();
  dead.server.Stop();
  GrpcFanOut fan_out;
  Telemetry telemetry;
  ManualClock clock(absl::FromUnixSeconds(10));
  QueryRunner engine(
      fan_out,
      [&] {
        return std::vector<Member>{{"alive", alive.server.address()}, {"dead", address}};
      },
      clock, telemetry);
  const auto result = engine.Instant("quantile(0.5, m[5m])", clock.Now(), std::nullopt);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->series.at(0).points.at(0).value, 2);
  EXPECT_THAT(result->warnings, ElementsAre(HasSubstr(absl::StrCat("no answer from global dead (", address, "): "))));
  EXPECT_THAT(result->infos, Contains(HasSubstr("globals 1/2")));
}

TEST(GrpcFanOutTest, DoesNotWaitForTheSlowBeyondItsTimeout) {
  Global quick;
  quick.reader.AddRow(quick.reader.AddSeries("m", {}), 0, {7});
  SilentService silent;
  Server slow(silent);
  GrpcFanOut fan_out;
  const auto answers = fan_out.SelectGrid({{"quick", quick.server.address()}, {"slow", slow.address()}},
                                          RequestFor("m"), absl::Milliseconds(500));
  ASSERT_EQ(answers.size(), 2);
  EXPECT_TRUE(answers[0].status.ok()) << answers[0].status;
  EXPECT_EQ(answers[0].series.size(), 1);
  EXPECT_EQ(answers[0].summary.rows(), 1);
  EXPECT_EQ(answers[1].global.id, "slow");
  EXPECT_EQ(answers[1].status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(GrpcFanOutTest, KeepsTheCodeAndTheWordsOfARefusal) {
  Global global;
  GrpcFanOut fan_out;
  v1::GridRequest request = RequestFor("m");
  request.set_fold(v1::FOLD_UNSPECIFIED);
  const auto answers = fan_out.SelectGrid({{"g", global.server.address()}}, request, absl::Seconds(30));
  EXPECT_EQ(answers[0].status, absl::InvalidArgumentError("an unknown fold"));
}

TEST(GrpcFanOutTest, TakesNoAnswerWithoutItsEnd) {
  v1::GridResponse series;
  series.add_series();
  ScriptedService service({series});
  Server server(service);
  GrpcFanOut fan_out;
  const auto answers = fan_out.SelectGrid({{"g", server.address()}}, RequestFor("m"), absl::Seconds(30));
  EXPECT_EQ(answers[0].status.code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(answers[0].series.empty());
}

TEST(GrpcFanOutTest, TakesNoMoreThanItsBounds) {
  v1::GridResponse series;
  for (int i = 0; i < 3; ++i) series.add_series()->add_labels()->set_value(std::string(100, 'x'));
  v1::GridResponse end;
  end.mutable_summary();
  ScriptedService service({series, end});
  Server server(service);
  for (const GrpcFanOut::Options& options :
       {GrpcFanOut::Options{.max_series = 2}, GrpcFanOut::Options{.max_answer_bytes = 200}}) {
    GrpcFanOut fan_out(options);
    const auto answers = fan_out.SelectGrid({{"g", server.address()}}, RequestFor("m"), absl::Seconds(30));
    EXPECT_EQ(answers[0].status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(answers[0].series.empty());
  }
  GrpcFanOut enough(GrpcFanOut::Options{.max_series = 3});
  EXPECT_TRUE(enough.SelectGrid({{"g", server.address()}}, RequestFor("m"), absl::Seconds(30))[0].status.ok());
}

// Never answers; ends when its call does.
class SilentStatusService : public v1::StatusService::Service {
 public:
  grpc::Status Inspect(grpc::ServerContext* context, const v1::InspectRequest*, v1::InspectResponse*) override {
    MutexLock lock(mutex_);
    while (!context->IsCancelled()) never_.WaitFor(mutex_, absl::Milliseconds(10));
    return grpc::Status::CANCELLED;
  }

 private:
  Mutex mutex_;
  CondVar never_;
};

TEST(GrpcFanOutTest, StatesOfTheOthersWhenOneIsDownAndOneIsSlow) {
  ManualClock clock(absl::FromUnixSeconds(100));
  InspectService service({.version = "1.2.3"},
                         {[](const v1::InspectRequest&, v1::InspectResponse& state) { state.set_series(7); }}, clock);
  Server alive(service);
  SilentStatusService silent;
  Server slow(silent);
  std::string address;
  {
    InspectService gone({}, {}, clock);
    address = Server(gone).address();
  }
  GrpcFanOut fan_out;
  const std::vector<GlobalState> states = fan_out.Inspect(
      {{"alive", alive.address()}, {"dead", address}, {"slow", slow.address()}}, {}, absl::Milliseconds(500));
  ASSERT_EQ(states.size(), 3u);
  EXPECT_TRUE(states[0].status.ok()) << states[0].status;
  EXPECT_EQ(states[0].state.version(), "1.2.3");
  EXPECT_EQ(states[0].state.series(), 7u);
  EXPECT_EQ(states[1].global.id, "dead");
  EXPECT_EQ(states[1].status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(states[2].status.code(), absl::StatusCode::kDeadlineExceeded);
}

// As many as a roster holds, each with every reason that an agent knows: more than gRPC takes by default.
TEST(GrpcFanOutTest, TakesTheStateOfALargeFleet) {
  ManualClock clock(absl::FromUnixSeconds(100));
  InspectService service({}, {[](const v1::InspectRequest&, v1::InspectResponse& state) {
                           for (int i = 0; i < 16384; ++i) {
                             v1::AgentState& agent = *state.add_agents();
                             agent.set_instance(InstanceId::Random().bytes().data(), InstanceId::kBytes);
                             agent.set_host(std::string(253, 'h'));
                             for (int reason = 0; reason < 12; ++reason) {
                               v1::Drop& drop = *agent.mutable_books()->add_dropped();
                               drop.set_reason("timestamp_out_of_range");
                               drop.set_sample_count(UINT64_MAX);
                             }
                           }
                         }},
                         clock);
  Server server(service);
  GrpcFanOut fan_out;
  const std::vector<GlobalState> states = fan_out.Inspect({{"g", server.address()}}, {}, absl::Seconds(30));
  EXPECT_TRUE(states[0].status.ok()) << states[0].status;
  EXPECT_EQ(states[0].state.agents_size(), 16384);
}

TEST(GrpcFanOutTest, ReachesAGlobalThatComesBackAtAnotherAddress) {
  GrpcFanOut fan_out;
  for (int life = 0; life < 2; ++life) {
    Global global;
    const auto answers = fan_out.SelectGrid({{"g", global.server.address()}}, RequestFor("m"), absl::Seconds(30));
    EXPECT_TRUE(answers[0].status.ok()) << answers[0].status;
  }
}

}  // namespace
}  // namespace tributary
