#include "common/net/bearer_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_file.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

constexpr char kToken[] = "abcdefghijklmnop";
constexpr char kOther[] = "ponmlkjihgfedcba";

std::string Bearer(const std::string& token) { return "Bearer " + token; }

TEST(BearerTokensTest, AdmitsEachOfItsTokensAndNoOther) {
  const TempFile file(std::string("# for Grafana\n") + kToken + "\n\n  " + kOther + "  \n");
  const auto tokens = BearerTokens::Open(file.path());
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_TRUE((*tokens)->Admits(Bearer(kToken)));
  EXPECT_TRUE((*tokens)->Admits(Bearer(kOther)));
  EXPECT_TRUE((*tokens)->Admits("bearer  " + std::string(kOther)));  // RFC 9110 section 11.1: schemes have no case
  EXPECT_FALSE((*tokens)->Admits(Bearer("abcdefghijklmnoq")));
  EXPECT_FALSE((*tokens)->Admits(Bearer("abcdefghijklmno")));
  EXPECT_FALSE((*tokens)->Admits(Bearer("# for Grafana")));
  EXPECT_FALSE((*tokens)->Admits(Bearer("")));
}

TEST(BearerTokensTest, OtherSchemesAreNotAdmitted) {
  const TempFile file(kToken);
  const auto tokens = BearerTokens::Open(file.path());
  ASSERT_TRUE(tokens.ok());
  EXPECT_FALSE((*tokens)->Admits(""));
  EXPECT_FALSE((*tokens)->Admits(kToken));
  EXPECT_FALSE((*tokens)->Admits("Basic " + std::string(kToken)));
}

TEST(BearerTokensTest, UnusableFilesAreRefusedWithAReason) {
  const auto error = [](const std::string& text) {
    const TempFile file(text);
    return std::string(BearerTokens::Open(file.path()).status().message());
  };
  EXPECT_THAT(error("# nothing\n"), HasSubstr("no token"));
  EXPECT_THAT(error("\ntooshort\n"), HasSubstr("line 2: a token has 16 to 512"));
  EXPECT_THAT(error(std::string(513, 'x')), HasSubstr("line 1"));
  EXPECT_THAT(error("sixteen or more but two words"), HasSubstr("letters, digits"));
  EXPECT_THAT(error(std::string((1 << 20) + 1, 'x')), HasSubstr("more than 1 MiB"));
  EXPECT_THAT(BearerTokens::Open("/nonexistent/tokens").status().message(), HasSubstr("/nonexistent/tokens"));
}

TEST(BearerTokensTest, AChangedFileIsTakenOverAndABrokenOneIsNot) {
  TempFile file(kToken);
  const auto tokens = BearerTokens::Open(file.path());
  ASSERT_TRUE(tokens.ok());
  EXPECT_FALSE(*(*tokens)->Refresh());  // nothing has changed
  file.Replace(kOther);
  EXPECT_TRUE(*(*tokens)->Refresh());
  EXPECT_TRUE((*tokens)->Admits(Bearer(kOther)));
  EXPECT_FALSE((*tokens)->Admits(Bearer(kToken)));
  file.Replace("short");
  EXPECT_FALSE((*tokens)->Refresh().ok());
  EXPECT_FALSE((*tokens)->Refresh().ok());  // tried again, though the file is the same
  EXPECT_TRUE((*tokens)->Admits(Bearer(kOther)));
  file.Replace(kToken);
  EXPECT_TRUE(*(*tokens)->Refresh());
  EXPECT_TRUE((*tokens)->Admits(Bearer(kToken)));
}

}  // namespace
}  // namespace tributary
