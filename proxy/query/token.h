#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

struct Token {
  enum class Kind {
    kEnd,
    kIdentifier,  // api.latency, by, quantile
    kNumber,      // 0.99, 5m, 1h30m: whatever begins with a digit
    kString,      // "eu", 'eu', `eu`
    kSymbol,      // ( ) { } [ ] , = != =~ !~
    kBad,         // `value` says what is wrong
  };
  Kind kind = Kind::kEnd;
  absl::string_view text;  // as written; views the expression
  std::string value;       // kString: without quotes and escapes
  size_t offset = 0;       // of its first byte in the expression

  bool Is(absl::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
};

// Cuts an expression into tokens, skipping white space and `# comments`. After kEnd and kBad it stays there.
// `text` outlives it. Thread-compatible.
class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}
  Token Next();

 private:
  void SkipSpace();
  Token Take(Token::Kind kind, size_t size);
  Token Quoted();
  Token Bad(std::string message);

  absl::string_view text_;
  size_t offset_ = 0;
};

// Letters, digits, `_` and `:`, not beginning with a digit, in one or more parts joined by dots: what needs no quotes.
bool IsIdentifier(absl::string_view text);

}  // namespace tributary
