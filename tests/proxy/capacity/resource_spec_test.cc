#include "proxy/capacity/resource_spec.h"

#include "common/config/config_document.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::vector<ResourceSpec>> Read(const std::string& yaml) {
  auto document = ParseYaml(yaml, "proxy.yaml");
  if (!document.ok()) return document.status();
  std::vector<ResourceSpec> resources = ReadResources(document->root());
  if (const absl::Status status = document->ToStatus(); !status.ok()) return status;
  return resources;
}

TEST(ResourceSpecTest, WithoutASectionHostStatisticsCount) {
  const auto resources = Read("");
  ASSERT_TRUE(resources.ok()) << resources.status();
  EXPECT_EQ((*resources)[0].name, "cpu");
  EXPECT_EQ((*resources)[0].utilization, "system.cpu.utilization");
  EXPECT_EQ(resources->size(), DefaultResources().size());
}

TEST(ResourceSpecTest, SectionTakesTheirPlace) {
  const auto resources = Read(
      "resources:\n"
      "  - {name: pool, used: db.pool.used, capacity: db.pool.size, limit: 0.9, by: [pool]}\n"
      "  - {name: disk, utilization: d.u, grows: time}\n");
  ASSERT_TRUE(resources.ok()) << resources.status();
  ASSERT_EQ(resources->size(), 2u);
  EXPECT_EQ((*resources)[0].used, "db.pool.used");
  EXPECT_EQ((*resources)[0].limit, 0.9);
  EXPECT_EQ((*resources)[0].by, std::vector<std::string>{"pool"});
  EXPECT_EQ((*resources)[1].grows, ResourceSpec::Grows::kWithTime);
}

TEST(ResourceSpecTest, WhatIsWrongIsSaid) {
  EXPECT_THAT(std::string(Read("resources:\n  - {name: a}\n").status().message()),
              HasSubstr("give either this, or used and capacity"));
  EXPECT_THAT(std::string(Read("resources:\n  - {name: a, used: b}\n").status().message()),
              HasSubstr("goes with capacity"));
  EXPECT_THAT(std::string(Read("resources:\n  - {name: a, utilization: b, limit: 2}\n").status().message()),
              HasSubstr("limit"));
  EXPECT_THAT(
      std::string(
          Read("resources:\n  - {name: a, utilization: b}\n  - {name: a, utilization: c}\n").status().message()),
      HasSubstr("is taken by another resource"));
}

}  // namespace
}  // namespace tributary
