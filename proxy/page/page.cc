#include "proxy/page/page.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/page/page_files.h"

namespace tributary {
namespace {

constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

HttpResponse Serve(const PageFile& file, const HttpRequest& request) {
  HttpResponse response;
  response.headers = {{"Content-Security-Policy", kPolicy}, {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},   {"Cache-Control", "no-cache"},
                      {"Vary", "Accept-Encoding"},          {"ETag", absl::StrCat("\"", file.digest, "\"")}};
  if (absl::StrContains(request.Header("if-none-match"), file.digest)) {
    response.status = 304;
    return response;
  }
  response.content_type = std::string(file.content_type);
  const bool packed = absl::StrContains(request.Header("accept-encoding"), "gzip");
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = std::string(packed ? file.gzip : file.bytes);
  return response;
}

}  // namespace

void RegisterPage(HttpServer& server) {
  for (const PageFile& file : PageFiles()) {
    const auto handler = [&file](const HttpRequest& request) { return Serve(file, request); };
    server.Handle("GET", absl::StrCat("/page/", file.name), handler);
    if (file.name == "index.html") server.Handle("GET", "/", handler);
  }
}

}  // namespace tributary
