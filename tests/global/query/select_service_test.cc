#include "global/query/select_service.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/query/fake_row_reader.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

// A flag to wait for. Thread-safe.
class Signal {
 public:
  void Set() {
    MutexLock lock(mutex_);
    set_ = true;
    changed_.NotifyAll();
  }
  void Wait() {
    MutexLock lock(mutex_);
    while (!set_) changed_.WaitFor(mutex_, absl::Seconds(1));
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

class SelectServiceTest : public ::testing::Test {
 protected:
  void Serve(const SelectService::Options& options = {}) { Serve(reader_, options); }
  void Serve(const RowReader& reader, const SelectService::Options& options) {
    service_ = std::make_unique<SelectService>(reader, options, telemetry_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }

  // What all series of m have had, as one window.
  v1::GridRequest Request() const {
    v1::GridRequest request;
    v1::Matcher& matcher = *request.add_matchers();
    matcher.set_label("__name__");
    matcher.set_op(v1::Matcher::OP_EQUAL);
    matcher.set_value("m");
    request.set_start_unix_ms(1'000'000);
    request.set_step_ms(1);
    request.set_count(1);
    request.set_window_ms(1'000'000);
    request.set_fold(v1::FOLD_INCREASE);
    return request;
  }

  // Reads the whole stream into `answer`.
  grpc::Status Select(const v1::GridRequest& request, absl::Duration timeout, v1::GridResponse& answer) {
    grpc::ClientContext context;
    if (timeout < absl::InfiniteDuration()) {
      context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
    }
    const auto stream = v1::QueryService::NewStub(channel_)->SelectGrid(&context, request);
    v1::GridResponse response;
    while (stream->Read(&response)) answer.MergeFrom(response);
    return stream->Finish();
  }

  FakeRowReader reader_;
  Telemetry telemetry_;
  std::unique_ptr<SelectService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(SelectServiceTest, StreamsSeriesAndEndsWithTheSummary) {
  reader_.AddRow(reader_.AddSeries("m", {"region:eu"}), 0, {1, 2, 3});
  Serve();
  v1::GridRequest request = Request();
  request.set_grouped(true);
  request.add_group_labels("region");
  v1::GridResponse answer;
  const grpc::Status status = Select(request, absl::Seconds(30), answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(answer.series_size(), 1);
  EXPECT_EQ(answer.series(0).labels(0).value(), "eu");
  EXPECT_EQ(answer.series(0).merged(0).type(), v1::METRIC_TYPE_DISTRIBUTION);
  EXPECT_EQ(answer.summary().rows(), 1);
  EXPECT_THAT(telemetry_.Serialize(), HasSubstr("tributary_global_selects_total{result=\"answered\"} 1\n"));
  EXPECT_THAT(telemetry_.Serialize(), HasSubstr("tributary_global_select_rows_total 1\n"));
}

TEST_F(SelectServiceTest, NamesALimitWithResourceExhausted) {
  for (int i = 0; i < 2; ++i) reader_.AddRow(reader_.AddSeries("m", {absl::StrCat("n:", i)}), 0, {1});
  Serve({.limits = {.max_series = 1}});
  v1::GridResponse answer;
  const grpc::Status status = Select(Request(), absl::Seconds(30), answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("max_series = 1"));
  EXPECT_THAT(telemetry_.Serialize(), HasSubstr("tributary_global_selects_total{result=\"over_limit\"} 1\n"));
}

TEST_F(SelectServiceTest, NeedsADeadlineThatIsNear) {
  Serve({.max_time = absl::Seconds(60)});
  v1::GridResponse answer;
  EXPECT_EQ(Select(Request(), absl::InfiniteDuration(), answer).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Select(Request(), absl::Hours(1), answer).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Select(Request(), absl::Seconds(30), answer).ok());
}

TEST_F(SelectServiceTest, TurnsAwayWhatIsOverItsConcurrency) {
  Signal reading, release;
  reader_.AddRow(reader_.AddSeries("m", {}), 0, {1});
  reader_.set_before_row([&] {
    reading.Set();
    release.Wait();
  });
  Serve({.max_concurrent = 1});
  grpc::Status first;
  std::thread client([&] {
    v1::GridResponse answer;
    first = Select(Request(), absl::Seconds(60), answer);
  });
  reading.Wait();
  v1::GridResponse answer;
  const grpc::Status second = Select(Request(), absl::Seconds(30), answer);
  release.Set();
  client.join();
  EXPECT_EQ(second.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(second.error_message(), HasSubstr("more than 1 queries at once"));
  EXPECT_TRUE(first.ok()) << first.error_message();
  EXPECT_TRUE(Select(Request(), absl::Seconds(30), answer).ok());
}

// Reads one row again and again until it is told to stop.
class EndlessReader : public FakeRowReader {
 public:
  explicit EndlessReader(Signal& reading) : reading_(reading), id_(AddSeries("m", {}, MetricType::kCounter)) {
    row_ = AddRow(id_, 0, {1});
  }
  absl::Status ReadRows(absl::Duration, absl::Span<const KeyId>, absl::Time, absl::Time, Visit visit) const override {
    reading_.Set();
    while (visit(id_, row_)) {
    }
    return absl::OkStatus();
  }

 private:
  Signal& reading_;
  const KeyId id_;
  Row row_;
};

TEST_F(SelectServiceTest, StopsReadingWhenTheClientIsGone) {
  Signal reading;
  EndlessReader reader(reading);
  Serve(reader, {.limits = {.max_rows = UINT64_MAX}});
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = v1::QueryService::NewStub(channel_)->SelectGrid(&context, Request());
  reading.Wait();
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(60));  // waits for the handler
  EXPECT_THAT(telemetry_.Serialize(), HasSubstr("tributary_global_selects_total{result=\"cancelled\"} 1\n"));
}

}  // namespace
}  // namespace tributary
