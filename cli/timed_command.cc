#include "cli/timed_command.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr int kSignals[] = {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};

// While it lives, these signals wait for sigwaitinfo. The end of a child is told though whoever started us ignores it.
class HeldSignals {
 public:
  HeldSignals() {
    struct sigaction told {};
    told.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &told, &previous_action_);
    sigemptyset(&held_);
    for (const int signal : kSignals) sigaddset(&held_, signal);
    sigprocmask(SIG_BLOCK, &held_, &previous_);
  }
  ~HeldSignals() {
    sigprocmask(SIG_SETMASK, &previous_, nullptr);
    sigaction(SIGCHLD, &previous_action_, nullptr);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  const sigset_t& previous() const { return previous_; }
  siginfo_t Wait() const {
    siginfo_t info{};
    while (sigwaitinfo(&held_, &info) < 0) {
    }
    return info;
  }

 private:
  sigset_t held_;
  sigset_t previous_;
  struct sigaction previous_action_ {};
};

absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& words, const sigset_t& mask) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &mask);
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0], nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return absl::ErrnoToStatus(error, words[0]);
  return child;
}

// Nothing while it runs.
bool HasEnded(pid_t child, int& exit_status) {
  int status = 0;
  const pid_t ended = waitpid(child, &status, WNOHANG);
  if (ended != child) return false;
  exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

}  // namespace

absl::StatusOr<TimedCommand> RunTimed(const std::vector<std::string>& words, const Clock& clock) {
  const HeldSignals signals;
  const absl::Time start = clock.Now();
  TRIBUTARY_ASSIGN_OR_RETURN(const pid_t child, Spawn(words, signals.previous()));
  TimedCommand timed;
  while (!HasEnded(child, timed.exit_status)) {
    const siginfo_t signal = signals.Wait();
    const bool from_a_process = signal.si_code <= 0;  // SI_USER and the like; the kernel's own are above
    if (signal.si_signo != SIGCHLD && from_a_process) kill(child, signal.si_signo);
  }
  timed.duration = clock.Now() - start;
  return timed;
}

}  // namespace tributary
