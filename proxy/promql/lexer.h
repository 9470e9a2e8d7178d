#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary::promql {

struct Token {
  enum class Kind {
    kEnd,
    kIdentifier,  // [a-zA-Z_:][a-zA-Z0-9_:]*, words of the language among them
    kNumber,      // 1, 0x1f, 1.5e3, Inf, NaN, and durations: 5m is 300
    kString,      // in either quotes, or `raw`
    kSymbol,      // ( ) { } [ ] , : @ = =~ != !~ == < <= > >= + - * / % ^
    kBad,         // not of the language; `string` says why
  };
  Kind kind = Kind::kEnd;
  absl::string_view text;  // as written
  size_t offset = 0;
  std::string string;  // of kString unescaped
  double number = 0;   // of kNumber, durations in seconds
  bool duration = false;

  bool Is(absl::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  size_t end() const { return offset + text.size(); }
};

// Cuts a query into tokens; white space and # comments go. After kEnd and kBad comes the same again.
// The text outlives the lexer and its tokens. Thread-compatible.
class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}
  Token Next();

 private:
  void SkipSpace();
  Token Cut(Token::Kind kind, size_t size);
  Token Bad(size_t size, absl::string_view reason);
  Token Identifier();
  Token Number();
  Token String();
  Token RawString();
  Token Symbol();

  absl::string_view text_;
  size_t offset_ = 0;
  bool in_brackets_ = false;  // where ':' separates, and begins no name
};

}  // namespace tributary::promql
