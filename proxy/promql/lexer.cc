#include "proxy/promql/lexer.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/printable.h"
#include "common/sink/prometheus_name.h"
#include "proxy/promql/prom_duration.h"

namespace tributary::promql {
namespace {

bool IsNameByte(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':'; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsDigitOrGap(char c) { return IsDigit(c) || c == '_'; }

size_t CountWhile(absl::string_view text, size_t from, bool (*accept)(char)) {
  size_t end = from;
  while (end < text.size() && accept(text[end])) ++end;
  return end - from;
}

// 1.5e3, as far as it goes.
size_t DecimalSize(absl::string_view text) {
  size_t size = CountWhile(text, 0, IsDigitOrGap);
  if (size < text.size() && text[size] == '.') size += 1 + CountWhile(text, size + 1, IsDigitOrGap);
  if (size < text.size() && (text[size] == 'e' || text[size] == 'E')) {
    const size_t sign = size + 1 < text.size() && (text[size + 1] == '+' || text[size + 1] == '-') ? 1 : 0;
    const size_t digits = CountWhile(text, size + 1 + sign, IsDigit);
    if (digits > 0) size += 1 + sign + digits;
  }
  return size;
}

// Whole numbers as Go reads them: 0x is hexadecimal, a leading 0 octal.
std::optional<double> ParseNumber(absl::string_view text) {
  if (text.back() == '_') return std::nullopt;
  const std::string digits = absl::StrReplaceAll(text, {{"_", ""}});
  const bool hex = absl::StartsWithIgnoreCase(digits, "0x");
  const bool octal = digits.size() > 1 && digits.find_first_not_of("01234567") == std::string::npos && digits[0] == '0';
  if (hex || octal) {
    double value = 0;
    const int base = hex ? 16 : 8;
    for (const char c : absl::string_view(digits).substr(hex ? 2 : 1)) {
      value = value * base + (IsDigit(c) ? c - '0' : absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10);
    }
    return digits.size() > 2 || octal ? std::optional(value) : std::nullopt;
  }
  double value = 0;
  if (!absl::SimpleAtod(digits, &value)) return std::nullopt;
  return value;
}

}  // namespace

void Lexer::SkipSpace() {
  while (offset_ < text_.size()) {
    const char c = text_[offset_];
    if (c == '#') {
      offset_ = std::min(text_.find('\n', offset_), text_.size());
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++offset_;
    } else {
      return;
    }
  }
}

Token Lexer::Cut(Token::Kind kind, size_t size) {
  Token token;
  token.kind = kind;
  token.text = text_.substr(offset_, size);
  token.offset = offset_;
  offset_ += token.text.size();
  return token;
}

Token Lexer::Bad(size_t size, absl::string_view reason) {
  Token token = Cut(Token::Kind::kBad, size);
  token.string = std::string(reason);
  offset_ = token.offset;
  return token;
}

Token Lexer::Next() {
  SkipSpace();
  if (offset_ == text_.size()) return Cut(Token::Kind::kEnd, 0);
  const char c = text_[offset_];
  const char after = offset_ + 1 < text_.size() ? text_[offset_ + 1] : '\0';
  if (IsDigit(c) || (c == '.' && IsDigit(after))) return Number();
  if (c == '"' || c == '\'') return String();
  if (c == '`') return RawString();
  if (IsNameByte(c) && !(in_brackets_ && c == ':')) return Identifier();
  return Symbol();
}

Token Lexer::Identifier() {
  size_t size = CountWhile(text_, offset_, IsNameByte);
  // api.latency: as StatsD clients name things. Prometheus takes it in quotes only.
  for (size_t more = 1; more > 0 && offset_ + size < text_.size() && text_[offset_ + size] == '.';) {
    more = CountWhile(text_, offset_ + size + 1, IsNameByte);
    if (more > 0) size += 1 + more;
  }
  Token token = Cut(Token::Kind::kIdentifier, size);
  if (absl::EqualsIgnoreCase(token.text, "inf") || absl::EqualsIgnoreCase(token.text, "nan")) {
    token.kind = Token::Kind::kNumber;
    token.number = absl::EqualsIgnoreCase(token.text, "inf") ? std::numeric_limits<double>::infinity()
                                                             : std::numeric_limits<double>::quiet_NaN();
  }
  return token;
}

Token Lexer::Number() {
  const absl::string_view rest = text_.substr(offset_);
  constexpr auto kIsWordByte = [](char c) { return IsNameByte(c) && c != ':'; };
  constexpr auto kIsHexByte = [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)) || c == '_'; };
  const bool hex = absl::StartsWithIgnoreCase(rest, "0x");
  const size_t number = hex ? 2 + CountWhile(rest, 2, kIsHexByte) : DecimalSize(rest);
  const size_t size = number + CountWhile(rest, number, kIsWordByte);
  const absl::string_view word = rest.substr(0, size);
  const std::string bad = absl::StrCat("bad number or duration syntax: \"", word, "\"");
  if (size == number) {
    const std::optional<double> value = ParseNumber(word);
    if (!value) return Bad(size, bad);
    Token token = Cut(Token::Kind::kNumber, size);
    token.number = *value;
    return token;
  }
  const std::optional<absl::Duration> value = ParsePromDuration(word);
  if (!value) return Bad(size, bad);
  Token token = Cut(Token::Kind::kNumber, size);
  token.number = absl::ToDoubleSeconds(*value);
  token.duration = true;
  return token;
}

Token Lexer::String() {
  const char quote = text_[offset_];
  size_t end = offset_ + 1;
  while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
  if (end >= text_.size() || text_[end] != quote) return Bad(text_.size() - offset_, "unterminated quoted string");
  const size_t size = end + 1 - offset_;
  std::string value, error;
  if (!absl::CUnescape(text_.substr(offset_ + 1, size - 2), &value, &error)) {
    return Bad(size, absl::StrCat("bad escape sequence in a string: ", error));
  }
  if (ValidUtf8(value) != value) return Bad(size, "invalid UTF-8 in a string");
  Token token = Cut(Token::Kind::kString, size);
  token.string = std::move(value);
  return token;
}

Token Lexer::RawString() {
  const size_t end = text_.find('`', offset_ + 1);
  if (end == absl::string_view::npos) return Bad(text_.size() - offset_, "unterminated raw string");
  Token token = Cut(Token::Kind::kString, end + 1 - offset_);
  token.string = std::string(token.text.substr(1, token.text.size() - 2));
  return token;
}

Token Lexer::Symbol() {
  constexpr absl::string_view kSymbols[] = {"=~", "==", "!=", "!~", "<=", ">=", "<", ">", "=", "+", "-", "*",
                                            "/",  "%",  "^",  "(",  ")",  "{",  "}", "[", "]", ",", ":", "@"};
  const absl::string_view rest = text_.substr(offset_);
  for (const absl::string_view symbol : kSymbols) {
    if (!absl::StartsWith(rest, symbol)) continue;
    if (symbol == "[") in_brackets_ = true;
    if (symbol == "]") in_brackets_ = false;
    return Cut(Token::Kind::kSymbol, symbol.size());
  }
  return Bad(1, absl::StrCat("unexpected character: '", Printable(rest.substr(0, 1)), "'"));
}

}  // namespace tributary::promql
