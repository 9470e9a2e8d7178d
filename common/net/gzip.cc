#include "common/net/gzip.h"

#include <zlib.h>

#include <limits>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"

namespace tributary {
namespace {

constexpr int kGzipFormat = 16 + MAX_WBITS;
constexpr int kMemoryLevel = 8;  // zlib's default

// "q=0.5" of "gzip;q=0.5"; 1 where there is none.
double WeightOf(absl::Span<const absl::string_view> parameters) {
  for (absl::string_view parameter : parameters) {
    parameter = absl::StripAsciiWhitespace(parameter);
    double weight = 0;
    if (absl::ConsumePrefix(&parameter, "q=") && absl::SimpleAtod(parameter, &weight)) return weight;
  }
  return 1;
}

}  // namespace

bool AcceptsGzip(absl::string_view accept_encoding) {
  bool any = false;
  for (const absl::string_view coding : absl::StrSplit(accept_encoding, ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(coding, ';');
    const absl::string_view name = absl::StripAsciiWhitespace(parts.front());
    const bool accepted = WeightOf(absl::MakeConstSpan(parts).subspan(1)) > 0;
    if (absl::EqualsIgnoreCase(name, "gzip")) return accepted;
    any |= name == "*" && accepted;
  }
  return any;
}

std::optional<std::string> Gzip(absl::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) return std::nullopt;
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipFormat, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
  std::string out(bytes.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return std::nullopt;
  out.resize(stream.total_out);
  return out;
}

}  // namespace tributary
