#include "cli/certificate_authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/certificates.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t ModeOf(const std::string& path) {
  struct stat file {};
  EXPECT_EQ(::stat(path.c_str(), &file), 0);
  return file.st_mode & 0777;
}

// OpenSSL's own tool judges what was made.
TEST(CertificateAuthorityTest, CertificatesVerifyForBothUses) {
  TestAuthority authority;
  const TlsFiles files = authority.Issue({"c", TlsIdentity::Role::kProxy, "p"}, "p");
  for (const char* purpose : {"sslserver", "sslclient"}) {
    const std::string command =
        absl::StrCat("openssl verify -x509_strict -purpose ", purpose, " -verify_hostname localhost ", "-CAfile ",
                     files.ca_file, " ", files.cert_file, " > /dev/null");
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
}

TEST(CertificateAuthorityTest, AClientsCertificateIsNoServers) {
  TestAuthority authority;
  const TlsFiles files = authority.Issue({"c", TlsIdentity::Role::kClient, "x"}, "x");
  const std::string command = absl::StrCat("openssl verify -purpose sslserver -CAfile ", files.ca_file, " ",
                                           files.cert_file, " > /dev/null 2>&1");
  EXPECT_NE(std::system(command.c_str()), 0);
}

TEST(CertificateAuthorityTest, KeysAreTheirOwnersOnly) {
  TestAuthority authority;
  const TlsFiles files = authority.Issue({"c", TlsIdentity::Role::kAgent, "a"}, "a");
  EXPECT_EQ(ModeOf(files.key_file), 0600);
  std::string ca_key = files.ca_file;
  ca_key.replace(ca_key.size() - 3, 3, "key");
  EXPECT_EQ(ModeOf(ca_key), 0600);
}

TEST(CertificateAuthorityTest, TheAuthorityOfAFolderIsKept) {
  TestAuthority authority;
  const TlsFiles files = authority.Issue({"c", TlsIdentity::Role::kAgent, "a"}, "a");
  const std::string ca = Contents(files.ca_file);
  const std::string certificate = Contents(files.cert_file);
  authority.Issue({"c", TlsIdentity::Role::kAgent, "a"}, "a");
  EXPECT_EQ(Contents(files.ca_file), ca);
  EXPECT_NE(Contents(files.cert_file), certificate);
}

TEST(CertificateAuthorityTest, HalfAnAuthorityIsAnErrorAndNotReplaced) {
  TestAuthority authority;
  const TlsFiles files = authority.Issue({"c", TlsIdentity::Role::kAgent, "a"}, "a");
  const std::string folder = files.ca_file.substr(0, files.ca_file.rfind('/'));
  std::remove((folder + "/ca.key").c_str());
  const auto opened = CertificateAuthority::OpenOrMake(folder, "c", absl::Now());
  EXPECT_THAT(opened.status().message(), HasSubstr("ca.key"));
}

}  // namespace
}  // namespace tributary
