#include "common/telemetry/telemetry.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <map>
#include <optional>

#include "common/base/check.h"
#include "common/base/mutex.h"
#include "prometheus/check_names.h"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace tributary {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricType TypeOf(Telemetry::Kind kind) {
  switch (kind) {
    case Telemetry::Kind::kCounter:
      return MetricType::Counter;
    case Telemetry::Kind::kGauge:
      return MetricType::Gauge;
    case Telemetry::Kind::kHistogram:
      return MetricType::Histogram;
  }
  return MetricType::Untyped;
}

ClientMetric WithLabels(const Telemetry::Labels& labels) {
  ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

void Fill(const Histogram& histogram, ClientMetric::Histogram& out) {
  uint64_t cumulative = 0;
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) {
    cumulative += histogram.bucket(i);
    const bool last = i == histogram.bounds().size();
    out.bucket.push_back({cumulative, last ? std::numeric_limits<double>::infinity() : histogram.bounds()[i]});
  }
  out.sample_count = cumulative;  // of the same reading as the buckets, or they would not add up
  out.sample_sum = histogram.sum();
}

}  // namespace

class Telemetry::Impl {
 public:
  Counter& AddCounter(absl::string_view name, absl::string_view help, const Labels& labels) {
    MutexLock lock(mutex_);
    Child& child = AddChild(Kind::kCounter, name, help, labels);
    TRIBUTARY_CHECK(!child.read);
    if (child.counter == nullptr) child.counter = std::make_unique<Counter>();
    return *child.counter;
  }

  Gauge& AddGauge(absl::string_view name, absl::string_view help, const Labels& labels) {
    MutexLock lock(mutex_);
    Child& child = AddChild(Kind::kGauge, name, help, labels);
    TRIBUTARY_CHECK(!child.read);
    if (child.gauge == nullptr) child.gauge = std::make_unique<Gauge>();
    return *child.gauge;
  }

  Histogram& AddHistogram(absl::string_view name, absl::string_view help, std::vector<double> bounds,
                          const Labels& labels) {
    MutexLock lock(mutex_);
    Child& child = AddChild(Kind::kHistogram, name, help, labels);
    if (child.histogram == nullptr) child.histogram = std::make_unique<Histogram>(bounds);
    TRIBUTARY_CHECK(child.histogram->bounds() == bounds);
    return *child.histogram;
  }

  uint64_t AddReading(Kind kind, absl::string_view name, absl::string_view help, const Labels& labels,
                      std::function<double()> read) {
    TRIBUTARY_CHECK(kind != Kind::kHistogram && read);
    MutexLock lock(mutex_);
    Child& child = AddChild(kind, name, help, labels);
    TRIBUTARY_CHECK(!child.read && child.counter == nullptr && child.gauge == nullptr);
    child.read = std::move(read);
    child.reading = ++last_reading_;
    return child.reading;
  }

  uint64_t AddFamily(Kind kind, absl::string_view name, absl::string_view help,
                     std::function<std::vector<LabelledValue>()> read) {
    TRIBUTARY_CHECK(kind != Kind::kHistogram && read);
    MutexLock lock(mutex_);
    Family& family = FindFamily(kind, name, help);
    TRIBUTARY_CHECK(family.children.empty());
    family.read = std::move(read);
    family.reading = ++last_reading_;
    return family.reading;
  }

  std::vector<LabelledValue> Values(absl::string_view name) const {
    MutexLock lock(mutex_);
    std::vector<LabelledValue> values;
    const auto found = families_.find(name);
    if (found == families_.end()) return values;
    for (const auto& [labels, child] : found->second.children) {
      if (child.histogram == nullptr) values.push_back({labels, ValueOf(child)});
    }
    return values;
  }

  void EndReading(uint64_t id) {
    MutexLock lock(mutex_);
    for (auto& [name, family] : families_) {
      if (family.reading == id) {
        family.read = nullptr;
        family.reading = 0;
        return;
      }
      if (std::erase_if(family.children, [&](const auto& child) { return child.second.reading == id; }) > 0) return;
    }
  }

  std::string Serialize() const { return prometheus::TextSerializer().Serialize(Collect()); }

 private:
  // One of the four.
  struct Child {
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> read;
    uint64_t reading = 0;  // its id, when there is one
  };
  struct Family {
    Kind kind;
    std::string help;
    std::map<Labels, Child> children = {};                  // labels sorted by name
    std::function<std::vector<LabelledValue>()> read = {};  // instead of children
    uint64_t reading = 0;                                   // its id, when there is one
  };

