#include "common/net/bearer_tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr absl::string_view kScheme = "Bearer ";

// RFC 6750 section 2.1: what may stand in the header.
bool IsTokenByte(char c) { return absl::ascii_isalnum(c) || absl::StrContains("-._~+/=", c); }

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) return absl::FailedPreconditionError(std::strerror(errno));
  if (static_cast<size_t>(file.gcount()) > kMaxFileBytes) return absl::FailedPreconditionError("more than 1 MiB");
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

absl::Status CheckToken(absl::string_view token, size_t line) {
  if (token.size() < BearerTokens::kMinBytes || token.size() > BearerTokens::kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("line ", line, ": a token has ", BearerTokens::kMinBytes, " to ",
                                                   BearerTokens::kMaxBytes, " characters"));
  }
  if (!std::all_of(token.begin(), token.end(), IsTokenByte)) {
    return absl::InvalidArgumentError(absl::StrCat("line ", line, ": a token has letters, digits and -._~+/= only"));
  }
  return absl::OkStatus();
}

// Of each token, with its line.
absl::StatusOr<std::vector<absl::string_view>> ParseTokens(absl::string_view text) {
  std::vector<absl::string_view> tokens;
  size_t line = 0;
  for (absl::string_view token : absl::StrSplit(text, '\n')) {
    ++line;
    token = absl::StripAsciiWhitespace(token);
    if (token.empty() || token.front() == '#') continue;
    TRIBUTARY_RETURN_IF_ERROR(CheckToken(token, line));
    tokens.push_back(token);
  }
  if (tokens.empty()) return absl::InvalidArgumentError("no token in it");
  if (tokens.size() > BearerTokens::kMaxTokens) return absl::InvalidArgumentError("too many tokens");
  return tokens;
}

template <class Digest>
Digest DigestOf(absl::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BearerTokens>> BearerTokens::Open(const std::string& file) {
  std::unique_ptr<BearerTokens> tokens(new BearerTokens(file));
  TRIBUTARY_RETURN_IF_ERROR(tokens->Load());
  return tokens;
}

bool BearerTokens::Admits(absl::string_view authorization) const {
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return false;
  const auto given = DigestOf<Digest>(absl::StripAsciiWhitespace(authorization.substr(kScheme.size())));
  bool found = false;
  const MutexLock lock(mutex_);
  for (const Digest& digest : digests_) found |= CRYPTO_memcmp(digest.data(), given.data(), given.size()) == 0;
  return found;
}

absl::StatusOr<bool> BearerTokens::Refresh() {
  if (!watched_.TakeChange()) return false;
  const absl::Status status = Load();
  if (status.ok()) return true;
  watched_.TryAgain();
  return status;
}

absl::Status BearerTokens::Load() {
  const absl::StatusOr<std::string> text = ReadWhole(file_);
  TRIBUTARY_RETURN_IF_ERROR(Annotate(text.status(), file_));
  const auto tokens = ParseTokens(*text);
  TRIBUTARY_RETURN_IF_ERROR(Annotate(tokens.status(), file_));
  std::vector<Digest> digests;
  for (const absl::string_view token : *tokens) digests.push_back(DigestOf<Digest>(token));
  const MutexLock lock(mutex_);
  digests_ = std::move(digests);
  return absl::OkStatus();
}

}  // namespace tributary
