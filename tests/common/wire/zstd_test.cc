#include "common/wire/zstd.h"

#include <zstd.h>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(ZstdTest, GivesBackWhatItTook) {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string(100000, 'x')}) {
    EXPECT_EQ(DecompressZstd(CompressZstd(bytes), bytes.size()), bytes);
  }
}

TEST(ZstdTest, RefusesMoreThanTheBound) {
  EXPECT_EQ(DecompressZstd(CompressZstd("12345"), 4), std::nullopt);
  EXPECT_EQ(DecompressZstd(CompressZstd("12345"), 5), "12345");
}

TEST(ZstdTest, RefusesWhatIsNotOneFrame) {
  EXPECT_EQ(DecompressZstd("", 100), std::nullopt);
  EXPECT_EQ(DecompressZstd("no frame", 100), std::nullopt);
  EXPECT_EQ(DecompressZstd(CompressZstd("a") + CompressZstd("b"), 100), std::nullopt);
  const std::string frame = CompressZstd("truncated");
  EXPECT_EQ(DecompressZstd(frame.substr(0, frame.size() - 1), 100), std::nullopt);
}

// Streaming compressors leave the size out; then nothing bounds what comes out.
TEST(ZstdTest, RefusesAFrameThatDoesNotSayItsSize) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string frame(ZSTD_compressBound(5), '\0');
  frame.resize(ZSTD_compress2(context, frame.data(), frame.size(), "12345", 5));
  ZSTD_freeCCtx(context);
  EXPECT_EQ(DecompressZstd(frame, 100), std::nullopt);
}

}  // namespace
}  // namespace tributary
