#include "common/net/tls_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <filesystem>
#include <string>

#include "tests/support/certificates.h"
#include "tests/support/temp_file.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

constexpr TlsIdentity::Role kRole = TlsIdentity::Role::kAgent;

std::string ErrorOf(const TlsFiles& files) { return std::string(TlsServer::Open(files).status().message()); }

TEST(TlsFilesTest, ReadsTheIdentityAndTheEndOfACertificate) {
  TestAuthority authority;
  const absl::Time end = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())) + absl::Hours(5);
  const auto material = LoadTlsMaterial(authority.Issue({"c", kRole, "n"}, "n", end));
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_EQ(material->uri, "spiffe://c/agent/n");
  EXPECT_EQ(material->not_after, end);
}

TEST(TlsFilesTest, UnusableFilesAreNamed) {
  TestAuthority authority;
  const TlsFiles good = authority.Issue({"c", kRole, "n"}, "n");
  const TlsFiles other = authority.Issue({"c", kRole, "m"}, "m");
  const TempFile garbage("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(ErrorOf({"/nonexistent/a.crt", good.key_file, good.ca_file}), HasSubstr("/nonexistent/a.crt: No such"));
  EXPECT_THAT(ErrorOf({good.cert_file, "/nonexistent/a.key", good.ca_file}), HasSubstr("/nonexistent/a.key: No such"));
  EXPECT_THAT(ErrorOf({garbage.path(), good.key_file, good.ca_file}), HasSubstr(garbage.path()));
  EXPECT_THAT(ErrorOf({good.cert_file, other.key_file, good.ca_file}), HasSubstr("key values mismatch"));
  EXPECT_FALSE(CheckAuthorities(garbage.path()).ok());
  EXPECT_TRUE(CheckAuthorities(good.ca_file).ok());
}

TEST(TlsServerTest, ANewCertificateIsTakenOverByNewConnectionsOnly) {
  TestAuthority authority;
  const auto server = TlsServer::Open(authority.Issue({"c", kRole, "n"}, "n"));
  ASSERT_TRUE(server.ok()) << server.status();
  const SslContextPtr before = (*server)->context();
  EXPECT_FALSE(*(*server)->Refresh());
  const absl::Time end = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())) + absl::Hours(9);
  authority.Issue({"c", kRole, "n"}, "n", end);
  EXPECT_TRUE(*(*server)->Refresh());
  EXPECT_NE((*server)->context(), before);
  EXPECT_EQ((*server)->not_after(), end);
}

TEST(TlsServerTest, HalfAReplacementLeavesTheOldOneInForce) {
  TestAuthority authority;
  const TlsFiles files = authority.Issue({"c", kRole, "n"}, "n");
  const auto server = TlsServer::Open(files);
  ASSERT_TRUE(server.ok()) << server.status();
  const SslContextPtr before = (*server)->context();
  const TlsFiles next = authority.Issue({"c", kRole, "n"}, "next");
  std::filesystem::rename(next.cert_file, files.cert_file);
  EXPECT_FALSE((*server)->Refresh().ok());
  EXPECT_EQ((*server)->context(), before);
  std::filesystem::rename(next.key_file, files.key_file);
  EXPECT_TRUE(*(*server)->Refresh());
  EXPECT_NE((*server)->context(), before);
}

}  // namespace
}  // namespace tributary
