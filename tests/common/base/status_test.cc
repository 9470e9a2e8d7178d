#include "common/base/status.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return value / 2;
}

absl::StatusOr<int> Quarter(int value) {
  TRIBUTARY_ASSIGN_OR_RETURN(const int half, Half(value));
  TRIBUTARY_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

TEST(StatusTest, AnnotatePutsTheContextInFront) {
  const absl::Status status = Annotate(absl::NotFoundError("no such file"), "reading config");
  EXPECT_EQ(status, absl::NotFoundError("reading config: no such file"));
  EXPECT_TRUE(Annotate(absl::OkStatus(), "anything").ok());
}

TEST(StatusTest, AssignOrReturnPassesErrorsOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
}

}  // namespace
}  // namespace tributary
