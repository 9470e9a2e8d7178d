#include "cli/screen.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace tributary {
namespace {

constexpr absl::string_view kEnter = "\033[?1049h\033[?25l";  // alternate screen, no cursor
constexpr absl::string_view kLeave = "\033[?25h\033[?1049l";
constexpr absl::Duration kTick = absl::Milliseconds(50);

void Print(absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

Screen::Screen(SignalWaiter& signals) : signals_(signals) {
  tcgetattr(STDIN_FILENO, &before_);
  termios ours = before_;
  ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ours.c_cc[VSUSP] = _POSIX_VDISABLE;  // a stopped program would leave its screen behind
  tcsetattr(STDIN_FILENO, TCSANOW, &ours);
  Print(kEnter);
}

Screen::~Screen() {
  Print(kLeave);
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void Screen::Show(absl::string_view text) {
  const TerminalSize fits = size();
  std::vector<absl::string_view> rows;
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    const std::vector<absl::string_view> wrapped = Wrapped(line, static_cast<size_t>(fits.columns));
    rows.insert(rows.end(), wrapped.begin(), wrapped.end());
  }
  const size_t count = std::min<size_t>(rows.size(), static_cast<size_t>(fits.rows));
  std::string out = "\033[H";
  for (size_t i = 0; i < count; ++i) absl::StrAppend(&out, i == 0 ? "" : "\r\n", rows[i], "\033[K");
  Print(absl::StrCat(out, "\033[J"));
}

Screen::Event Screen::Wait(absl::Duration duration) {
  const absl::Time end = absl::Now() + duration;
  const TerminalSize drawn = size();
  while (absl::Now() < end) {
    if (signals_.Wait(std::min(kTick, end - absl::Now())).has_value()) return Event::kStop;
    const char key = Key();
    if (key == 'q') return Event::kStop;
    if (key != 0 || size().rows != drawn.rows || size().columns != drawn.columns) return Event::kRedraw;
  }
  return Event::kTime;
}

char Screen::Key() {
  pollfd wait{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  char key = 0;
  if (poll(&wait, 1, 0) == 1 && read(STDIN_FILENO, &key, 1) != 1) return 'q';  // the terminal is gone
  return key;
}

}  // namespace tributary
