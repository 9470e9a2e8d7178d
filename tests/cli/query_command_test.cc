// Runs the program `tributary` against a server that answers with stored bytes.
#include "cli/query_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/mutex.h"
#include "common/net/http_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kByRegion[] =
    R"({"status":"success","data":{"resultType":"vector","result":[)"
    R"({"metric":{"quantile":"0.5","region":"eu"},"value":[1736931600.5,"12.5"]},)"
    R"({"metric":{"quantile":"0.99","region":"eu"},"value":[1736931600.5,"250.123456"]},)"
    R"({"metric":{"quantile":"0.5","region":"us"},"value":[1736931600.5,"9"]},)"
    R"({"metric":{"quantile":"0.99","region":"us"},"value":[1736931600.5,"80"]}]},)"
    R"("warnings":["no answer from global global-1 (10.0.0.2:8127): deadline exceeded; what it holds is missing here"],)"
    R"("infos":["merged 720 sketches of 24 series, resolution 10s, partial rows 0, smallest coverage 100%",)"
    R"("globals 1/2, committed through 2025-01-15T09:00:00Z"]})";

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class QueryCommandTest : public ::testing::Test {
 protected:
  QueryCommandTest() : server_(HttpServer::Options()) {
    for (const char* path : {"/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels"}) {
      Serve("POST", path);
    }
    Serve("GET", "/api/v1/label/region/values");
    TRIBUTARY_CHECK(server_.Start().ok());
  }

  void Serve(const char* method, const char* path) {
    server_.Handle(method, path, [this, path](const HttpRequest& request) {
      MutexLock lock(mutex_);
      asked_ = request.parameters;
      path_ = path;
      return HttpResponse::Json(status_, body_);
    });
  }
  void Answer(int status, std::string body) {
    MutexLock lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  HttpParameters Asked() {
    MutexLock lock(mutex_);
    return asked_;
  }
  std::string AskedPath() {
    MutexLock lock(mutex_);
    return path_;
  }
  std::string Url() const { return absl::StrCat("http://127.0.0.1:", server_.port()); }

  // `tributary COMMAND words...`, in an environment that holds the proxy only.
  Outcome RunCommand(const std::string& command, const std::vector<std::string>& words, const std::string& proxy) {
    std::vector<std::string> all = {"tributary", command};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (std::string& word : all) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::string variable = "TRIBUTARY_PROXY=" + proxy;
    char* environment[] = {variable.data(), nullptr};

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (dir_.path() + "/out").c_str(), kFlags, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (dir_.path() + "/err").c_str(), kFlags, 0600);
    pid_t pid = 0;
    const int spawned = posix_spawn(&pid, TRIBUTARY_PROGRAM, &files, nullptr, argv.data(), environment);
    posix_spawn_file_actions_destroy(&files);
    TRIBUTARY_CHECK(spawned == 0);
    int status = 0;
    TRIBUTARY_CHECK(waitpid(pid, &status, 0) == pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, Read("/out"), Read("/err")};
  }
  Outcome Run(const std::vector<std::string>& words) { return RunCommand("query", words, Url()); }

 private:
  std::string Read(const char* file) const {
    std::ostringstream text;
    text << std::ifstream(dir_.path() + file).rdbuf();
    return text.str();
  }

  Mutex mutex_;
  int status_ ABSL_GUARDED_BY(mutex_) = 200;
  std::string body_ ABSL_GUARDED_BY(mutex_) = kByRegion;
  HttpParameters asked_ ABSL_GUARDED_BY(mutex_);
  std::string path_ ABSL_GUARDED_BY(mutex_);
  const TempDir dir_;
  HttpServer server_;
};

