#include "common/net/tls_identity.h"

#include <gtest/gtest.h>

#include <string>

namespace tributary {
namespace {

using Role = TlsIdentity::Role;

TEST(TlsIdentityTest, ReadsWhatItWrites) {
  const TlsIdentity identity = {"prod.eu-1", Role::kGlobal, "global-0"};
  EXPECT_EQ(identity.ToUri(), "spiffe://prod.eu-1/global/global-0");
  EXPECT_EQ(ParseTlsIdentity(identity.ToUri()), identity);
}

TEST(TlsIdentityTest, EveryRoleHasItsWord) {
  for (const char* word : {"agent", "proxy", "global", "client"}) {
    const auto identity = ParseTlsIdentity(std::string("spiffe://c/") + word + "/n");
    ASSERT_TRUE(identity) << word;
    EXPECT_EQ(TlsRoleName(identity->role), word);
  }
}

TEST(TlsIdentityTest, NamesMayHaveSegments) {
  EXPECT_EQ(ParseTlsIdentity("spiffe://c/agent/rack-7/node-3")->name, "rack-7/node-3");
}

TEST(TlsIdentityTest, AnyOtherUriIsNone) {
  for (const char* uri : {"", "spiffe://", "spiffe://c", "spiffe://c/agent", "spiffe://c/agent/", "spiffe:///agent/n",
                          "https://c/agent/n", "spiffe://c/admin/n", "spiffe://c/Agent/n", "spiffe://C/agent/n",
                          "spiffe://c/agent/n/", "spiffe://c/agent//n", "spiffe://c/agent/../n", "spiffe://c:1/agent/n",
                          "spiffe://u@c/agent/n", "spiffe://c/agent/n?x", "c/agent/n"}) {
    EXPECT_FALSE(ParseTlsIdentity(uri)) << uri;
  }
}

TEST(TlsIdentityTest, LongNamesAreNone) {
  EXPECT_TRUE(ParseTlsIdentity("spiffe://c/agent/" + std::string(255, 'n')));
  EXPECT_FALSE(ParseTlsIdentity("spiffe://c/agent/" + std::string(256, 'n')));
  EXPECT_FALSE(ParseTlsIdentity("spiffe://" + std::string(256, 'c') + "/agent/n"));
}

}  // namespace
}  // namespace tributary
