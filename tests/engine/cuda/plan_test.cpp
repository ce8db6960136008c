// SPDX-License-Identifier: Apache-2.0
// Which kernel a network gets, and why not another one.
#include "steelyard/engine/cuda/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/check.h"

namespace steelyard::cuda {
namespace {

using testing::HasSubstr;

Network network_of(Cell cell, int hidden, int layers = 1, int features = 5, int directions = 1) {
  Network network;
  network.features = features;
  int before = features;
  for (int i = 0; i < layers; ++i) {
    Recurrent layer;
    layer.cell = cell;
    layer.input = before;
    layer.hidden = hidden;
    layer.directions = directions;
    const std::size_t rows = std::size_t(directions) * gates_of(cell) * hidden;
    layer.w.resize(rows * before);
    layer.r.resize(rows * hidden);
    layer.b.resize(rows * 2);
    before = layer.output();
    network.layers.push_back(layer);
  }
  network.head = {{before, 1, std::vector<float>(before), {0.f}, Activation::none, "head"}};
  return network;
}

// As the real shelf, without kernels to run.
Shelf shelf_of_names() {
  Shelf shelf;
  const auto add = [](std::vector<Kernel>& to, Geometry geometry, int threads, int windows = 1) {
    to.push_back({nullptr, geometry, false, threads, windows});
    to.push_back({nullptr, geometry, true, threads, windows});
  };
  for (const int gates : {1, 3, 4}) {
    add(shelf.warps, {gates, 8, 1, 1}, 32);
    add(shelf.blocks, {gates, 32, 2, 1}, 128);
    add(shelf.clusters, {gates, 32, 4, 1}, 256);
    add(shelf.clusters, {gates, 32, 8, 1}, 256);
    add(shelf.stacks, {gates, 32, 2, 1}, 256);
    add(shelf.ticks, {gates, 32, 2, 1}, 128);
    add(shelf.tiles, {gates, 32, 2, 1}, 128, 1);
    add(shelf.tiles, {gates, 32, 2, 1}, 128, 4);
    shelf.matrices.push_back({nullptr, gates, 4, 8});
    shelf.matrices.push_back({nullptr, gates, 4, 16});
  }
  return shelf;
}

CudaDevice device_of(int major) {
  CudaDevice device;
  device.major = major;
  device.processors = 132;
  device.shared_bytes = 100 * 1024;
  return device;
}

std::vector<Way> ways(const Network& network, int batch, int window = 8, CudaOptions options = {},
                      int major = 9) {
  std::vector<Way> ways;
  for (const Plan& plan :
       plans_for(network, batch, window, options, device_of(major), shelf_of_names()))
    ways.push_back(plan.way);
  return ways;
}

std::string refusal(const Network& network, int batch, CudaOptions options) {
  options.mode = CudaMode::persistent;
  try {
    plans_for(network, batch, 8, options, device_of(8), shelf_of_names());
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

std::vector<Way> ways_of_steps(const Network& network, int batch = 1, CudaOptions options = {}) {
  std::vector<Way> ways;
  for (const Plan& plan : plans_for_steps(network, batch, options, device_of(9), shelf_of_names()))
    ways.push_back(plan.way);
  return ways;
}

TEST(Plan, StepsOfOneLayerStayOnOneSm) {
  EXPECT_EQ(ways_of_steps(network_of(Cell::gru, 64)), (std::vector{Way::tick, Way::layers}));
  EXPECT_EQ(ways_of_steps(network_of(Cell::gru, 65)), std::vector{Way::layers});
  EXPECT_EQ(ways_of_steps(network_of(Cell::gru, 64, 2)), std::vector{Way::layers});
  EXPECT_EQ(ways_of_steps(network_of(Cell::gru, 64), 2), std::vector{Way::layers});
  CudaOptions launch;
  launch.mode = CudaMode::launch;
  EXPECT_EQ(ways_of_steps(network_of(Cell::gru, 64), 1, launch), std::vector{Way::layers});
}

TEST(Plan, StepsThatCannotStayOrNeedTheWholeWindowAreRefusedWithTheCause) {
  CudaOptions persistent;
  persistent.mode = CudaMode::persistent;
  const auto refusal_of = [&](const Network& network) {
    try {
      ways_of_steps(network, 1, persistent);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refusal_of(network_of(Cell::lstm, 200)), HasSubstr("registers of one SM"));
  EXPECT_THAT(refusal_of(network_of(Cell::lstm, 8, 2)), HasSubstr("several recurrent layers"));
  EXPECT_THAT(refusal_of(network_of(Cell::lstm, 8, 1, 5, 2)), HasSubstr("whole window"));
}

TEST(Plan, ATinyLayerIsAWarp) { EXPECT_EQ(ways(network_of(Cell::gru, 5), 1).front(), Way::warp); }

TEST(Plan, ALayerThatFitsOneSmIsABlock) {
  EXPECT_EQ(ways(network_of(Cell::lstm, 64), 1).front(), Way::block);
}

TEST(Plan, ALayerThatDoesNotIsTheSmallestCluster) {
  const auto plans =
      plans_for(network_of(Cell::lstm, 128), 1, 60, {}, device_of(9), shelf_of_names());
  EXPECT_EQ(plans.front().way, Way::cluster);
  EXPECT_EQ(plans.front().ranks, 2);
  const auto wide =
      plans_for(network_of(Cell::lstm, 256), 1, 60, {}, device_of(9), shelf_of_names());
  EXPECT_EQ(wide.front().ranks, 8);
}

TEST(Plan, OldDevicesHaveNoClusters) {
  EXPECT_EQ(ways(network_of(Cell::lstm, 128), 1, 8, {}, 8), std::vector{Way::layers});
}

TEST(Plan, LayersOnTopOfEachOtherAndWideInputsAreAStack) {
  EXPECT_EQ(ways(network_of(Cell::lstm, 64, 3), 1).front(), Way::stack);
  EXPECT_EQ(ways(network_of(Cell::lstm, 32, 1, 20), 1).front(), Way::stack);
  EXPECT_EQ(ways(network_of(Cell::lstm, 32, 2, 5, 2), 1).front(), Way::stack);
  EXPECT_EQ(ways(network_of(Cell::lstm, 64, 2, 5, 2), 1), std::vector{Way::layers});
}

TEST(Plan, ManyWindowsAreLaunched) {
  EXPECT_EQ(ways(network_of(Cell::gru, 64), 8).front(), Way::tile);
  CudaOptions half;
  half.weights = CudaWeights::fp16;
  EXPECT_EQ(ways(network_of(Cell::gru, 64), 8, 8, half).front(), Way::matrix);
  EXPECT_EQ(ways(network_of(Cell::gru, 64), 8, 8, half, 7).front(), Way::tile);
}

TEST(Plan, TilesHoldMoreWindowsWhenThereAreMany) {
  const auto windows = [](int batch) {
    return plans_for(network_of(Cell::gru, 64), batch, 8, {}, device_of(9), shelf_of_names())
        .front()
        .kernel.windows;
  };
  EXPECT_EQ(windows(264), 1);
  EXPECT_EQ(windows(265), 4);
}

TEST(Plan, EveryNetworkHasAtLeastTheLaunchOfLayers) {
  Network odd = network_of(Cell::gru, 300, 2);
  odd.layers[1].linear_before_reset = false;
  for (const int batch : {1, 1000}) EXPECT_EQ(ways(odd, batch), std::vector{Way::layers});
}

TEST(Plan, AWindowLongerThanSharedMemoryIsLaunched) {
  EXPECT_FALSE(is_persistent(ways(network_of(Cell::gru, 5), 1, 5000).front()));
}

TEST(Plan, ADeviceThatADisplayHangsOnRunsNothingForEver) {
  CudaDevice device = device_of(9);
  device.watched = true;
  const auto plans = plans_for(network_of(Cell::gru, 5), 1, 8, {}, device, shelf_of_names());
  EXPECT_FALSE(is_persistent(plans.front().way));
}

TEST(Plan, SaysWhyAKernelCannotStay) {
  EXPECT_THAT(refusal(network_of(Cell::gru, 5), 3, {}), HasSubstr("batch of 3"));
  EXPECT_THAT(refusal(network_of(Cell::gru, 128), 1, {}), HasSubstr("128 units are too many"));
  Network reset_first = network_of(Cell::gru, 5);
  reset_first.layers[0].linear_before_reset = false;
  EXPECT_THAT(refusal(reset_first, 1, {}), HasSubstr("reset before the product"));
}

TEST(Plan, AReverseDirectionReadAtTheLastStepTakesOneStep) {
  Recurrent layer;
  layer.directions = 2;
  EXPECT_EQ(walk_of(layer, Readout::last_step, 0, 60).steps, 60);
  EXPECT_EQ(walk_of(layer, Readout::last_step, 1, 60).steps, 1);
  EXPECT_EQ(walk_of(layer, Readout::final_state, 1, 60).steps, 60);
}

TEST(Check, NamesTheLayerItRefuses) {
  const auto why = [](const Network& network) -> std::string {
    try {
      check_network(network);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(why(network_of(Cell::gru, 5, 8)), "");
  EXPECT_THAT(why(network_of(Cell::gru, 5, 9)), HasSubstr("9 recurrent layers"));
  Network short_weights = network_of(Cell::gru, 5, 2);
  short_weights.layers[1].node = "GRU_7";
  short_weights.layers[1].r.pop_back();
  EXPECT_THAT(why(short_weights), HasSubstr("recurrent layer 2 (GRU_7) has 74 recurrent weights"));
  Network wide = network_of(Cell::rnn, 1);
  wide.layers[0].hidden = 9000;
  EXPECT_THAT(why(wide), HasSubstr("9000 hidden units"));
}

TEST(Check, RefusesWhatGoesAlongWithWindowsByName) {
  const auto why = [](const auto& change) -> std::string {
    Network network = network_of(Cell::lstm, 5, 2);
    network.layers[1].node = "LSTM_7";
    change(network);
    try {
      check_network(network);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const std::string begin = "native-cuda runs whole windows from zero states, and this model ";
  EXPECT_EQ(why([](Network& n) { n.states_in.emplace_back(); }),
            begin + "takes initial states as inputs.");
  EXPECT_EQ(why([](Network& n) { n.states_out.emplace_back(); }),
            begin + "gives its states as outputs.");
  EXPECT_EQ(why([](Network& n) { n.readout = Readout::every_step; }),
            begin + "answers every time step.");
  EXPECT_EQ(why([](Network& n) { n.layers[1].initial_h.assign(5, 1); }),
            begin + "begins with states of its own in recurrent layer 2 (LSTM_7).");
  EXPECT_EQ(why([](Network& n) { n.layers[1].functions.assign(3, {}); }),
            begin + "has other activations than the standard ones in recurrent layer 2 (LSTM_7).");
  EXPECT_EQ(why([](Network& n) { n.layers[1].ends_early = true; }),
            begin + "takes lengths of windows (sequence_lens) in recurrent layer 2 (LSTM_7).");
}

}  // namespace
}  // namespace steelyard::cuda
