#include "common/net/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>
#include <vector>

namespace tributary {
namespace {

using ::testing::ElementsAre;

// Waits until everything posted before has run.
void Settle(EventLoop& loop) {
  std::promise<void> done;
  ASSERT_TRUE(loop.TryPost([&] { done.set_value(); }));
  done.get_future().wait();
}

// Keeps the loop busy until Release().
class Blocker {
 public:
  explicit Blocker(EventLoop& loop) {
    EXPECT_TRUE(loop.TryPost([this] {
      started_.set_value();
      release_.get_future().wait();
    }));
    started_.get_future().wait();
  }
  void Release() { release_.set_value(); }

 private:
  std::promise<void> started_;
  std::promise<void> release_;
};

TEST(EventLoopTest, FunctionsRunInTheOrderTheyWerePosted) {
  EventLoop loop("test");
  std::vector<int> ran;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(loop.TryPost([&ran, i] { ran.push_back(i); }));
  Settle(loop);
  EXPECT_THAT(ran, ElementsAre(0, 1, 2, 3));
}

TEST(EventLoopTest, FunctionsRunOnTheLoopsThread) {
  EventLoop loop("test");
  bool inside = false;
  ASSERT_TRUE(loop.TryPost([&] { inside = loop.InLoopThread(); }));
  Settle(loop);
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.InLoopThread());
}

TEST(EventLoopTest, AFullQueueRefusesAndCountsWhatWaits) {
  EventLoop loop("test", /*max_posted=*/2);
  Blocker blocker(loop);
  std::atomic<int> ran{0};
  EXPECT_TRUE(loop.TryPost([&] { ++ran; }));
  EXPECT_TRUE(loop.TryPost([&] { ++ran; }));
  EXPECT_EQ(loop.depth(), 2u);
  EXPECT_FALSE(loop.TryPost([&] { ++ran; }));
  blocker.Release();
  while (loop.depth() > 0) std::this_thread::yield();
  Settle(loop);
  EXPECT_EQ(ran, 2);
}

TEST(EventLoopTest, NothingIsLostFromManyThreads) {
  EventLoop loop("test");
  int ran = 0;  // the loop's own
  std::vector<std::thread> posters;
  for (int t = 0; t < 4; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) EXPECT_TRUE(loop.TryPost([&] { ++ran; }));
    });
  }
  for (std::thread& poster : posters) poster.join();
  Settle(loop);
  EXPECT_EQ(ran, 4000);
}

TEST(EventLoopTest, TimersRunOnceOrAgainAndAgain) {
  EventLoop loop("test");
  std::promise<void> once, thrice;
  int count = 0;
  loop.RunAfter(absl::ZeroDuration(), [&] { once.set_value(); });
  loop.RunEvery(absl::Milliseconds(1), [&] {
    if (++count == 3) thrice.set_value();
  });
  once.get_future().wait();
  thrice.get_future().wait();
}

TEST(EventLoopTest, ShorterTimersRunFirst) {
  EventLoop loop("test");
  Blocker blocker(loop);
  std::vector<int> ran;
  std::promise<void> done;
  loop.RunAfter(absl::Milliseconds(20), [&] {
    ran.push_back(20);
    done.set_value();
  });
  loop.RunAfter(absl::Milliseconds(5), [&] { ran.push_back(5); });
  blocker.Release();
  done.get_future().wait();
  EXPECT_THAT(ran, ElementsAre(5, 20));
}

TEST(EventLoopTest, CancelledTimersDoNotRun) {
  EventLoop loop("test");
  Blocker blocker(loop);
  std::atomic<bool> ran = false;
  const EventLoop::TimerId timer = loop.RunAfter(absl::ZeroDuration(), [&] { ran = true; });
  loop.Cancel(timer);
  loop.Cancel(timer);
  blocker.Release();
  std::promise<void> later;
  loop.RunAfter(absl::Milliseconds(1), [&] { later.set_value(); });
  later.get_future().wait();
  EXPECT_FALSE(ran);
}

TEST(EventLoopTest, ATimerMayCancelItself) {
  EventLoop loop("test");
  std::atomic<int> count = 0;
  EventLoop::TimerId timer = 0;
  std::promise<void> later;
  Blocker blocker(loop);
  timer = loop.RunEvery(absl::Milliseconds(1), [&] {
    ++count;
    loop.Cancel(timer);
    loop.RunAfter(absl::Milliseconds(5), [&] { later.set_value(); });
  });
  blocker.Release();
  later.get_future().wait();
  EXPECT_EQ(count, 1);
}

TEST(EventLoopTest, EndlessDelaysAreAllowed) {
  EventLoop loop("test");
  bool ran = false;
  loop.RunAfter(absl::InfiniteDuration(), [&] { ran = true; });
  Settle(loop);
  Settle(loop);
  EXPECT_FALSE(ran);
}

TEST(EventLoopTest, StoppingRefusesAndDropsWhatWaits) {
  EventLoop loop("test");
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = owned;
  Settle(loop);
  loop.Stop();
  EXPECT_FALSE(loop.TryPost([owned] {}));
  owned.reset();
  EXPECT_TRUE(watched.expired());
  loop.Stop();
}

TEST(EventLoopTest, TheContextRunsOnTheSameThread) {
  EventLoop loop("test");
  std::promise<bool> inside;
  boost::asio::post(loop.context(), [&] { inside.set_value(loop.InLoopThread()); });
  EXPECT_TRUE(inside.get_future().get());
}

}  // namespace
}  // namespace tributary
