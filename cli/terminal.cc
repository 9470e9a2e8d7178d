#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tributary {
namespace {

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

bool IsTerminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

bool HasColours(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  return IsTerminal(stream) && (no_color == nullptr || *no_color == '\0');
}

TerminalSize SizeOf(std::FILE* stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

std::string Style::Wrap(absl::string_view code, absl::string_view text) const {
  return on_ ? absl::StrCat("\033[", code, "m", text, "\033[0m") : std::string(text);
}

size_t ScreenWidth(absl::string_view text) {
  size_t width = 0;
  bool in_escape = false;
  for (const char c : text) {
    if (c == '\033') in_escape = true;
    if (!in_escape && BeginsCharacter(c)) ++width;
    if (c == 'm') in_escape = false;
  }
  return width;
}

std::vector<absl::string_view> Wrapped(absl::string_view line, size_t width) {
  std::vector<absl::string_view> rows;
  while (width > 0 && ScreenWidth(line) > width) {
    size_t shown = 0;
    size_t cut = 0;  // behind the last space that will do
    bool in_escape = false;
    size_t end = 0;
    for (; end < line.size(); ++end) {
      const char c = line[end];
      if (c == '\033') in_escape = true;
      if (!in_escape && BeginsCharacter(c) && shown++ == width) break;
      if (!in_escape && c == ' ' && shown > width / 2) cut = end + 1;
      if (c == 'm') in_escape = false;
    }
    if (cut == 0 || line[end] == ' ') cut = end;
    rows.push_back(absl::StripSuffix(line.substr(0, cut), " "));
    line.remove_prefix(line[cut] == ' ' ? cut + 1 : cut);
  }
  rows.push_back(line);
  return rows;
}

std::string Shortened(absl::string_view text, size_t width) {
  if (ScreenWidth(text) <= width || width == 0) return std::string(text);
  size_t characters = 0;
  size_t end = 0;
  for (; end < text.size(); ++end) {
    if (BeginsCharacter(text[end]) && ++characters == width) break;
  }
  return absl::StrCat(text.substr(0, end), "…");
}

}  // namespace tributary
