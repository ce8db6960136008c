// SPDX-License-Identifier: Apache-2.0
// The proof of the whole way from worker to figure, on devices of known truth.
#include "tests/cli/bench.h"

namespace steelyard {
namespace {

class Verify : public Bench {};

TEST_F(Verify, EveryFigureIsAsItMustBe) {
  const Said said = program_.run({"verify"});
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  for (const char* truth : {"mean wait of random arrivals", "highest rate with p99", "SAME",
                            "WORSE", "Every figure is as it must be."})
    EXPECT_NE(said.out.find(truth), std::string::npos) << said.out;
  EXPECT_EQ(said.out.find("WRONG"), std::string::npos) << said.out;
}

TEST_F(Verify, NoticesADeviceThatIsNotWhatItIsSaidToBe) {
  const Said said = program_.run({"verify", "--falsify", "3"});
  EXPECT_EQ(said.code, 1);
  for (const char* what :
       {"mean latency", "throughput", "energy of a query", "mean wait", "highest rate", "ratio"}) {
    const std::size_t at = said.out.find(what);
    ASSERT_NE(at, std::string::npos) << said.out;
    EXPECT_NE(said.out.substr(at, said.out.find('\n', at) - at).find("WRONG"), std::string::npos)
        << said.out;
  }
  EXPECT_NE(said.out.find("figures are wrong."), std::string::npos);
}

}  // namespace
}  // namespace steelyard
