#include "common/net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr size_t kMaxHeaderBytes = 64 << 10;
constexpr int kPollMillis = 1000;  // curl wakes earlier for its sockets, its own timers and Cancel

void InitCurlOnce() {
  static std::once_flag once;
  std::call_once(once, [] { TRIBUTARY_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

// "https://user:password@host:9090/write?token=x" -> "https://host:9090": what an error may show.
std::string ShownUrl(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return "a URL without a scheme";
  absl::string_view authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const size_t at = authority.rfind('@');
  if (at != absl::string_view::npos) authority.remove_prefix(at + 1);
  return absl::StrCat(url.substr(0, scheme + 3), authority);
}

absl::StatusCode CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return absl::StatusCode::kInvalidArgument;
    case CURLE_OPERATION_TIMEDOUT:
      return absl::StatusCode::kDeadlineExceeded;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

// One exchange under way: what arrives, and why it was ended if it was.
struct Exchange {
  const HttpFetch& fetch;
  CURL* easy;
  HttpReply reply = {};
  size_t header_bytes = 0;
  absl::Status refused = absl::OkStatus();

  bool TakeBody(absl::string_view piece) {
    if (fetch.on_body && Status() / 100 == 2) {
      if (!fetch.on_body(piece)) refused = absl::CancelledError("ended by its receiver");
    } else if (reply.body.size() + piece.size() > fetch.max_response_bytes) {
      refused = absl::ResourceExhaustedError(absl::StrCat("response larger than ", fetch.max_response_bytes, " bytes"));
    } else {
      reply.body.append(piece.data(), piece.size());
    }
    return refused.ok();
  }

  long Status() const {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  bool TakeHeader(absl::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kMaxHeaderBytes) {
      refused = absl::ResourceExhaustedError("response headers larger than 64 KiB");
      return false;
    }
    if (absl::StartsWith(line, "HTTP/")) reply.headers.clear();  // those before were of an interim response
    const size_t colon = line.find(':');
    if (colon != absl::string_view::npos && !absl::StartsWith(line, "HTTP/")) {
      reply.headers.emplace_back(absl::AsciiStrToLower(line.substr(0, colon)),
                                 std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
    }
    return true;
  }
};

// Any count but `size` makes curl give up.
size_t OnBody(char* data, size_t, size_t size, void* exchange) {
  return static_cast<Exchange*>(exchange)->TakeBody({data, size}) ? size : size + 1;
}

size_t OnHeader(char* data, size_t, size_t size, void* exchange) {
  return static_cast<Exchange*>(exchange)->TakeHeader({data, size}) ? size : size + 1;
}

// Header lines in curl's own list.
class HeaderList {
 public:
  explicit HeaderList(const HttpFetch& fetch) {
    for (const auto& [name, value] : fetch.headers) Append(absl::StrCat(name, ": ", value));
    Append("Expect:");  // no round trip before a body
  }
  ~HeaderList() { curl_slist_free_all(list_); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  curl_slist* get() const { return list_; }

 private:
  void Append(const std::string& line) {
    list_ = curl_slist_append(list_, line.c_str());
    TRIBUTARY_CHECK(list_ != nullptr);
  }
  curl_slist* list_ = nullptr;
};

bool HasLineBreak(absl::string_view text) {
  return text.find_first_of(absl::string_view("\r\n\0", 3)) != absl::string_view::npos;
}

absl::Status CheckFetch(const HttpFetch& fetch) {
  if (HasLineBreak(fetch.url) || HasLineBreak(fetch.method))
    return absl::InvalidArgumentError("a line break in the URL");
  for (const auto& [name, value] : fetch.headers) {
    if (HasLineBreak(name) || HasLineBreak(value)) return absl::InvalidArgumentError("a line break in a header");
  }
  return absl::OkStatus();
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl() {
    InitCurlOnce();
    easy_ = curl_easy_init();
    multi_ = curl_multi_init();
    TRIBUTARY_CHECK(easy_ != nullptr && multi_ != nullptr);
  }
  ~Impl() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
  }

  absl::StatusOr<HttpReply> Fetch(const HttpFetch& fetch) {
    const std::string context = absl::StrCat(fetch.method, " ", ShownUrl(fetch.url));
    TRIBUTARY_RETURN_IF_ERROR(Annotate(CheckFetch(fetch), context));
    const HeaderList headers(fetch);
    Exchange exchange{.fetch = fetch, .easy = easy_};
    error_[0] = '\0';
    SetUp(exchange, headers);
    curl_multi_add_handle(multi_, easy_);
    const absl::Status status = Perform(exchange);
    curl_multi_remove_handle(multi_, easy_);
    TRIBUTARY_RETURN_IF_ERROR(Annotate(status, context));

    exchange.reply.status = static_cast<int>(exchange.Status());
    return std::move(exchange.reply);
  }

  void Cancel() {
    cancelled_.store(true, std::memory_order_release);
    curl_multi_wakeup(multi_);
  }

 private:
  // Options are set anew each time; connections and what is known of hosts stay.
  void SetUp(Exchange& exchange, const HeaderList& headers) {
    const HttpFetch& fetch = exchange.fetch;
    curl_easy_reset(easy_);
    curl_easy_setopt(easy_, CURLOPT_URL, fetch.url.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    const absl::Duration timeout = std::clamp(fetch.timeout, absl::Milliseconds(1), absl::Hours(24));  // 0 is forever
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(timeout)));
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers.get());
    SetMethod(fetch);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, &exchange);
    if (!fetch.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, fetch.ca_file.c_str());
    if (!fetch.certificate_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLCERT, fetch.certificate_file.c_str());
    if (!fetch.key_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLKEY, fetch.key_file.c_str());
  }

  void SetMethod(const HttpFetch& fetch) {
    if (fetch.method == "HEAD") {
      curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
      return;
    }
    if (!fetch.body.empty() || fetch.method == "POST" || fetch.method == "PUT") {
      curl_easy_setopt(easy_, CURLOPT_POST, 1L);
      curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(fetch.body.size()));
      curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, fetch.body.data());
    }
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, fetch.method.c_str());
  }

  absl::Status Perform(const Exchange& exchange) {
    for (;;) {
      if (cancelled_.load(std::memory_order_acquire)) return absl::CancelledError("cancelled");
      int running = 0;
      if (const CURLMcode code = curl_multi_perform(multi_, &running); code != CURLM_OK) {
        return absl::UnavailableError(curl_multi_strerror(code));
      }
      if (running == 0) return Outcome(exchange);
      curl_multi_poll(multi_, nullptr, 0, kPollMillis, nullptr);
    }
  }

  absl::Status Outcome(const Exchange& exchange) {
    if (!exchange.refused.ok()) return exchange.refused;
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_, &left);
    TRIBUTARY_CHECK(message != nullptr && message->msg == CURLMSG_DONE);
    const CURLcode code = message->data.result;
    if (code == CURLE_OK) return absl::OkStatus();
    return absl::Status(CodeOf(code), error_[0] != '\0' ? error_ : curl_easy_strerror(code));
  }

  CURL* easy_;
  CURLM* multi_;
  char error_[CURL_ERROR_SIZE];
  std::atomic<bool> cancelled_{false};
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;
absl::StatusOr<HttpReply> HttpClient::Fetch(const HttpFetch& fetch) { return impl_->Fetch(fetch); }
void HttpClient::Cancel() { impl_->Cancel(); }

}  // namespace tributary