  Family& FindFamily(Kind kind, absl::string_view name, absl::string_view help) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    TRIBUTARY_CHECK(prometheus::CheckMetricName(std::string(name)));
    Family& family = families_.try_emplace(std::string(name), Family{kind, std::string(help)}).first->second;
    TRIBUTARY_CHECK(family.kind == kind && family.help == help && !family.read);
    return family;
  }

  Child& AddChild(Kind kind, absl::string_view name, absl::string_view help, Labels labels)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const auto& [label, value] : labels) TRIBUTARY_CHECK(prometheus::CheckLabelName(label));
    std::sort(labels.begin(), labels.end());
    return FindFamily(kind, name, help).children[std::move(labels)];
  }

  std::vector<MetricFamily> Collect() const {
    MutexLock lock(mutex_);
    std::vector<MetricFamily> families;
    for (const auto& [name, family] : families_) {
      MetricFamily out{name, family.help, TypeOf(family.kind), {}};
      for (const auto& [labels, child] : family.children)
        out.metric.push_back(CollectChild(family.kind, labels, child));
      if (family.read) {
        for (const auto& [labels, value] : family.read())
          SetValue(family.kind, value, out.metric.emplace_back(WithLabels(labels)));
      }
      if (!out.metric.empty()) families.push_back(std::move(out));
    }
    return families;
  }

  static double ValueOf(const Child& child) {
    if (child.read) return child.read();
    return child.counter != nullptr ? static_cast<double>(child.counter->value()) : child.gauge->value();
  }

  static void SetValue(Kind kind, double value, ClientMetric& metric) {
    (kind == Kind::kCounter ? metric.counter.value : metric.gauge.value) = value;
  }

  static ClientMetric CollectChild(Kind kind, const Labels& labels, const Child& child) {
    ClientMetric metric = WithLabels(labels);
    if (child.histogram != nullptr) {
      Fill(*child.histogram, metric.histogram);
      return metric;
    }
    SetValue(kind, ValueOf(child), metric);
    return metric;
  }

  mutable Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_reading_ ABSL_GUARDED_BY(mutex_) = 0;
};

Telemetry::Reading::Reading(Reading&& other) noexcept
    : telemetry_(std::exchange(other.telemetry_, nullptr)), id_(other.id_) {}

Telemetry::Reading& Telemetry::Reading::operator=(Reading&& other) noexcept {
  if (this == &other) return *this;
  End();
  telemetry_ = std::exchange(other.telemetry_, nullptr);
  id_ = other.id_;
  return *this;
}

Telemetry::Reading::~Reading() { End(); }

void Telemetry::Reading::End() {
  if (telemetry_ != nullptr) telemetry_->impl_->EndReading(id_);
}

Telemetry::Telemetry() : impl_(std::make_unique<Impl>()) {}
Telemetry::~Telemetry() = default;

Counter& Telemetry::AddCounter(absl::string_view name, absl::string_view help, const Labels& labels) {
  return impl_->AddCounter(name, help, labels);
}

Gauge& Telemetry::AddGauge(absl::string_view name, absl::string_view help, const Labels& labels) {
  return impl_->AddGauge(name, help, labels);
}

Histogram& Telemetry::AddHistogram(absl::string_view name, absl::string_view help, std::vector<double> bounds,
                                   const Labels& labels) {
  return impl_->AddHistogram(name, help, std::move(bounds), labels);
}

Counter& Telemetry::AddDropCounter(absl::string_view name, absl::string_view help, absl::string_view reason) {
  return AddCounter(name, help, {{"reason", std::string(reason)}});
}

Telemetry::Reading Telemetry::AddFamily(Kind kind, absl::string_view name, absl::string_view help,
                                        std::function<std::vector<LabelledValue>()> read) {
  return Reading(this, impl_->AddFamily(kind, name, help, std::move(read)));
}

std::vector<Telemetry::LabelledValue> Telemetry::Values(absl::string_view name) const { return impl_->Values(name); }

Telemetry::Reading Telemetry::AddReading(Kind kind, absl::string_view name, absl::string_view help,
                                         const Labels& labels, std::function<double()> read) {
  return Reading(this, impl_->AddReading(kind, name, help, labels, std::move(read)));
}

std::string Telemetry::Serialize() const { return impl_->Serialize(); }

}  // namespace tributary
