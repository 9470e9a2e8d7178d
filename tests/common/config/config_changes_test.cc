#include "common/config/config_changes.h"

#include <string>
#include <vector>

#include "common/config/config_document.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<ConfigKey> Keys(const std::string& text) {
  absl::StatusOr<ConfigDocument> document = ParseYaml(text, "test.yaml");
  ConfigNode root = document->root();
  int listen = 0, grace = 0;
  std::string password;
  root.Read("listen", listen);
  root.Read("grace", grace);
  root.ReadSecret("password", password);
  for (const char* list : {"rules", "sinks"}) {
    root.List(list, [](ConfigNode item) {
      std::string name, tag;
      item.Read("name", name);
      item.Read("tag", tag);
    });
  }
  EXPECT_TRUE(document->ToStatus().ok()) << document->ToStatus();
  return document->keys();
}

ConfigChanges Compare(const std::string& before, const std::string& after) {
  return CompareConfigs(Keys(before), Keys(after), {"grace", "rules"});
}

TEST(ConfigChangesTest, EqualSettingsWrittenInAnotherWayHaveNotChanged) {
  const ConfigChanges changes = Compare("listen: 1\n", "grace: 0\n\nlisten: 1\n");
  EXPECT_THAT(changes.applied, IsEmpty());
  EXPECT_THAT(changes.need_restart, IsEmpty());
}

TEST(ConfigChangesTest, TellsApartWhatCanBeReloaded) {
  const ConfigChanges changes = Compare("listen: 1\ngrace: 1\n", "listen: 2\ngrace: 2\n");
  EXPECT_THAT(changes.applied, ElementsAre("grace"));
  EXPECT_THAT(changes.need_restart, ElementsAre("listen"));
  EXPECT_EQ(FormatConfigValues(changes.keys), "listen: 1\ngrace: 2\npassword: <redacted>\n");
}

TEST(ConfigChangesTest, ItemsThatComeAndGoAreToldAsAWhole) {
  const std::string one = "rules: [{name: a}]\nsinks: [{name: a}]\n";
  const std::string two = "rules: [{name: a}, {name: b}]\nsinks: [{name: a}, {name: b}]\n";
  for (const ConfigChanges& changes : {Compare(one, two), Compare(two, one)}) {
    EXPECT_THAT(changes.applied, ElementsAre("rules[1]"));
    EXPECT_THAT(changes.need_restart, ElementsAre("sinks[1]"));
  }
  EXPECT_EQ(FormatConfigValues(Compare(one, two).keys),
            FormatConfigValues(Keys("rules: [{name: a}, {name: b}]\nsinks: [{name: a}]\n")));
}

TEST(ConfigChangesTest, ChangedItemsAreToldByKey) {
  EXPECT_THAT(Compare("rules: [{name: a}]\n", "rules: [{name: b}]\n").applied, ElementsAre("rules[0].name"));
}

TEST(ConfigChangesTest, SecretsChangeTooButAreNotShown) {
  const ConfigChanges changes = Compare("password: hush\n", "password: hushed\n");
  EXPECT_THAT(changes.need_restart, ElementsAre("password"));
  EXPECT_EQ(FormatConfigValues(changes.keys).find("hush"), std::string::npos);
}

TEST(ConfigChangesTest, PrefixesCoverWholeNames) {
  EXPECT_TRUE(CoversConfigPath("rules", "rules[0].name"));
  EXPECT_TRUE(CoversConfigPath("limits", "limits.max_series"));
  EXPECT_TRUE(CoversConfigPath("forward.proxies", "forward.proxies"));
  EXPECT_FALSE(CoversConfigPath("forward.proxies", "forward.proxies_more"));
  EXPECT_FALSE(CoversConfigPath("rules", "rulesets"));
}

}  // namespace
}  // namespace tributary
