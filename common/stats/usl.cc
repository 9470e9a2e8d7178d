#include "common/stats/usl.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "common/base/check.h"
#include "common/stats/curve_fit.h"

namespace tributary {
namespace {

constexpr size_t kMinPoints = 4;

double Law(double load, absl::Span<const double> p, absl::Span<double> gradient) {
  const double divisor = 1 + p[0] * (load - 1) + p[1] * load * (load - 1);
  const double value = p[2] * load / divisor;
  gradient[0] = -value * (load - 1) / divisor;
  gradient[1] = -value * load * (load - 1) / divisor;
  gradient[2] = load / divisor;
  return value;
}

// N / X is linear in 1 / gamma, alpha / gamma and beta / gamma.
Eigen::Vector3d LinearStart(absl::Span<const double> load, absl::Span<const double> throughput) {
  Eigen::MatrixXd design(static_cast<Eigen::Index>(load.size()), 3);
  Eigen::VectorXd inverse(static_cast<Eigen::Index>(load.size()));
  for (size_t i = 0; i < load.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    design.row(row) << 1, load[i] - 1, load[i] * (load[i] - 1);
    inverse[row] = load[i] / throughput[i];
  }
  const Eigen::Vector3d shares = design.colPivHouseholderQr().solve(inverse);
  if (!(shares[0] > 0)) {  // the points at small loads are off: begin with the steepest
    double steepest = 0;
    for (size_t i = 0; i < load.size(); ++i) steepest = std::max(steepest, throughput[i] / load[i]);
    return {0.01, 1e-5, steepest};
  }
  return {std::max(0.0, shares[1] / shares[0]), std::max(0.0, shares[2] / shares[0]), 1 / shares[0]};
}

}  // namespace

double UslFit::PeakLoad() const {
  return beta > 0 ? std::sqrt((1 - alpha) / beta) : std::numeric_limits<double>::infinity();
}

double UslFit::OptimalLoad() const { return alpha > 0 ? 1 / alpha : std::numeric_limits<double>::infinity(); }

double UslFit::PeakThroughput() const { return beta > 0 ? Throughput(PeakLoad()) : gamma / alpha; }

absl::StatusOr<UslFit> FitUsl(absl::Span<const double> load, absl::Span<const double> throughput) {
  TRIBUTARY_CHECK(load.size() == throughput.size());
  if (load.size() < kMinPoints) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the law has three coefficients and needs at least %d points, there are %d", kMinPoints, load.size()));
  }
  for (size_t i = 0; i < load.size(); ++i) {
    if (!(load[i] > 0) || !(throughput[i] > 0) || !std::isfinite(load[i]) || !std::isfinite(throughput[i])) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "point %d (%g, %g): load and throughput must be positive numbers", i + 1, load[i], throughput[i]));
    }
  }
  const Eigen::Vector3d start = LinearStart(load, throughput);
  const auto fit = FitCurve(Law, load, throughput, {start.data(), 3});
  if (!fit.ok()) return fit.status();
  const std::vector<double>& p = fit->parameters;
  if (p[0] < 0 || p[1] < 0 || !(p[2] > 0)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the best fit is not physical (alpha %.6g, beta %.6g, gamma %.6g; none may be below zero): "
                        "these points show no "
                        "limit that could be extrapolated; measure at higher loads",
                        p[0], p[1], p[2]));
  }
  if (p[0] >= 1) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the best fit is not physical (alpha %.6g; it is a share of the work, below one): the "
                        "throughput falls from the first point on; measure at lower loads",
                        p[0]));
  }
  return UslFit{.alpha = p[0],
                .beta = p[1],
                .gamma = p[2],
                .alpha_error = fit->standard_errors[0],
                .beta_error = fit->standard_errors[1],
                .gamma_error = fit->standard_errors[2],
                .r_squared = fit->r_squared,
                .highest_load = *std::max_element(load.begin(), load.end())};
}

}  // namespace tributary
