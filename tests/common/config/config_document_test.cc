#include "common/config/config_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;

struct Settings {
  absl::Duration interval = absl::Seconds(10);
  std::string password = "letmein";
  std::vector<std::string> urls;
};

Settings ReadSettings(ConfigNode root) {
  Settings settings;
  root.Section("flush").Read("interval", settings.interval, {.min = absl::Seconds(1), .max = absl::Minutes(1)});
  root.ReadSecret("password", settings.password);
  root.List("sinks", [&](ConfigNode item) { item.Read("url", settings.urls.emplace_back()); });
  root.Map("services", [](absl::string_view, ConfigNode item) {
    int rate = 1;
    item.Read("rate", rate);
  });
  return settings;
}

std::string WriteFile(absl::string_view name, absl::string_view text) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ConfigDocumentTest, FilesAreNamedInErrors) {
  const std::string path = WriteFile("config_document_test.yaml", "flush:\n  interval: soon\n");
  auto document = LoadYamlFile(path);
  ASSERT_TRUE(document.ok()) << document.status();
  ReadSettings(document->root());
  EXPECT_EQ(document->ToStatus().message(),
            absl::StrCat(path, ":2: flush.interval: expected a duration such as 10s or 1h30m, not \"soon\""));
}

TEST(ConfigDocumentTest, AMissingFileIsAnErrorThatNamesIt) {
  const auto document = LoadYamlFile("/does/not/exist.yaml");
  EXPECT_EQ(document.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(document.status().message()), HasSubstr("/does/not/exist.yaml: No such file"));
}

TEST(ConfigDocumentTest, AFolderIsRefused) { EXPECT_FALSE(LoadYamlFile(::testing::TempDir()).ok()); }

TEST(ConfigDocumentTest, AnEmptyFileIsAnEmptyDocument) {
  auto document = LoadYamlFile(WriteFile("config_document_empty.yaml", ""));
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(ReadSettings(document->root()).interval, absl::Seconds(10));
  EXPECT_TRUE(document->ToStatus().ok());
}

TEST(ConfigDocumentTest, LargeFilesAreRefused) {
  const std::string most = absl::StrCat("# ", std::string((4 << 20) - 2, 'x'));
  EXPECT_TRUE(LoadYamlFile(WriteFile("config_document_most.yaml", most)).ok());
  const auto document = LoadYamlFile(WriteFile("config_document_more.yaml", absl::StrCat(most, "x")));
  EXPECT_THAT(std::string(document.status().message()), EndsWith("larger than 4 MiB"));
}

TEST(ConfigDocumentTest, ManyErrorsAreCutShort) {
  std::string text;
  for (int i = 0; i < 250; ++i) absl::StrAppend(&text, "k", i, ": 1\n");
  auto document = ParseYaml(text, "f.yaml");
  ASSERT_TRUE(document.ok());
  ReadSettings(document->root());
  EXPECT_THAT(std::string(document->ToStatus().message()), EndsWith("\nand 150 more errors"));
}

TEST(ConfigDocumentTest, VariablesNobodyAskedForAreTold) {
  auto document = ParseYaml("", "f.yaml", {{"TRIBUTARY_FLUSH_INTERVAL", "1s"}, {"TRIBUTARY_FLUSH_INTERVALL", "1s"}});
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(ReadSettings(document->root()).interval, absl::Seconds(1));
  EXPECT_THAT(document->UnusedOverrides(), ElementsAre("TRIBUTARY_FLUSH_INTERVALL"));
}

TEST(ConfigDocumentTest, TheProcessEnvironmentIsOursOnly) {
  ASSERT_EQ(setenv("TRIBUTARY_TEST_KEY", "a=b", 1), 0);
  EXPECT_THAT(ProcessEnvironment(), ElementsAre(Pair("TRIBUTARY_TEST_KEY", "a=b")));
  unsetenv("TRIBUTARY_TEST_KEY");
}

TEST(ConfigDocumentTest, DescribingVisitsEveryKeyWithItsDefault) {
  ConfigDocument document = DescribingDocument();
  ReadSettings(document.root());
  EXPECT_EQ(FormatConfigKeys(document.keys()),
            "flush.interval: 10s  # duration 1s..1m, TRIBUTARY_FLUSH_INTERVAL\n"
            "password: <redacted>  # string, TRIBUTARY_PASSWORD\n"
            "sinks[].url: \"\"  # string\n"
            "services.<name>.rate: 1  # integer\n");
}

TEST(ConfigDocumentTest, ValuesInForceAreShownWithoutSecrets) {
  auto document =
      ParseYaml("password: hunter2\nsinks: [{url: 'http://a'}]\n", "f.yaml", {{"TRIBUTARY_FLUSH_INTERVAL", "30s"}});
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(ReadSettings(document->root()).password, "hunter2");
  EXPECT_EQ(FormatConfigValues(document->keys()),
            "flush.interval: 30s\n"
            "password: <redacted>\n"
            "sinks[0].url: \"http://a\"\n");
}

}  // namespace
}  // namespace tributary
