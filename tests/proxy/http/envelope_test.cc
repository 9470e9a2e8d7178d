#include "proxy/http/envelope.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

#include "gtest/gtest.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

TEST(EnvelopeTest, IsByteForByteWhatPrometheusWouldSend) {
  QueryResult result;
  result.time = absl::FromUnixMillis(1'736'931'600'781);
  result.samples = {{.labels = {{"region", "eu"}, {"quantile", "0.99"}}, .value = 0.25}};
  EXPECT_EQ(VectorResponse(result).body,
            R"({"status":"success","data":{"resultType":"vector","result":[)"
            R"({"metric":{"quantile":"0.99","region":"eu"},"value":[1736931600.781,"0.25"]}]}})");
}

TEST(EnvelopeTest, HasEveryFieldOfAVector) {
  QueryResult result;
  result.time = absl::FromUnixSeconds(1'736'931'600);
  result.samples = {{.labels = {}, .value = 1e21},
                    {.labels = {{"a", "\"q\"\n"}}, .value = std::numeric_limits<double>::quiet_NaN()}};
  result.warnings = {"w1", "w2"};
  result.infos = {"i"};
  const HttpResponse response = VectorResponse(result);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(Json::parse(response.body), Json::parse(R"({
    "status": "success",
    "data": {"resultType": "vector", "result": [
      {"metric": {}, "value": [1736931600.0, "1000000000000000000000"]},
      {"metric": {"a": "\"q\"\n"}, "value": [1736931600.0, "NaN"]}]},
    "warnings": ["w1", "w2"], "infos": ["i"]})"));
}

TEST(EnvelopeTest, ShowsLabelsThatAreNotUtf8) {
  QueryResult result;
  result.samples = {{.labels = {{"a", "x\xff"}}, .value = 1}};
  EXPECT_EQ(Json::parse(VectorResponse(result).body)["data"]["result"][0]["metric"]["a"], "x\xEF\xBF\xBD");
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
