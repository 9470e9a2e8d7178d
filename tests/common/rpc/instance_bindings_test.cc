#include "common/rpc/instance_bindings.h"

#include <gtest/gtest.h>

#include <string>

namespace tributary {
namespace {

constexpr char kNode1[] = "spiffe://c/agent/node-1";
constexpr char kNode2[] = "spiffe://c/agent/node-2";

TEST(InstanceBindingsTest, TheFirstCertificateKeepsTheInstance) {
  InstanceBindings bindings;
  EXPECT_TRUE(bindings.Admit("a", kNode1));
  EXPECT_FALSE(bindings.Admit("a", kNode2));
  EXPECT_TRUE(bindings.Admit("a", kNode1));
  EXPECT_TRUE(bindings.Admit("b", kNode2));
}

TEST(InstanceBindingsTest, AskingBindsNothing) {
  InstanceBindings bindings;
  EXPECT_FALSE(bindings.IsOfAnother("a", kNode1));
  EXPECT_TRUE(bindings.Admit("a", kNode2));
  EXPECT_TRUE(bindings.IsOfAnother("a", kNode1));
  EXPECT_FALSE(bindings.IsOfAnother("a", kNode2));
}

TEST(InstanceBindingsTest, ManyInstancesOfOneCertificateForgetOnlyItsOwn) {
  InstanceBindings bindings;
  EXPECT_TRUE(bindings.Admit("victim", kNode1));
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(bindings.Admit("flood-" + std::to_string(i), kNode2));
  EXPECT_FALSE(bindings.Admit("victim", kNode2));
  EXPECT_FALSE(bindings.IsOfAnother("flood-0", kNode1));  // forgotten
  EXPECT_TRUE(bindings.IsOfAnother("flood-999", kNode1));
}

}  // namespace
}  // namespace tributary
