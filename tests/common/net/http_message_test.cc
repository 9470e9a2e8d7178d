#include "common/net/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(HttpMessageTest, PercentSequencesAreDecoded) {
  EXPECT_EQ(PercentDecode("a%20b%2Fc%2f", false), "a b/c/");
  EXPECT_EQ(PercentDecode("a+b", false), "a+b");
  EXPECT_EQ(PercentDecode("a+b%2B", true), "a b+");
  EXPECT_EQ(PercentDecode("%00", false), std::string(1, '\0'));
  EXPECT_EQ(PercentDecode("", false), "");
}

TEST(HttpMessageTest, BrokenPercentSequencesAreRefused) {
  for (const char* text : {"%", "%2", "%zz", "a%2", "a%", "%-1"})
    EXPECT_EQ(PercentDecode(text, true), std::nullopt) << text;
}

TEST(HttpMessageTest, EveryByteSurvivesEncoding) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  EXPECT_EQ(PercentDecode(PercentEncode(bytes), true), bytes);
}

TEST(HttpMessageTest, EncodingKeepsUnreservedCharactersOnly) {
  EXPECT_EQ(PercentEncode("Az09-._~ /+%\xC3\xA9"), "Az09-._~%20%2F%2B%25%C3%A9");
}

TEST(HttpMessageTest, ParametersAreReadInOrder) {
  const auto parameters = ParseHttpParameters("match[]=up%7Bjob%3D%22a%22%7D&match%5B%5D=b&x=1=2&flag&=v&&q=a+b");
  ASSERT_TRUE(parameters.ok());
  EXPECT_THAT(*parameters, ElementsAre(Pair("match[]", "up{job=\"a\"}"), Pair("match[]", "b"), Pair("x", "1=2"),
                                       Pair("flag", ""), Pair("", "v"), Pair("q", "a b")));
}

TEST(HttpMessageTest, TooManyParametersAreRefused) {
  std::string query = "a=1";
  for (size_t i = 1; i < kMaxHttpParameters; ++i) absl::StrAppend(&query, "&a=1");
  EXPECT_TRUE(ParseHttpParameters(query).ok());
  EXPECT_FALSE(ParseHttpParameters(absl::StrCat(query, "&a=1")).ok());
}

TEST(HttpMessageTest, BrokenParametersAreRefused) {
  EXPECT_FALSE(ParseHttpParameters("a=%4").ok());
  EXPECT_FALSE(ParseHttpParameters("%zz=1").ok());
}

TEST(HttpMessageTest, RequestsFindParametersAndHeaders) {
  const HttpRequest request{.parameters = {{"a", "1"}, {"b", "2"}, {"a", "3"}}, .headers = {{"accept", "*/*"}}};
  EXPECT_EQ(request.Parameter("a"), "1");
  EXPECT_EQ(request.Parameter("c"), std::nullopt);
  EXPECT_THAT(request.Parameters("a"), ElementsAre("1", "3"));
  EXPECT_THAT(request.Parameters("c"), IsEmpty());
  EXPECT_EQ(request.Header("accept"), "*/*");
  EXPECT_EQ(request.Header("host"), "");
}

}  // namespace
}  // namespace tributary
