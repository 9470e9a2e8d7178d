#include "common/program/config_in_force.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<ConfigReading> ReadText(const std::string& text) {
  absl::StatusOr<ConfigDocument> document = ParseYaml(text, "test.yaml");
  if (!document.ok()) return document.status();
  ProgramConfig config;
  config.http_listen = {.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 8126, .path = ""};
  ReadProgramConfig(document->root(), config);
  if (const absl::Status status = document->ToStatus(); !status.ok()) return status;
  return ConfigReading{std::make_shared<const ProgramConfig>(config), document->keys()};
}

class ConfigInForceTest : public ::testing::Test {
 protected:
  void Reload(const std::string& text) {
    config_.Reload([&] { return ReadText(text); }, {"shutdown_grace"},
                   [this](const ProgramConfig& next) {
                     ++applied_;
                     grace_ = next.shutdown_grace;
                     return apply_status_;
                   });
  }
  double Metric(const std::string& line) const {
    const std::string text = telemetry_.Serialize();
    const size_t at = text.find(absl::StrCat("\n", line, " "));
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  Telemetry telemetry_;
  ConfigInForce config_{*ReadText("cluster: a\n"), clock_, telemetry_};
  absl::Status apply_status_;
  absl::Duration grace_;
  int applied_ = 0;
};

TEST_F(ConfigInForceTest, ThePageSaysWhereEachValueWasWritten) {
  EXPECT_THAT(config_.Page(), HasSubstr("\ncluster: a  # line 1\ninterval: 10s  # default\n"));
  EXPECT_THAT(config_.Page(), HasSubstr("\nhttp:\n  listen: \"127.0.0.1:8126\"  # default\n"));
}

TEST_F(ConfigInForceTest, WhatIsReloadableIsTakenOver) {
  const std::string before = config_.digest();
  clock_.Advance(absl::Seconds(5));
  Reload("cluster: a\nshutdown_grace: 7s\n");
  EXPECT_EQ(grace_, absl::Seconds(7));
  EXPECT_THAT(config_.Page(), HasSubstr("shutdown_grace: 7s  # line 2\n"));
  EXPECT_NE(config_.digest(), before);
  EXPECT_EQ(Metric("tributary_config_reloads_total{result=\"ok\"}"), 1);
  EXPECT_EQ(Metric("tributary_config_last_reload_success_timestamp_seconds"), 1005);
  EXPECT_EQ(Metric(absl::StrCat("tributary_config_info{digest=\"", config_.digest(), "\"}")), 1);
  EXPECT_EQ(Metric(absl::StrCat("tributary_config_info{digest=\"", before, "\"}")), -1);
}

TEST_F(ConfigInForceTest, WhatNeedsARestartStaysAndIsNamed) {
  const std::string before = config_.digest();
  Reload("cluster: b\n");
  EXPECT_EQ(applied_, 1);
  EXPECT_EQ(config_.digest(), before);
  EXPECT_THAT(config_.Page(), HasSubstr("# changed in the file, needs a restart: cluster\n"));
  EXPECT_THAT(config_.Page(), HasSubstr("\ncluster: a  # line 1\n"));
  Reload("cluster: a\n");
  EXPECT_THAT(config_.Page(), Not(HasSubstr("needs a restart")));
}

TEST_F(ConfigInForceTest, AWrongFileChangesNothing) {
  const std::string before = config_.Page();
  Reload("cluster: a\nshutdown_grace: 7s\nlog_level: loud\n");
  EXPECT_EQ(applied_, 0);
  EXPECT_EQ(config_.Page(), before);
  EXPECT_EQ(Metric("tributary_config_reloads_total{result=\"failed\"}"), 1);
  EXPECT_EQ(Metric("tributary_config_last_reload_success_timestamp_seconds"), 1000);
}

TEST_F(ConfigInForceTest, WhatCannotBeAppliedIsNotInForce) {
  const std::string before = config_.Page();
  apply_status_ = absl::InvalidArgumentError("no");
  Reload("cluster: a\nshutdown_grace: 7s\n");
  EXPECT_EQ(config_.Page(), before);
  EXPECT_EQ(Metric("tributary_config_reloads_total{result=\"failed\"}"), 1);
}

TEST_F(ConfigInForceTest, TheDigestIsOfTheSettingsNotOfTheFile) {
  const std::string before = config_.digest();
  Reload("# as before\ninterval: 10s\ncluster: a\n");
  EXPECT_EQ(config_.digest(), before);
  EXPECT_EQ(before.size(), 32u);
}

}  // namespace
}  // namespace tributary
