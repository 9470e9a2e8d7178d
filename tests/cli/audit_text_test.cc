#include "cli/audit_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSums[] =
    R"("samples":{"announced":1030,"committed":1025,"under_way":0,"dropped":0,"lost":0,"unheard":0,"missing":5,"doubled":0,
       "unannounced":0,"late":2})";

std::string Body(bool balanced) {
  return std::string(R"({"status":"success","data":{"cluster":"eu1","interval_seconds":10.0,"now":1001.5,"globals":2,
      "globals_heard":2,"balanced":)") +
         (balanced ? R"(true,"problems":[],)" : R"(false,"problems":["5 samples are missing"],)") + kSums +
         R"(,"intervals":[{"end":1000,"agents":3,)" + kSums + R"(}],"off":[)" +
         (balanced ? "" : std::string(R"({"end":1000,"host":"web-1","instance":"00ff",)") + kSums + "}") + "]}}";
}

TEST(AuditTextTest, SaysThatTheBooksBalance) {
  const std::string text = *AuditText(Body(true), {.url = "http://proxy"});
  EXPECT_THAT(text, HasSubstr("cluster eu1: the books balance  (1 interval to "));
  EXPECT_THAT(text, HasSubstr("2 of 2 globals heard; http://proxy)"));
  EXPECT_THAT(text, HasSubstr("samples announced 1,030 = committed 1,025 - doubled 0 + under way 0"));
  EXPECT_THAT(text, Not(HasSubstr("OFF IN")));
  EXPECT_TRUE(*IsBalanced(Body(true)));
}

TEST(AuditTextTest, SaysWhereTheyDoNot) {
  const std::string text = *AuditText(Body(false), {});
  EXPECT_THAT(text, HasSubstr("the books do not balance"));
  EXPECT_THAT(text, HasSubstr("problem  5 samples are missing"));
  EXPECT_THAT(text, HasSubstr("web-1"));
  EXPECT_FALSE(*IsBalanced(Body(false)));
}

TEST(AuditTextTest, AnotherAnswerIsAnError) {
  EXPECT_FALSE(AuditText("{}", {}).ok());
  EXPECT_FALSE(IsBalanced("<html>").ok());
  EXPECT_FALSE(IsSettled(R"({"data":{}})").ok());
}

}  // namespace
}  // namespace tributary
