#include "common/net/signal_waiter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace tributary {
namespace {

TEST(SignalWaiterTest, SignalsBecomeReturnValues) {
  SignalWaiter waiter;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    kill(getpid(), signal);
    EXPECT_EQ(waiter.Wait(absl::Seconds(20)), signal);
  }
}

TEST(SignalWaiterTest, ThreadsStartedLaterDoNotTakeThem) {
  SignalWaiter waiter;
  std::thread sender([] { kill(getpid(), SIGHUP); });
  sender.join();
  EXPECT_EQ(waiter.Wait(absl::Seconds(20)), SIGHUP);
}

TEST(SignalWaiterTest, NothingCameBeforeTheTimeout) {
  SignalWaiter waiter;
  EXPECT_EQ(waiter.Wait(absl::ZeroDuration()), std::nullopt);
  EXPECT_EQ(waiter.Wait(-absl::Seconds(1)), std::nullopt);
}

TEST(SignalWaiterTest, WritingToAClosedPipeIsAnErrorAndNotTheEnd) {
  SignalWaiter waiter;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

TEST(SignalWaiterTest, TheMaskIsRestored) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  { SignalWaiter waiter; }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

}  // namespace
}  // namespace tributary
