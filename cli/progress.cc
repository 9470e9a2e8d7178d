#include "cli/progress.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/figures.h"
#include "cli/terminal.h"

namespace tributary {

Progress::Progress(const Clock& clock, std::string unit)
    : clock_(clock),
      unit_(std::move(unit)),
      on_(IsTerminal(stderr)),
      start_(clock.Now()),
      next_(start_ + absl::Seconds(1)) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::Show(uint64_t done, uint64_t total) {
  if (!on_) return;
  const absl::Time now = clock_.Now();
  if (now < next_) return;
  next_ = now + absl::Milliseconds(200);
  shown_ = true;
  const double per_second = static_cast<double>(done) / absl::ToDoubleSeconds(now - start_);
  const std::string of = total == 0 ? "" : absl::StrCat(" of ", CountText(total));
  const std::string text = absl::StrCat("\r\033[K", CountText(done), of, " ", unit_, ", ",
                                        CountText(static_cast<uint64_t>(per_second)), "/s");
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace tributary
