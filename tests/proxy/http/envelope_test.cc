#include "proxy/http/envelope.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "gtest/gtest.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kPlenty = 1 << 20;

promql::Series SeriesOf(Labels labels, int64_t time_ms, double value) {
  return {.labels = std::move(labels), .points = {{.time_ms = time_ms, .value = value}}};
}

TEST(EnvelopeTest, IsByteForByteWhatPrometheusWouldSend) {
  promql::Answer answer;
  answer.series = {SeriesOf({{"quantile", "0.99"}, {"region", "eu"}}, 1'736'931'600'781, 0.25)};
  EXPECT_EQ(AnswerResponse(answer, kPlenty).body,
            R"({"status":"success","data":{"resultType":"vector","result":[)"
            R"({"metric":{"quantile":"0.99","region":"eu"},"value":[1736931600.781,"0.25"]}]}})");
}

TEST(EnvelopeTest, HasEveryFieldOfAVector) {
  promql::Answer answer;
  answer.series = {SeriesOf({}, 1'736'931'600'000, 1e21),
                   SeriesOf({{"a", "\"q\"\n"}}, 1'736'931'600'000, std::numeric_limits<double>::quiet_NaN())};
  answer.warnings = {"w1", "w2"};
  answer.infos = {"i"};
  const HttpResponse response = AnswerResponse(answer, kPlenty);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(Json::parse(response.body), Json::parse(R"({
    "status": "success",
    "data": {"resultType": "vector", "result": [
      {"metric": {}, "value": [1736931600, "1000000000000000000000"]},
      {"metric": {"a": "\"q\"\n"}, "value": [1736931600, "NaN"]}]},
    "warnings": ["w1", "w2"], "infos": ["i"]})"));
}

TEST(EnvelopeTest, ShowsLabelsThatAreNotUtf8) {
  promql::Answer answer;
  answer.series = {SeriesOf({{"a", "x\xff"}}, 0, 1)};
  EXPECT_EQ(Json::parse(AnswerResponse(answer, kPlenty).body)["data"]["result"][0]["metric"]["a"], "x\xEF\xBF\xBD");
}

TEST(EnvelopeTest, ScalarsStringsAndMatrices) {
  promql::Answer answer;
  answer.type = promql::ValueType::kScalar;
  answer.scalar = {.time_ms = 4500, .value = 2};
  EXPECT_EQ(Json::parse(AnswerResponse(answer, kPlenty).body)["data"]["result"], Json::parse(R"([4.5, "2"])"));
  answer.type = promql::ValueType::kString;
  answer.text = "a\"b";
  EXPECT_EQ(Json::parse(AnswerResponse(answer, kPlenty).body)["data"]["result"], Json::parse(R"([4.5, "a\"b"])"));
  answer.type = promql::ValueType::kMatrix;
  answer.series = {{.labels = {}, .points = {{.time_ms = 1000, .value = 1}, {.time_ms = 2000, .value = 3}}}};
  EXPECT_EQ(Json::parse(AnswerResponse(answer, kPlenty).body)["data"]["result"],
            Json::parse(R"([{"metric": {}, "values": [[1, "1"], [2, "3"]]}])"));
}

TEST(EnvelopeTest, RefusesWhatIsTooLongByTheNameOfTheLimit) {
  promql::Answer answer;
  for (int i = 0; i < 100; ++i) answer.series.push_back(SeriesOf({{"host", std::to_string(i)}}, 0, 1));
  const size_t length = AnswerResponse(answer, kPlenty).body.size();
  EXPECT_EQ(AnswerResponse(answer, length).status, 200);
  const HttpResponse refused = AnswerResponse(answer, 1000);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(Json::parse(refused.body)["error"],
            "the answer is over 1000 bytes (query.max_answer_bytes); aggregate, narrow the selector, or lengthen the "
            "step");
}

TEST(EnvelopeTest, GivesEachErrorItsStatusAndType) {
  const std::tuple<absl::Status, int, std::string> table[] = {
      {absl::InvalidArgumentError("m"), 400, "bad_data"},
      {absl::NotFoundError("m"), 404, "not_found"},
      {absl::FailedPreconditionError("m"), 422, "execution"},
      {absl::ResourceExhaustedError("m"), 422, "execution"},
      {absl::DeadlineExceededError("m"), 503, "timeout"},
      {absl::UnavailableError("m"), 503, "unavailable"},
      {absl::InternalError("m"), 500, "internal"},
      {absl::DataLossError("m"), 500, "internal"},
  };
  for (const auto& [status, http_status, type] : table) {
    const HttpResponse response = ErrorResponse(status);
    EXPECT_EQ(response.status, http_status);
    EXPECT_EQ(Json::parse(response.body), Json({{"status", "error"}, {"errorType", type}, {"error", "m"}}));
  }
}

}  // namespace
}  // namespace tributary
