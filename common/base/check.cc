#include "common/base/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tributary {

namespace {

std::atomic<bool> words_claimed{false};
std::atomic<bool> words_complete{false};
char last_words[501];

}  // namespace

void SetLastWords(const char* text) {
  if (words_claimed.exchange(true)) return;
  std::strncpy(last_words, text, sizeof last_words - 1);
  words_complete.store(true, std::memory_order_release);
}

const char* LastWords() { return words_complete.load(std::memory_order_acquire) ? last_words : ""; }

void CheckFailed(const char* file, int line, const char* condition) {
  char text[sizeof last_words];
  std::snprintf(text, sizeof text, "%s:%d: invariant broken: %s", file, line, condition);
  SetLastWords(text);
  std::fprintf(stderr, "%s\n", text);
  std::fflush(stderr);
  std::abort();
}

}  // namespace tributary
