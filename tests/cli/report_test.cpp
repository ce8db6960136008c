// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

using testing::HasSubstr;
using testing::Not;

class WithExpected : public Bench {};

TEST_F(WithExpected, AddsSimulatedRowsOfDevicesNotMeasuredAndSaysSo) {
  ASSERT_EQ(run({"native-cpu"}, quickly()).code, 0);
  const Said plain = program_.run({"report", "m.db", "--lang", "en"});
  EXPECT_THAT(plain.out, Not(HasSubstr("RTX 3070 Ti")));
  const Said more = program_.run({"report", "m.db", "--lang", "en", "--with-expected"});
  EXPECT_EQ(more.code, 0) << more.err;
  EXPECT_THAT(more.err, HasSubstr("expected (simulated) rows added, not measured: "));
  EXPECT_THAT(more.err, HasSubstr("simulated:steady"));
  EXPECT_THAT(more.out, HasSubstr("RTX 3070 Ti"));
  EXPECT_EQ(program_.run({"report", "m.db", "--lang", "en"}).out, plain.out)
      << "the database must not change";
}

TEST_F(WithExpected, SaysThatTheModelIsGoneInsteadOfLeavingRowsOut) {
  ASSERT_EQ(run({"native-cpu"}, quickly()).code, 0);
  std::filesystem::rename(folder_ / "GRU.onnx", folder_ / "elsewhere.onnx");
  const Said said = program_.run({"report", "m.db", "--with-expected"});
  EXPECT_EQ(said.code, 1);
  EXPECT_THAT(said.err, HasSubstr("no model of these databases is where it was"));
}

}  // namespace
}  // namespace steelyard
