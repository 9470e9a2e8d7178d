#include "global/global_config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::HasSubstr;

absl::StatusOr<GlobalConfig> Read(absl::string_view yaml) {
  auto document = ParseYaml(yaml, "global.yaml");
  if (!document.ok()) return document.status();
  return ReadGlobalConfig(*document);
}

std::string ErrorOf(absl::string_view yaml) { return std::string(Read(yaml).status().message()); }

TEST(GlobalConfigTest, EveryKeyHasADefault) {
  const auto config = Read("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->grpc_listen.port, 8129);
  EXPECT_EQ(config->http_listen.port, 8130);
  EXPECT_FALSE(config->node_id.empty());
}

TEST(GlobalConfigTest, ExampleIsValid) {
  auto document = LoadYamlFile(TRIBUTARY_SOURCE_DIR "/docs/examples/global.yaml");
  ASSERT_TRUE(document.ok()) << document.status();
  const auto config = ReadGlobalConfig(*document);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node_id, "global-0");
  EXPECT_EQ(config->merge_memory_bytes, 1u << 30);
  EXPECT_EQ(config->sinks.size(), 1u);
  EXPECT_EQ(BookOptions(*config).expected_agents, 3);
}

TEST(GlobalConfigTest, UnitsOfAnHourAgoAreTakenUnlessAnotherHorizonIsAsked) {
  EXPECT_GT(BookOptions(*Read("")).horizon, 360);
  EXPECT_EQ(BookOptions(*Read("merge: {horizon: 1000}")).horizon, 1000);
  EXPECT_THAT(ErrorOf("merge: {horizon: 60}"), HasSubstr("merge.horizon"));
}

TEST(GlobalConfigTest, ASeriesBufferHoldsAThousandAgentsUnlessItIsAskedToBeLess) {
  constexpr size_t kCentroidsOfAThousand = 1000 * 125;
  EXPECT_GE(BookOptions(*Read("")).merge.buffer_centroids, kCentroidsOfAThousand);
  EXPECT_EQ(BookOptions(*Read("merge: {buffer_bytes: 1MiB}")).merge.buffer_centroids, (1 << 20) / 24);
  EXPECT_THAT(ErrorOf("merge: {buffer_bytes: 700KiB}"), HasSubstr("merge.buffer_bytes"));
}

TEST(GlobalConfigTest, PlaintextOffLoopbackMustBeAskedFor) {
  EXPECT_THAT(ErrorOf("grpc: {listen: \"0.0.0.0:8129\"}"), HasSubstr("grpc.listen: 0.0.0.0:8129 is not on loopback"));
  EXPECT_TRUE(Read("tls: off\ngrpc: {listen: \"0.0.0.0:8129\"}").ok());
}

TEST(GlobalConfigTest, LongerRowsAreKeptAtLeastAsLong) {
  EXPECT_EQ(Read("store: {retention: 400h}")->retention_1m, absl::Hours(400));
  EXPECT_EQ(Read("store: {retention: 400h}")->retention_1h, absl::Hours(24 * 180));
  EXPECT_FALSE(Read("store: {retention: 48h, retention_1m: 24h}").ok());
  EXPECT_FALSE(Read("store: {retention_1m: 48h, retention_1h: 24h}").ok());
}

TEST(GlobalConfigTest, AllErrorsAreToldAtOnce) {
  const std::string error = ErrorOf("interval: 7s\nnode_id: ''\nstore: {retention: 1m}\nunknown: 1\n");
  EXPECT_THAT(error, HasSubstr("interval: must divide 60s"));
  EXPECT_THAT(error, HasSubstr("node_id"));
  EXPECT_THAT(error, HasSubstr("store.retention"));
  EXPECT_THAT(error, HasSubstr("unknown"));
}

}  // namespace
}  // namespace tributary
