#include "cli/terminal.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tributary {
namespace {

// The character at the front of `text`, and its columns by the C library's table, whatever the user's locale is.
struct Character {
  size_t bytes = 1;
  size_t columns = 1;
};

Character FrontOf(absl::string_view text) {
  static const locale_t kUtf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (static_cast<unsigned char>(text[0]) < 0x80 || kUtf8 == nullptr) return {};
  const locale_t before = uselocale(kUtf8);
  mbstate_t state{};
  wchar_t wide = 0;
  const size_t bytes = mbrtowc(&wide, text.data(), text.size(), &state);
  const int columns = bytes == 0 || bytes > text.size() ? -1 : wcwidth(wide);
  uselocale(before);
  if (columns < 0) return {};  // no character: a terminal shows something for it
  return {.bytes = bytes, .columns = static_cast<size_t>(columns)};
}

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

std::string Style::Series(size_t index, absl::string_view text) const {
  constexpr std::array<absl::string_view, 6> kColours = {"36", "33", "35", "32", "34", "31"};
  return Wrap(kColours[index % kColours.size()], text);
}

size_t ScreenWidth(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    if (text[0] == '\033') {
      const size_t end = text.find('m');
      text.remove_prefix(end == absl::string_view::npos ? text.size() : end + 1);
      continue;
    }
    const Character front = FrontOf(text);
    width += front.columns;
    text.remove_prefix(front.bytes);
  }
  return width;
}

std::vector<absl::string_view> Wrapped(absl::string_view line, size_t width) {
  std::vector<absl::string_view> rows;
  while (width > 0 && ScreenWidth(line) > width) {
    size_t shown = 0;
    size_t cut = 0;  // behind the last space that will do
    size_t end = 0;
    while (end < line.size()) {
      if (line[end] == '\033') {
        end = std::min(line.find('m', end), line.size() - 1) + 1;
        continue;
      }
      const Character next = FrontOf(line.substr(end));
      if (shown + next.columns > width && end > 0) break;
      shown += next.columns;
      if (line[end] == ' ' && shown > width / 2) cut = end + 1;
      end += next.bytes;
    }
    if (end == line.size()) break;
    if (cut == 0 || line[end] == ' ') cut = end;
    rows.push_back(absl::StripSuffix(line.substr(0, cut), " "));
    line.remove_prefix(line[cut] == ' ' ? cut + 1 : cut);
  }
  rows.push_back(line);
  return rows;
}

std::string Shortened(absl::string_view text, size_t width) {
  if (ScreenWidth(text) <= width || width == 0) return std::string(text);
  size_t columns = 0;
  size_t end = 0;
  while (end < text.size()) {
    const Character next = FrontOf(text.substr(end));
    if (columns + next.columns > width - 1) break;
    columns += next.columns;
    end += next.bytes;
  }
  return absl::StrCat(text.substr(0, end), "…");
}

}  // namespace tributary
