#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tributary {

bool IsTerminal(std::FILE* stream);
// On a terminal, unless NO_COLOR is set (no-color.org), which --no-color does.
bool HasColours(std::FILE* stream);

struct TerminalSize {
  int rows = 24;
  int columns = 80;
};
// Of the terminal behind `stream`; the default where there is none.
TerminalSize SizeOf(std::FILE* stream);

// Makes text stand out, where colours are on. A value.
class Style {
 public:
  explicit Style(bool on) : on_(on) {}
  bool on() const { return on_; }
  std::string Bold(absl::string_view text) const { return Wrap("1", text); }
  std::string Dim(absl::string_view text) const { return Wrap("2", text); }
  std::string Bad(absl::string_view text) const { return Wrap("1;31", text); }
  std::string Warn(absl::string_view text) const { return Wrap("1;33", text); }
  std::string Good(absl::string_view text) const { return Wrap("32", text); }
  // A colour for each of several lines of a chart.
  std::string Series(size_t index, absl::string_view text) const;

 private:
  std::string Wrap(absl::string_view code, absl::string_view text) const;

  bool on_;
};

// How many columns `text` takes on a screen, without escape sequences of Style: two for a character of East Asia or an
// emoji, none for a mark that stands on the one before.
size_t ScreenWidth(absl::string_view text);
// `line` as rows of a screen: broken at its last space in the second half of `width`, else where it is full. Escape
// sequences of Style stay whole.
std::vector<absl::string_view> Wrapped(absl::string_view line, size_t width);
// At most `width` columns; what is cut off ends in "…". `text` holds no escape sequences.
std::string Shortened(absl::string_view text, size_t width);

}  // namespace tributary
