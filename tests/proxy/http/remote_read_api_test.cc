// POST /api/v1/read on a real HttpServer; the globals are a fake.
#include "proxy/http/remote_read_api.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/net/http_client.h"
#include "gtest/gtest.h"
#include "prometheus/remote_read.pb.h"
#include "snappy.h"

namespace tributary {
namespace {

// Every global holds one gauge, 7 in the interval that ends at 10 s.
class FakeFanOut : public FanOut {
 public:
  std::vector<LabelsAnswer> ListLabels(const std::vector<Member>&, const v1::LabelsRequest&, absl::Duration) override {
    return {};
  }
  std::vector<GridAnswer> SelectGrid(const std::vector<Member>& globals, const v1::GridRequest&,
                                     absl::Duration) override {
    std::vector<GridAnswer> answers(globals.size());
    answers[0].global = globals[0];
    answers[0].status = status;
    answers[0].summary.set_rows(1);
    answers[0].summary.set_resolution_ms(10'000);
    v1::GridSeries& series = answers[0].series.emplace_back();
    series.set_type(v1::METRIC_TYPE_GAUGE);
    v1::Label& name = *series.add_labels();
    name.set_name("__name__");
    name.set_value("depth");
    series.add_unix_ms(10'000);
    series.add_values(7);
    return answers;
  }
  absl::Status status;
};

class RemoteReadApiTest : public ::testing::Test {
 protected:
  RemoteReadApiTest() {
    RegisterRemoteReadApi(server_, queries_);
    TRIBUTARY_CHECK(server_.Start().ok());
    prometheus::Query& query = *request_.add_queries();
    query.set_end_timestamp_ms(20'000);
    prometheus::LabelMatcher& matcher = *query.add_matchers();
    matcher.set_name("__name__");
    matcher.set_value("depth");
  }

  static std::string Packed(const std::string& bytes) {
    std::string packed;
    snappy::Compress(bytes.data(), bytes.size(), &packed);
    return packed;
  }
  HttpReply Post(const std::string& body, const std::string& parameters = "", const std::string& encoding = "snappy") {
    HttpFetch fetch;
    fetch.method = "POST";
    fetch.url = absl::StrCat("http://127.0.0.1:", server_.port(), "/api/v1/read", parameters);
    fetch.headers = {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", encoding}};
    fetch.body = body;
    const auto reply = client_.Fetch(fetch);
    TRIBUTARY_CHECK(reply.ok());
    return *reply;
  }

  FakeFanOut fan_out_;
  Telemetry telemetry_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  QueryRunner queries_{fan_out_, [] { return std::vector<Member>{{"g0", "10.0.0.1:8127"}}; }, clock_, telemetry_};
  HttpServer server_{HttpServer::Options()};
  HttpClient client_;
  prometheus::ReadRequest request_;
};

TEST_F(RemoteReadApiTest, AnswersSamplesWhateverElseIsAccepted) {
  request_.add_accepted_response_types(prometheus::ReadRequest::STREAMED_XOR_CHUNKS);
  const HttpReply reply = Post(Packed(request_.SerializeAsString()));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.Header("content-type"), "application/x-protobuf");
  EXPECT_EQ(reply.Header("content-encoding"), "snappy");
  std::string bytes;
  ASSERT_TRUE(snappy::Uncompress(reply.body.data(), reply.body.size(), &bytes));
  prometheus::ReadResponse response;
  ASSERT_TRUE(response.ParseFromString(bytes));
  ASSERT_EQ(response.results_size(), 1);
  ASSERT_EQ(response.results(0).timeseries_size(), 1);
  const prometheus::TimeSeries& series = response.results(0).timeseries(0);
  EXPECT_EQ(series.labels(0).value(), "depth");
  EXPECT_EQ(series.samples(0).value(), 7);
  EXPECT_EQ(series.samples(0).timestamp(), 10'000);
}

TEST_F(RemoteReadApiTest, RefusesOnOneLineWhatIsNoRequest) {
  const auto expect = [&](const HttpReply& reply, int status, const std::string& text) {
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.body, text + "\n");
  };
  const std::string good = Packed(request_.SerializeAsString());
  expect(Post("query=up", "", "identity"), 400, "remote read takes protobuf with Content-Encoding: snappy");
  expect(Post("\xff\xff\xff\xff\xff\xff"), 400, "the request is not compressed by snappy");
  expect(Post(good.substr(0, good.size() - 3)), 400, "the request is not compressed by snappy");
  expect(Post(Packed("\x0a\xff")), 400, "the request is no ReadRequest");
  expect(Post(Packed(std::string(2 << 20, '\0'))), 400, "the request is over 1048576 bytes");
  expect(Post(good, "?partial=some"), 400, "the parameter \"partial\" is \"refuse\" or \"allow\"");
}

TEST_F(RemoteReadApiTest, GivesErrorsTheirStatus) {
  const std::string good = Packed(request_.SerializeAsString());
  fan_out_.status = absl::ResourceExhaustedError("the query reaches max_rows = 5");
  EXPECT_EQ(Post(good).status, 422);
  fan_out_.status = absl::UnavailableError("connection refused");
  const HttpReply down = Post(good, "?partial=allow");  // no global at all is no answer
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(down.body, "no global answered: g0 (10.0.0.1:8127): connection refused\n");
}

}  // namespace
}  // namespace tributary
