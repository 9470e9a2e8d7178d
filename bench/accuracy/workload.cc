#include "bench/accuracy/workload.h"

#include <cmath>
#include <utility>

namespace tributary {
namespace {

constexpr Errors kSmooth = {250, 120, 25, 6, 2.5};
constexpr Errors kMergeHard = {300, 150, 20, 6, 2};
constexpr Errors kExact = {0, 0, 0, 0, 0};
constexpr Errors kNoBar = {1e6, 1e6, 1e6, 1e6, 1e6};

Workload Drawn(std::string name, const Errors& bar, std::function<double(Random&, int host)> draw) {
  return {std::move(name), bar, [draw = std::move(draw)](Random& random, int host, int samples) {
            std::vector<double> drawn(samples);
            for (double& sample : drawn) sample = draw(random, host);
            return drawn;
          }};
}

double OneOf(Random& random, std::initializer_list<std::pair<double, double>> share_and_value) {
  double left = Uniform(random);
  for (const auto& [share, value] : share_and_value) {
    if ((left -= share) < 0) return value;
  }
  return std::prev(share_and_value.end())->second;
}

// Hosts of very different size, each a Pareto of its own exponent, scale and shift.
std::vector<double> MergeHardHost(Random& random, int /*host*/, int samples) {
  std::geometric_distribution<int> size(1.0 / samples);
  const double exponent = 1 + Uniform(random);
  const double scale = std::exp(1.5 * Normal(random));
  const double shift = std::exp(Normal(random));
  std::vector<double> drawn(size(random) + 1);
  for (double& sample : drawn) sample = shift + scale * std::pow(1 - Uniform(random), -1 / exponent);
  return drawn;
}

// Host h has h * samples + 1 and the following: no two hosts overlap.
std::vector<double> DisjointHost(Random& /*random*/, int host, int samples) {
  std::vector<double> drawn(samples);
  for (int i = 0; i < samples; ++i) drawn[i] = 1.0 * host * samples + i + 1;
  return drawn;
}

// One host has as many samples as all the others together.
std::vector<double> DominatedHost(Random& random, int host, int samples) {
  std::vector<double> drawn(host == 0 ? 1000 * samples : samples);
  for (double& sample : drawn) sample = std::exp(2 * Normal(random)) * (host == 0 ? 3 : 1);
  return drawn;
}

}  // namespace

std::vector<Workload> Workloads() {
  return {
      Drawn("uniform", kSmooth, [](Random& r, int) { return Uniform(r); }),
      Drawn("exponential", kSmooth, [](Random& r, int) { return -std::log1p(-Uniform(r)); }),
      Drawn("lognormal", kSmooth, [](Random& r, int) { return std::exp(2 * Normal(r)); }),
      Drawn("pareto", kSmooth, [](Random& r, int) { return 1 / (1 - Uniform(r)); }),
      Drawn("bimodal", kSmooth,
            [](Random& r, int) {
              return Uniform(r) < 0.95 ? 20 * std::exp(0.3 * Normal(r)) : 800 * std::exp(0.2 * Normal(r));
            }),
      Drawn("hetero", kSmooth,
            [](Random& r, int host) { return std::exp(1.5 * std::sin(12.9898 * host)) * std::exp(0.5 * Normal(r)); }),
      {"merge-hard", kMergeHard, MergeHardHost},
      Drawn("constant", kExact, [](Random&, int) { return 42.0; }),
      Drawn("few-distinct", kExact,
            [](Random& r, int) {
              return OneOf(r, {{.42, 1}, {.31, 2}, {.185, 3}, {.07, 5}, {.015, 8}});
            }),
      // Exact where the timeouts are; below them it is a log-normal.
      Drawn("timeout", {250, 120, 0, 0, 0},
            [](Random& r, int) { return Uniform(r) < 0.97 ? 50 * std::exp(0.6 * Normal(r)) : 1000.0; }),
      Drawn("mostly-zero", {0, 120, 25, 6, 2.5},
            [](Random& r, int) { return Uniform(r) < 0.6 ? 0.0 : std::exp(2 * Normal(r)); }),
      Drawn("offset", kSmooth, [](Random& r, int) { return 1e6 + std::exp(2 * Normal(r)); }),
      Drawn("negative", kSmooth, [](Random& r, int) { return -std::exp(2 * Normal(r)); }),
      Drawn("sixty-decades", kSmooth, [](Random& r, int) { return std::pow(10.0, 60 * Uniform(r) - 32); }),
      {"disjoint", kNoBar, DisjointHost},
      {"dominated", kNoBar, DominatedHost},
  };
}

}  // namespace tributary
