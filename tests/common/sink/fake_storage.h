#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/mutex.h"
#include "common/net/http_server.h"
#include "prometheus/remote_write.pb.h"
#include "snappy.h"

namespace tributary {

// Takes remote write on a loopback port, decodes it and remembers what it said yes to. Thread-safe.
class FakeStorage {
 public:
  // The answer to a decoded request; 2xx stores it.
  using Answer = std::function<HttpResponse(const prometheus::WriteRequest&)>;

  explicit FakeStorage(Answer answer = [](const auto&) { return HttpResponse::Text(204, ""); })
      : answer_(std::move(answer)), server_(HttpServer::Options()) {
    server_.Handle("POST", "/api/v1/write", [this](const HttpRequest& request) { return Take(request); });
    const absl::Status started = server_.Start();
    TRIBUTARY_CHECK(started.ok());
  }
  ~FakeStorage() { server_.Stop(); }

  std::string url() const { return absl::StrCat("http://127.0.0.1:", server_.port(), "/api/v1/write"); }

  struct Stored {
    std::string series;  // name{label=value,...}
    double value;
    int64_t unix_ms;
    friend bool operator==(const Stored&, const Stored&) = default;
  };
  std::vector<Stored> stored() const {
    MutexLock lock(mutex_);
    return stored_;
  }
  std::vector<HttpRequest> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

  // "m{a=1}", labels in the order in which they came, __name__ in front.
  static std::string SeriesName(const prometheus::TimeSeries& series) {
    std::string name, labels;
    for (const auto& label : series.labels()) {
      if (label.name() == "__name__") {
        name = label.value();
      } else {
        absl::StrAppend(&labels, labels.empty() ? "" : ",", label.name(), "=", label.value());
      }
    }
    return absl::StrCat(name, "{", labels, "}");
  }

 private:
  HttpResponse Take(const HttpRequest& http) {
    std::string bytes;
    prometheus::WriteRequest request;
    if (!snappy::Uncompress(http.body.data(), http.body.size(), &bytes) || !request.ParseFromString(bytes)) {
      return HttpResponse::Text(415, "not remote write");
    }
    const HttpResponse response = answer_(request);
    MutexLock lock(mutex_);
    requests_.push_back(http);
    if (response.status / 100 == 2) Store(request);
    return response;
  }

  void Store(const prometheus::WriteRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const auto& series : request.timeseries()) {
      for (const auto& sample : series.samples()) {
        stored_.push_back({SeriesName(series), sample.value(), sample.timestamp()});
      }
    }
  }

  const Answer answer_;
  mutable Mutex mutex_;
  std::vector<Stored> stored_ ABSL_GUARDED_BY(mutex_);
  std::vector<HttpRequest> requests_ ABSL_GUARDED_BY(mutex_);
  HttpServer server_;
};

}  // namespace tributary
