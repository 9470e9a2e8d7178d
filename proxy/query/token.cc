#include "proxy/query/token.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

bool BeginsIdentifier(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || c == ':'; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool InIdentifier(char c) { return BeginsIdentifier(c) || IsDigit(c); }

// A dot belongs to it when a further part follows.
size_t IdentifierSize(absl::string_view text) {
  size_t size = 0;
  while (size < text.size() &&
         (InIdentifier(text[size]) || (text[size] == '.' && size + 1 < text.size() && InIdentifier(text[size + 1])))) {
    ++size;
  }
  return size;
}

bool BeginsNumber(absl::string_view text) {
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  return !text.empty() && (IsDigit(text[0]) || (text[0] == '.' && text.size() > 1 && IsDigit(text[1])));
}

// Digits, letters and dots, and a sign at the beginning or after an exponent's e.
size_t NumberSize(absl::string_view text) {
  size_t size = 1;
  while (size < text.size()) {
    const char c = text[size];
    const bool exponent_sign = (c == '-' || c == '+') && absl::ascii_tolower(text[size - 1]) == 'e';
    if (!InIdentifier(c) && c != '.' && !exponent_sign) break;
    ++size;
  }
  return size;
}

size_t SymbolSize(absl::string_view text) {
  for (const absl::string_view pair : {"!=", "=~", "!~"}) {
    if (absl::StartsWith(text, pair)) return 2;
  }
  return absl::StrContains("(){}[],=", text[0]) ? 1 : 0;
}

// One UTF-8 sequence, so that a typographic quote is shown as such.
size_t CharacterSize(absl::string_view text) {
  size_t size = 1;
  while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

}  // namespace

bool IsIdentifier(absl::string_view text) {
  return !text.empty() && BeginsIdentifier(text[0]) && IdentifierSize(text) == text.size();
}

Token Lexer::Next() {
  SkipSpace();
  const absl::string_view rest = text_.substr(offset_);
  if (rest.empty()) return Take(Token::Kind::kEnd, 0);
  if (BeginsIdentifier(rest[0])) return Take(Token::Kind::kIdentifier, IdentifierSize(rest));
  if (BeginsNumber(rest)) return Take(Token::Kind::kNumber, NumberSize(rest));
  if (absl::StrContains("\"'`", rest[0])) return Quoted();
  if (const size_t size = SymbolSize(rest); size > 0) return Take(Token::Kind::kSymbol, size);
  return Bad(
      absl::StrCat("unexpected character '", absl::Utf8SafeCHexEscape(rest.substr(0, CharacterSize(rest))), "'"));
}

void Lexer::SkipSpace() {
  while (offset_ < text_.size()) {
    if (text_[offset_] == '#') {
      offset_ = std::min(text_.find('\n', offset_), text_.size());
    } else if (absl::ascii_isspace(static_cast<unsigned char>(text_[offset_]))) {
      ++offset_;
    } else {
      return;
    }
  }
}

Token Lexer::Take(Token::Kind kind, size_t size) {
  Token token{.kind = kind, .text = text_.substr(offset_, size), .value = {}, .offset = offset_};
  offset_ += size;
  return token;
}

// As in Go: `...` is raw, the other two take backslash escapes and end on their line.
Token Lexer::Quoted() {
  const char quote = text_[offset_];
  const bool raw = quote == '`';
  size_t end = offset_ + 1;
  while (end < text_.size() && text_[end] != quote && (raw || text_[end] != '\n')) {
    end += !raw && text_[end] == '\\' ? 2 : 1;
  }
  if (end >= text_.size() || text_[end] != quote) return Bad("unterminated quoted string");
  Token token = Take(Token::Kind::kString, end + 1 - offset_);
  const absl::string_view inside = token.text.substr(1, token.text.size() - 2);
  if (raw) {
    token.value = std::string(inside);
  } else if (std::string error; !absl::CUnescape(inside, &token.value, &error)) {
    offset_ = token.offset;
    return Bad(absl::StrCat("bad escape in quoted string: ", error));
  }
  return token;
}

Token Lexer::Bad(std::string message) {
  Token token{
      .kind = Token::Kind::kBad, .text = text_.substr(offset_, 1), .value = std::move(message), .offset = offset_};
  return token;
}

}  // namespace tributary