TEST_F(QueryCommandTest, PrintsATableWithItsNotesOnStandardErrorAndNoColours) {
  const Outcome outcome = Run({"p50,p99", "api.latency", "--by", "region"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "REGION   P50      P99\n"
            "eu      12.5  250.123\n"
            "us         9       80\n");
  EXPECT_EQ(
      outcome.err,
      "merged 720 sketches of 24 series, resolution 10s, partial rows 0, smallest coverage 100%\n"
      "globals 1/2, committed through 2025-01-15T09:00:00Z\n"
      "warning: no answer from global global-1 (10.0.0.2:8127): deadline exceeded; what it holds is missing here\n");
}

TEST_F(QueryCommandTest, AsksWhatItsWordsSay) {
  Run({"p50,p99.9", "api.latency", "--last", "1h", "--by", "region,host", "--where", "service=api", "--where",
       "region=~eu-.*", "--at", "2025-01-15T09:00:00+01:00", "--timeout", "1500ms"});
  EXPECT_THAT(Asked(), ElementsAre(Pair("query",
                                        "quantile([0.5, 0.999], api.latency{service=\"api\", region=~\"eu-.*\"}[1h]) "
                                        "by (region, host)"),
                                   Pair("timeout", "1.5"), Pair("time", "2025-01-15T09:00:00+01:00")));
}

TEST_F(QueryCommandTest, SendsAnExpressionAsItIs) {
  Run({"quantile(0.99, {\"a&b\"}[5m]) by (x)"});
  EXPECT_THAT(Asked(), ElementsAre(Pair("query", "quantile(0.99, {\"a&b\"}[5m]) by (x)"), Pair("timeout", "30")));
}

TEST_F(QueryCommandTest, TakesOptionsAnywhereAmongItsWords) {
  Run({"--by", "region", "p99", "--where", "a=b", "m"});
  EXPECT_THAT(Asked()[0].second, "quantile([0.99], m{a=\"b\"}[5m]) by (region)");
}

TEST_F(QueryCommandTest, PrintsTheServersOwnJson) {
  const Outcome outcome = Run({"p99", "m", "-o", "json"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, absl::StrCat(kByRegion, "\n"));
}

TEST_F(QueryCommandTest, PrintsCsv) {
  const Outcome outcome = Run({"p99", "m", "--output", "csv"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "region,p50,p99\r\neu,12.5,250.123456\r\nus,9,80\r\n");
  EXPECT_THAT(outcome.err, HasSubstr("warning: no answer from global global-1"));
}

TEST_F(QueryCommandTest, SaysThatThereIsNoData) {
  Answer(
      200,
      R"({"status":"success","data":{"resultType":"vector","result":[]},"infos":["no rows in the window; 0 series match"]})");
  const Outcome outcome = Run({"p99", "api.latency"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "no rows in the window; 0 series match\n"
            "tributary query: no data for quantile([0.99], api.latency[5m])\n");
}

TEST_F(QueryCommandTest, ShowsARefusedQuestionWithTheExpression) {
  Answer(400, R"({"status":"error","errorType":"bad_data","error":"1:23: parse error: expected a duration"})");
  const Outcome outcome = Run({"p99", "m", "--last", "oops"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "tributary query: 1:23: parse error: expected a duration\n"
            "  quantile([0.99], m[oops])\n");
}

TEST_F(QueryCommandTest, ShowsWhatTheServerCouldNotDo) {
  Answer(422, R"({"status":"error","errorType":"execution","error":"\"m\" is of type counter"})");
  const Outcome outcome = Run({"p99", "m"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "tributary query: \"m\" is of type counter\n");
}

TEST_F(QueryCommandTest, SaysWhenTheAddressIsNotOfAProxy) {
  for (const char* body :
       {"<html>404</html>", "{}", R"({"status":"success","data":{"resultType":"tensor","result":[]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":1}]}})"}) {
    Answer(200, body);
    const Outcome outcome = Run({"p99", "m"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err,
              absl::StrCat("tributary query: ", Url(), ": the answer is not one of Prometheus's HTTP API\n"));
  }
}

TEST_F(QueryCommandTest, SaysWhenNobodyListens) {
  const Outcome outcome = Run({"p99", "m", "--proxy", "http://127.0.0.1:1"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("tributary query: no proxy answers at http://127.0.0.1:1 ("));
  EXPECT_THAT(outcome.err, HasSubstr("--proxy or TRIBUTARY_PROXY names another"));
}

TEST_F(QueryCommandTest, RefusesWrongUseWithTwo) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"p99"},
      {"p99", "m", "more"},
      {"99", "m"},
      {"p99", "m", "--by", "a", "--without", "b"},
      {"p99", "m", "--timeout", "soon"},
      {"p99", "m", "-o", "yaml"},
      {"p99", "m", "--unknown"},
      {"p99", "m", "--fail-if", "300ms"},
      {"p99", "m", "--fail-if", ">1", "--unit", "weeks"},
      {"p99", "m", "--watch=never"},
      {"p99", "m", "--start", "-1h", "--at", "now"},
      {"p99", "m", "--start", "now", "--end", "-1h"},
      {"p99", "m", "--chart", "3d"},
  };
  for (const auto& words : wrong) {
    const Outcome outcome = Run(words);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_NE(outcome.err, "");
    EXPECT_EQ(outcome.out, "");
  }
}

