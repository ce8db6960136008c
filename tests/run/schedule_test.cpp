// SPDX-License-Identifier: Apache-2.0
#include "steelyard/run/schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace steelyard {
namespace {

std::vector<std::tuple<std::size_t, std::uint32_t, std::uint32_t>> plain(
    const std::vector<Turn>& turns) {
  std::vector<std::tuple<std::size_t, std::uint32_t, std::uint32_t>> all;
  for (const Turn& turn : turns) all.emplace_back(turn.index, turn.worker, turn.block);
  return all;
}

TEST(Schedule, DependsOnTheSeedAlone) {
  EXPECT_EQ(plain(make_schedule(7, 1, 5, 3)), plain(make_schedule(7, 1, 5, 3)));
  EXPECT_NE(plain(make_schedule(7, 1, 5, 3)), plain(make_schedule(7, 1, 5, 4)));
}

// Written down once; a change would make stored campaigns resume in another order.
TEST(Schedule, StaysAsItIsBetweenVersions) {
  std::vector<std::size_t> order;
  for (const Turn& turn : make_schedule(4, 1, 2, 1)) order.push_back(turn.index);
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 3, 1, 2, 0, 2, 1, 3}));
}

TEST(Schedule, GivesEveryCaseOneTurnARound) {
  const auto turns = make_schedule(6, 1, 5, 11);
  ASSERT_EQ(turns.size(), 30u);
  for (std::size_t round = 0; round < 5; ++round) {
    std::set<std::size_t> cases;
    for (std::size_t i = 0; i < 6; ++i) {
      cases.insert(turns[round * 6 + i].index);
      EXPECT_EQ(turns[round * 6 + i].block, round);
    }
    EXPECT_EQ(cases.size(), 6u);
  }
}

TEST(Schedule, NeverGivesACaseTwoTurnsRunning) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto turns = make_schedule(2 + seed % 4, 1, 6, seed);
    for (std::size_t i = 1; i < turns.size(); ++i)
      EXPECT_NE(turns[i].index, turns[i - 1].index) << "seed " << seed << ", turn " << i;
  }
}

TEST(Schedule, ChangesTheOrderFromRoundToRound) {
  const auto turns = make_schedule(8, 1, 5, 1);
  std::set<std::vector<std::size_t>> orders;
  for (std::size_t round = 0; round < 5; ++round) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 8; ++i) order.push_back(turns[round * 8 + i].index);
    orders.insert(order);
  }
  EXPECT_GE(orders.size(), 4u);
}

TEST(Schedule, GivesEachFreshProcessItsBlocksRunning) {
  for (const Turn& turn : make_schedule(3, 2, 5, 1)) EXPECT_EQ(turn.worker, turn.block / 5);
}

TEST(Schedule, HoldsOneCaseAlone) {
  EXPECT_EQ(make_schedule(1, 1, 5, 1).size(), 5u);
  EXPECT_TRUE(make_schedule(0, 1, 5, 1).empty());
}

TEST(Share, CutsTheEffortIntoBlocks) {
  Effort effort;
  EXPECT_EQ(share_of(effort, SingleStream{}, 370, 0).min_queries, 2000u);
  effort.min_queries = 3;
  EXPECT_EQ(share_of(effort, SingleStream{}, 4, 0).min_queries, 1u);
}

TEST(Share, ReachesEveryWindowOverTheBlocks) {
  Effort effort;
  effort.min_queries = 1;
  for (const std::uint64_t windows : {1, 4, 5, 370, 371, 372, 373, 374, 1001}) {
    for (const int batch : {1, 3, 64, 500}) {
      const Scenario scenario = batch == 1 ? Scenario(SingleStream{}) : Scenario(Offline{batch, 1});
      const std::uint64_t slots = (windows + batch - 1) / batch;
      std::vector<int> seen(slots);
      for (std::uint32_t block = 0; block < effort.blocks; ++block) {
        const BlockShare share = share_of(effort, scenario, windows, block);
        for (std::uint64_t i = 0; i < share.min_queries; ++i)
          seen[(share.first_window / batch + i) % slots] = 1;
      }
      EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), 0), static_cast<int>(slots))
          << windows << " windows in batches of " << batch;
    }
  }
}

}  // namespace
}  // namespace steelyard
