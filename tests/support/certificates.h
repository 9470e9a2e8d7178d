#pragma once

#include <gtest/gtest.h>

#include <string>

#include "absl/time/clock.h"
#include "cli/certificate_authority.h"
#include "common/net/tls_files.h"
#include "tests/support/temp_dir.h"

namespace tributary {

// An authority in a folder that goes when the test does.
class TestAuthority {
 public:
  std::string ca_file() const { return dir_.path() + "/ca.crt"; }

  // A certificate that is good until `not_after`, in files named `file`, and its authority.
  TlsFiles Issue(const TlsIdentity& identity, const std::string& file,
                 absl::Time not_after = absl::Now() + absl::Hours(1)) {
    const auto authority = CertificateAuthority::OpenOrMake(dir_.path(), "c", absl::Now());
    EXPECT_TRUE(authority.ok()) << authority.status();
    const absl::Status issued = authority->Issue({.identity = identity,
                                                  .hosts = {"localhost", "127.0.0.1"},
                                                  .not_before = absl::Now() - absl::Hours(2),
                                                  .not_after = not_after},
                                                 file);
    EXPECT_TRUE(issued.ok()) << issued;
    return {dir_.path() + "/" + file + ".crt", dir_.path() + "/" + file + ".key", ca_file()};
  }

 private:
  const TempDir dir_;
};

}  // namespace tributary