constexpr char kRange[] =
    R"({"status":"success","data":{"resultType":"matrix","result":[)"
    R"({"metric":{"quantile":"0.99","region":"eu"},"values":[[1736931600,"250"],[1736931660,"310.5"],[1736931720,"240"]]},)"
    R"({"metric":{"quantile":"0.99","region":"us"},"values":[[1736931600,"80"],[1736931720,"85"]]}]},)"
    R"("infos":["merged 1440 rows of 24 series, resolution 1m, partial rows 0, smallest coverage 100%"]})";

TEST_F(QueryCommandTest, AsksOverARange) {
  Answer(200, kRange);
  const Outcome outcome = Run(
      {"p99", "m", "--by", "region", "--start", "1736931600", "--end", "1736931720", "--step", "1m", "--window", "5m"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(AskedPath(), "/api/v1/query_range");
  EXPECT_THAT(Asked(), ElementsAre(Pair("query", "quantile([0.99], m[5m]) by (region)"), Pair("timeout", "30"),
                                   Pair("start", "1736931600"), Pair("end", "1736931720"), Pair("step", "60")));
  EXPECT_EQ(outcome.out,
            "REGION  PERCENTILE  LAST  MIN    MAX  TREND\n"
            "eu      p99          240  240  310.5  ▂█▁\n"
            "us      p99           85   80     85  ▁█\n");
  EXPECT_EQ(outcome.err, "merged 1440 rows of 24 series, resolution 1m, partial rows 0, smallest coverage 100%\n");
}

TEST_F(QueryCommandTest, DrawsARangeWhereItIsToldTo) {
  Answer(200, kRange);
  const Outcome outcome =
      Run({"m", "--start", "1736931600", "--end", "1736931720", "--step", "60", "--chart", "always"});
  EXPECT_THAT(outcome.out, HasSubstr("400 ┤"));
  EXPECT_THAT(outcome.out, HasSubstr("  a region=eu p99  b region=us p99\n\nREGION"));
}

TEST_F(QueryCommandTest, PrintsARangeAsCsv) {
  Answer(200, kRange);
  EXPECT_EQ(Run({"m", "--last", "1h", "-o", "csv"}).out,
            "time,region,p99\r\n"
            "2025-01-15T09:00:00Z,eu,250\r\n"
            "2025-01-15T09:01:00Z,eu,310.5\r\n"
            "2025-01-15T09:02:00Z,eu,240\r\n"
            "2025-01-15T09:00:00Z,us,80\r\n"
            "2025-01-15T09:02:00Z,us,85\r\n");
}

TEST_F(QueryCommandTest, PrintsAScalarAndADistribution) {
  Answer(200, R"({"status":"success","data":{"resultType":"scalar","result":[1736931600,"2"]}})");
  EXPECT_EQ(Run({"1+1"}).out, "VALUE\n    2\n");
  Answer(200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},)"
              R"("histogram":[1736931600,{"count":"3","sum":"6.5","buckets":[[0,"1","2","3"]]}]}]}})");
  EXPECT_EQ(Run({"increase(m[5m])"}).out, "A  COUNT  SUM\nb      3  6.5\n");
}

TEST_F(QueryCommandTest, EndsWithThreeWhenAConditionIsMet) {
  const Outcome met = Run({"p50,p99", "m", "--by", "region", "--fail-if", ">250ms"});
  EXPECT_EQ(met.exit_code, 3);
  EXPECT_THAT(met.out, HasSubstr("eu      12.5  250.123\n"));
  EXPECT_THAT(met.err, HasSubstr("met: region=eu p99 is 250.123, > 250ms\n"));
  EXPECT_EQ(Run({"p99", "m", "--fail-if", ">251"}).exit_code, 0);
  EXPECT_EQ(Run({"p99", "m", "--fail-if", ">1s"}).exit_code, 0);
  EXPECT_EQ(Run({"p99", "m", "--fail-if", ">1s", "--unit", "s"}).exit_code, 3);
  EXPECT_EQ(Run({"p99", "m", "--fail-if", ">1s", "--fail-if", "<10"}).exit_code, 3);
}

