#include "common/wire/zstd.h"

#include <zstd.h>

#include <memory>

#include "common/base/check.h"

namespace tributary {
namespace {

constexpr int kLevel = 1;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ZSTD_CCtx* ThreadCompressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  return context.get();
}

ZSTD_DCtx* ThreadDecompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

std::string CompressZstd(absl::string_view bytes) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size =
      ZSTD_compressCCtx(ThreadCompressor(), frame.data(), frame.size(), bytes.data(), bytes.size(), kLevel);
  TRIBUTARY_CHECK(!ZSTD_isError(size));  // nothing but memory can run short
  frame.resize(size);
  return frame;
}

std::optional<std::string> DecompressZstd(absl::string_view frame, size_t max_bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > max_bytes) return std::nullopt;
  std::string bytes(size, '\0');
  const size_t written =
      ZSTD_decompressDCtx(ThreadDecompressor(), bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(written) || written != size) return std::nullopt;
  return bytes;
}

}  // namespace tributary
