#include "common/config/config_page.h"

#include <map>
#include <string>
#include <vector>

#include "common/config/config_document.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Reads one of each kind of value, and returns the page.
std::string PageOf(const std::string& text, const Environment& environment = {}) {
  absl::StatusOr<ConfigDocument> document = ParseYaml(text, "test.yaml", environment);
  ConfigNode root = document->root();
  std::string name = "none", password, url;
  std::vector<std::string> tags;
  std::map<std::string, std::string> labels, headers;
  int readers = 1;
  ConfigNode ingest = root.Section("ingest");
  ingest.Read("readers", readers);
  root.Read("name", name);
  root.Read("url", url);
  root.Read("tags", tags);
  root.Read("labels", labels);
  root.ReadSecret("password", password);
  root.ReadSecrets("headers", headers);
  root.List("sinks", [](ConfigNode item) {
    std::string kind, target = "here";
    item.Read("kind", kind);
    item.Section("to").Read("target", target);
  });
  ingest.Read("name", name);
  EXPECT_TRUE(document->ToStatus().ok()) << document->ToStatus();
  return FormatConfigPage(document->keys());
}

TEST(ConfigPageTest, NestsAndSaysWhereEachValueWasWritten) {
  EXPECT_EQ(PageOf("name: x\nsinks:\n  - kind: a\n  - {kind: b, to: {target: there}}\ningest:\n  readers: 3\n",
                   {{"TRIBUTARY_TAGS", "a:1, b"}}),
            "ingest:\n"
            "  readers: 3  # line 6\n"
            "  name: x  # default\n"
            "name: x  # line 1\n"
            "url: \"\"  # default\n"
            "tags: [\"a:1\", b]  # TRIBUTARY_TAGS\n"
            "labels: {}  # default\n"
            "password: <redacted>  # default\n"
            "headers: {}  # default\n"
            "sinks:\n"
            "  - kind: a  # line 3\n"
            "    to:\n"
            "      target: here  # default\n"
            "  - kind: b  # line 4\n"
            "    to:\n"
            "      target: there  # line 4\n");
}

TEST(ConfigPageTest, ShowsNoSecrets) {
  const std::string page = PageOf(
      "password: hush\nheaders: {X-Scope-OrgID: hush}\nurl: \"https://me:hush@host:1/path?a=b@c\"\ntags: "
      "[\"http://hush@a/\"]\n");
  EXPECT_THAT(page, Not(HasSubstr("hush")));
  EXPECT_THAT(page, HasSubstr("url: \"https://<redacted>@host:1/path?a=b@c\""));
  EXPECT_THAT(page, HasSubstr("headers: {X-Scope-OrgID: <redacted>}"));
}

TEST(ConfigPageTest, CanBeReadAgain) {
  const std::string text =
      "name: 'it''s \"so\": \\ a # b\\n é'\ntags: ['null', '~', '', '- x', \"tab\\t\"]\n"
      "labels: {a: 'b: c', d: ''}\n";
  const std::string page = PageOf(text);
  const std::string again = PageOf(page.substr(0, page.find("password")));
  // But for the lines.
  const auto without_comments = [](std::string lines) {
    for (size_t at; (at = lines.find("  # ")) != std::string::npos;) lines.erase(at, lines.find('\n', at) - at);
    return lines;
  };
  EXPECT_EQ(without_comments(again), without_comments(page));
  EXPECT_THAT(page, HasSubstr("é"));
}

}  // namespace
}  // namespace tributary