TEST_F(QueryCommandTest, AConditionIsMetByAnyMomentOfARange) {
  Answer(200, kRange);
  const Outcome met = Run({"m", "--last", "1h", "--fail-if", ">300ms", "-o", "csv"});
  EXPECT_EQ(met.exit_code, 3);
  EXPECT_THAT(met.err, HasSubstr("met: region=eu p99 is 310.5 at 2025-01-15T09:01:00Z, > 300ms\n"));
}

TEST_F(QueryCommandTest, NoDataIsAFailureUnlessAllowedAndNoConditionIsMet) {
  const std::vector<std::string> words = {"p99", "m", "--fail-if", "<1"};
  Answer(200, R"({"status":"success","data":{"resultType":"vector","result":[]}})");
  EXPECT_EQ(Run(words).exit_code, 1);
  EXPECT_EQ(Run({"p99", "m", "--fail-if", "<1", "--allow-empty"}).exit_code, 0);
  Answer(200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}})");
  EXPECT_EQ(Run(words).exit_code, 1);
  EXPECT_EQ(Run({"p99", "m"}).exit_code, 0);
  Answer(503, R"({"status":"error","errorType":"unavailable","error":"no global answered"})");
  EXPECT_EQ(Run({"p99", "m", "--fail-if", "<1", "--allow-empty"}).exit_code, 1);
}

TEST_F(QueryCommandTest, StrictTakesAPartialAnswerForNone) {
  const Outcome outcome = Run({"p99", "m", "--strict"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("tributary query: the answer is not whole, and --strict\n"));
  EXPECT_EQ(Run({"p99", "m", "--strict", "--fail-if", ">250"}).exit_code, 3);
}

TEST_F(QueryCommandTest, WatchesUntilTheConditionIsMet) {
  EXPECT_EQ(Run({"p99", "m", "--watch", "0.2", "--fail-if", ">250"}).exit_code, 3);
}

TEST_F(QueryCommandTest, ListsSeries) {
  Answer(
      200,
      R"({"status":"success","data":[{"__name__":"m","region":"eu"},{"__name__":"m","host":"a,b"}],"warnings":["w"]})");
  const Outcome outcome =
      RunCommand("series", {"m", "--where", "region=eu", "--start", "100", "--end", "200.5", "--limit", "7"}, Url());
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "__NAME__  REGION  HOST\nm         eu      -\nm         -       a,b\n");
  EXPECT_EQ(outcome.err, "warning: w\n");
  EXPECT_EQ(AskedPath(), "/api/v1/series");
  EXPECT_THAT(Asked(), ElementsAre(Pair("start", "100"), Pair("end", "200.500"), Pair("limit", "7"),
                                   Pair("match[]", "m{region=\"eu\"}")));
  EXPECT_EQ(RunCommand("series", {"m", "-o", "csv"}, Url()).out, "__name__,region,host\r\nm,eu,\r\nm,,\"a,b\"\r\n");
  EXPECT_EQ(RunCommand("series", {}, Url()).exit_code, 2);
}

TEST_F(QueryCommandTest, ListsLabelsAndTheirValues) {
  Answer(200, R"({"status":"success","data":["eu","us\u001b[1m"]})");
  Outcome outcome = RunCommand("labels", {"region", "--of", "m", "--of", "n"}, Url());
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "eu\nus\\x1b[1m\n");
  EXPECT_EQ(AskedPath(), "/api/v1/label/region/values");
  EXPECT_THAT(Asked(), testing::IsSupersetOf({Pair("match[]", "m"), Pair("match[]", "n")}));
  outcome = RunCommand("labels", {"-o", "json"}, Url());
  EXPECT_EQ(outcome.out, "{\"status\":\"success\",\"data\":[\"eu\",\"us\\u001b[1m\"]}\n");
  EXPECT_EQ(AskedPath(), "/api/v1/labels");
  Answer(200, R"({"status":"success","data":[]})");
  EXPECT_EQ(RunCommand("labels", {}, Url()).exit_code, 1);
  EXPECT_EQ(RunCommand("labels", {"--allow-empty"}, Url()).exit_code, 0);
  Answer(400, R"({"status":"error","errorType":"bad_data","error":"1:1: parse error"})");
  EXPECT_EQ(RunCommand("labels", {"--of", "}"}, Url()).exit_code, 2);
}

TEST_F(QueryCommandTest, ExplainsItself) {
  const Outcome outcome = Run({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("Usage: tributary query [OPTIONS] QUESTION...\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Exit status: 0 an answer, and no condition is met; 1 no answer"));
}

}  // namespace
}  // namespace tributary
