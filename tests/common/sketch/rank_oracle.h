#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tributary {

// The exact answer to every quantile: all samples, sorted.
class RankOracle {
 public:
  explicit RankOracle(std::vector<double> samples) : samples_(std::move(samples)) {
    std::sort(samples_.begin(), samples_.end());
  }

  // How far, in millionths of all ranks, `value` is from the ranks it may have at quantile `q`: none when qN lies in
  // [samples below value, samples up to value]. Values within `tolerance`, relative, count as equal. Neutral between
  // the conventions of what a quantile is.
  double ErrorPpm(double q, double value, double tolerance = 1.2e-7) const {
    const double slack = tolerance * std::fabs(value);
    const auto below = std::lower_bound(samples_.begin(), samples_.end(), value - slack) - samples_.begin();
    const auto up_to = std::upper_bound(samples_.begin(), samples_.end(), value + slack) - samples_.begin();
    const double rank = q * static_cast<double>(samples_.size());
    const double distance = std::max({0.0, static_cast<double>(below) - rank, rank - static_cast<double>(up_to)});
    return 1e6 * distance / static_cast<double>(samples_.size());
  }

  double min() const { return samples_.front(); }
  double max() const { return samples_.back(); }
  size_t size() const { return samples_.size(); }

 private:
  std::vector<double> samples_;
};

using Random = std::mt19937_64;

// Draws the next sample of host `host`.
struct Distribution {
  std::string name;
  std::function<double(Random&, int host)> draw;
};

inline double Uniform(Random& random) { return std::uniform_real_distribution<double>()(random); }
inline double Normal(Random& random) { return std::normal_distribution<double>()(random); }

// Smooth data, as in docs/sketches.md.
inline std::vector<Distribution> SmoothDistributions() {
  return {
      {"uniform", [](Random& r, int) { return Uniform(r); }},
      {"exponential", [](Random& r, int) { return -std::log1p(-Uniform(r)); }},
      {"lognormal2", [](Random& r, int) { return std::exp(2 * Normal(r)); }},
      {"pareto1", [](Random& r, int) { return 1 / (1 - Uniform(r)); }},
      {"bimodal",
       [](Random& r, int) {
         return Uniform(r) < 0.95 ? 20 * std::exp(0.3 * Normal(r)) : 800 * std::exp(0.2 * Normal(r));
       }},
      {"hetero",
       [](Random& r, int host) { return std::exp(1.5 * std::sin(12.9898 * host)) * std::exp(0.5 * Normal(r)); }},
      {"normal", [](Random& r, int) { return 100 * Normal(r); }},
      {"offset", [](Random& r, int) { return 1e6 + std::exp(2 * Normal(r)); }},
      {"negative", [](Random& r, int) { return -std::exp(2 * Normal(r)); }},
      {"decades", [](Random& r, int) { return std::pow(10.0, 60 * Uniform(r) - 32); }},
  };
}

}  // namespace tributary
