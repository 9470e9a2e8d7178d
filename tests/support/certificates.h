#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "absl/time/clock.h"
#include "cli/certificate_authority.h"
#include "common/net/tls_files.h"

namespace tributary {

// An authority in a folder that goes when the test does.
class TestAuthority {
 public:
  TestAuthority() : folder_(testing::TempDir() + "/tributary-certs-XXXXXX") {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  ~TestAuthority() { std::filesystem::remove_all(folder_); }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  std::string ca_file() const { return folder_ + "/ca.crt"; }

  // A certificate that is good until `not_after`, in files named `file`, and its authority.
  TlsFiles Issue(const TlsIdentity& identity, const std::string& file,
                 absl::Time not_after = absl::Now() + absl::Hours(1)) {
    const auto authority = CertificateAuthority::OpenOrMake(folder_, "c", absl::Now());
    EXPECT_TRUE(authority.ok()) << authority.status();
    const absl::Status issued = authority->Issue({.identity = identity,
                                                  .hosts = {"localhost", "127.0.0.1"},
                                                  .not_before = absl::Now() - absl::Hours(2),
                                                  .not_after = not_after},
                                                 file);
    EXPECT_TRUE(issued.ok()) << issued;
    return {folder_ + "/" + file + ".crt", folder_ + "/" + file + ".key", ca_file()};
  }

 private:
  std::string folder_;
};

}  // namespace tributary
