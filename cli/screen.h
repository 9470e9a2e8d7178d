#pragma once

#include <termios.h>

#include <csignal>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/terminal.h"
#include "common/net/signal_waiter.h"

namespace tributary {

// The whole terminal, drawn again and again, while this lives: the alternate screen, without cursor and echo. What was
// there before comes back however it ends, by a key, by SIGINT or by SIGTERM. Needs terminals as standard input and
// output. Thread-compatible.
class Screen {
 public:
  // `signals` outlives this.
  explicit Screen(SignalWaiter& signals);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  TerminalSize size() const { return SizeOf(stdout); }
  // Draws over what is shown: lines that are too long go on in the next row, what does not fit below is left out.
  void Show(absl::string_view text);

  // Sleeps. kStop: a signal came, or `q`. kRedraw: the size has changed, or another key was pressed.
  enum class Event { kTime, kRedraw, kStop };
  Event Wait(absl::Duration duration);

 private:
  // 'q', another key, or 0 when none was pressed.
  static char Key();

  SignalWaiter& signals_;
  termios before_{};
};

// Calls draw(screen.size()) each `interval` until the user ends it.
template <class Draw>
void Redraw(SignalWaiter& signals, absl::Duration interval, Draw draw) {
  Screen screen(signals);
  do {
    screen.Show(draw(screen.size()));
  } while (screen.Wait(interval) != Screen::Event::kStop);
}

}  // namespace tributary
