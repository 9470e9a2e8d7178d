#include "common/net/event_loop.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <thread>
#include <utility>

#include "common/base/check.h"
#include "common/base/mutex.h"

namespace tributary {

namespace asio = boost::asio;
namespace {

// Longer waits are cut to this, so that no sum of times overflows.
constexpr absl::Duration kMaxDelay = absl::Hours(24 * 365);

}  // namespace

class EventLoop::Impl {
 public:
  Impl(const std::string& name, size_t max_posted)
      : max_posted_(max_posted), work_(asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {
    loop_id_ = thread_.get_id();
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
  }

  ~Impl() { Stop(); }

  bool TryPost(std::function<void()> fn) {
    if (stopped_.load(std::memory_order_acquire)) return false;
    if (posted_.fetch_add(1, std::memory_order_relaxed) >= max_posted_) {
      posted_.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    asio::post(context_, [this, fn = std::move(fn)] {
      posted_.fetch_sub(1, std::memory_order_relaxed);
      fn();
    });
    return true;
  }

  size_t depth() const { return std::min(posted_.load(std::memory_order_relaxed), max_posted_); }

  TimerId AddTimer(absl::Duration delay, absl::Duration period, std::function<void()> fn) {
    const auto timer = std::make_shared<Timer>(context_, period, std::move(fn));
    {
      MutexLock lock(mutex_);
      timer->id = ++last_timer_;
      timers_[timer->id] = timer;
    }
    timer->due = Steady::now() + absl::ToChronoNanoseconds(delay);
    // Asio's timers are not thread-safe: the loop's own thread arms and disarms them.
    asio::post(context_, [this, timer] { Arm(timer); });
    return timer->id;
  }

  void Cancel(TimerId id) {
    std::shared_ptr<Timer> timer;
    {
      MutexLock lock(mutex_);
      const auto found = timers_.find(id);
      if (found == timers_.end()) return;
      timer = std::move(found->second);
      timers_.erase(found);
    }
    asio::post(context_, [timer] { timer->asio.cancel(); });
  }

  bool InLoopThread() const { return std::this_thread::get_id() == loop_id_; }
  asio::io_context& context() { return context_; }

  void Stop() {
    if (!thread_.joinable()) return;
    TRIBUTARY_CHECK(!InLoopThread());
    stopped_.store(true, std::memory_order_release);
    context_.stop();
    thread_.join();
  }

 private:
  using Steady = std::chrono::steady_clock;

  struct Timer {
    Timer(asio::io_context& context, absl::Duration every, std::function<void()> call)
        : asio(context), period(every), fn(std::move(call)) {}
    asio::steady_timer asio;
    const absl::Duration period;  // zero: once
    const std::function<void()> fn;
    Steady::time_point due;
    TimerId id = 0;
  };

  void Arm(const std::shared_ptr<Timer>& timer) {
    timer->asio.expires_at(timer->due);
    timer->asio.async_wait([this, timer](boost::system::error_code) { Expire(timer); });
  }

  void Expire(const std::shared_ptr<Timer>& timer) {
    const bool once = timer->period == absl::ZeroDuration();
    if (!IsLive(timer->id, /*forget=*/once)) return;
    timer->fn();
    if (once || !IsLive(timer->id, /*forget=*/false)) return;
    const auto period = std::chrono::duration_cast<Steady::duration>(absl::ToChronoNanoseconds(timer->period));
    const auto late = std::max(Steady::now() - timer->due, Steady::duration::zero());
    timer->due += period * (late / period + 1);
    Arm(timer);
  }

  bool IsLive(TimerId id, bool forget) {
    MutexLock lock(mutex_);
    const auto found = timers_.find(id);
    if (found == timers_.end()) return false;
    if (forget) timers_.erase(found);
    return true;
  }

  const size_t max_posted_;
  std::atomic<size_t> posted_{0};
  std::atomic<bool> stopped_{false};
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Mutex mutex_;
  std::map<TimerId, std::shared_ptr<Timer>> timers_ ABSL_GUARDED_BY(mutex_);  // not cancelled, not over
  TimerId last_timer_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread::id loop_id_;  // thread_ forgets it when joined
  std::thread thread_;       // last: it uses all of the above
};

EventLoop::EventLoop(const std::string& name, size_t max_posted) : impl_(std::make_unique<Impl>(name, max_posted)) {}
EventLoop::~EventLoop() = default;

bool EventLoop::TryPost(std::function<void()> fn) { return impl_->TryPost(std::move(fn)); }
size_t EventLoop::depth() const { return impl_->depth(); }

EventLoop::TimerId EventLoop::RunAfter(absl::Duration delay, std::function<void()> fn) {
  return impl_->AddTimer(std::clamp(delay, absl::ZeroDuration(), kMaxDelay), absl::ZeroDuration(), std::move(fn));
}

EventLoop::TimerId EventLoop::RunEvery(absl::Duration period, std::function<void()> fn) {
  TRIBUTARY_CHECK(absl::Milliseconds(1) <= period && period <= kMaxDelay);
  return impl_->AddTimer(period, period, std::move(fn));
}

void EventLoop::Cancel(TimerId timer) { impl_->Cancel(timer); }
bool EventLoop::InLoopThread() const { return impl_->InLoopThread(); }
boost::asio::io_context& EventLoop::context() { return impl_->context(); }
void EventLoop::Stop() { impl_->Stop(); }

}  // namespace tributary
