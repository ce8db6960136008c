// SPDX-License-Identifier: Apache-2.0
// Batches of narrow networks, whose samples lie side by side in the vectors, against the reference.
#include "steelyard/engine/cpu/abreast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "steelyard/engine/engine.h"
#include "tests/engine/reference.h"

namespace steelyard {
namespace {

using reference::Shape;

std::vector<Shape> narrow_kinds() {
  std::vector<Shape> shapes;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int directions : {1, 2}) {
      for (const int layers : {1, 3}) {
        for (const Readout readout : {Readout::last_step, Readout::final_state}) {
          Shape s;
          s.cell = cell;
          s.directions = directions;
          s.layers = layers;
          s.readout = readout;
          s.features = 3;
          s.hidden = 5;
          shapes.push_back(s);
        }
      }
    }
  }
  Shape reversed;
  reversed.hidden = 5;
  reversed.reverse = true;
  shapes.push_back(reversed);
  return shapes;
}

const cpu::Kernels& kernels_named(const std::string& name) { return cpu::choose_kernels(name); }

void expect_agreement(const Network& network, int batch, int window, const std::string& target) {
  Random random(std::uint64_t(batch) * 100 + window);
  const auto input =
      reference::random_values(std::size_t(batch) * window * network.features, 2, random);
  const auto engine = Engine::compile(network, {Precision::fp32, target});
  std::vector<float> output(std::size_t(batch) * engine->outputs(), -9);
  const auto session = engine->open(batch, window);
  const auto expected = reference::infer(network, input, batch, window);
  // Twice: nothing of the first call may be left in the second.
  for (int call = 0; call < 2; ++call) {
    session->infer(input, output);
    for (std::size_t i = 0; i < output.size(); ++i) {
      ASSERT_NEAR(output[i], expected[i], 5e-6) << target << " batch " << batch << " at " << i;
    }
  }
}

TEST(Abreast, AgreesWithTheReferenceOnEveryInstructionSetForWholeAndPartGroups) {
  for (const std::string& target : engine_targets()) {
    const cpu::Kernels& kernels = kernels_named(target);
    if (kernels.lanes == 1) continue;
    const int group = kernels.vectors * kernels.lanes;
    for (const Shape& shape : narrow_kinds()) {
      Random random(7);
      const Network network = reference::random_network(shape, random);
      for (const int batch :
           {kernels.lanes, kernels.lanes + 1, 2 * kernels.lanes - 1, group, group + 1}) {
        if (shape.layers == 1 && !shape.reverse) {
          ASSERT_TRUE(cpu::Abreast::suits(network, kernels, batch, 4)) << target;
        }
        expect_agreement(network, batch, 4, target);
      }
    }
  }
}

TEST(Abreast, ReadsInputsThatHaveTimeFirst) {
  for (const Shape& shape : narrow_kinds()) {
    Random random(8);
    Network network = reference::random_network(shape, random);
    network.batch_first = false;
    expect_agreement(network, 77, 6, "");
  }
}

TEST(Abreast, ANanStaysInItsSample) {
  Random random(9);
  Shape shape;
  shape.hidden = 5;
  const Network network = reference::random_network(shape, random);
  const int batch = 70, window = 4;
  auto input = reference::random_values(std::size_t(batch) * window * network.features, 1, random);
  input[std::size_t(33) * window * network.features + 2] = std::numeric_limits<float>::quiet_NaN();
  const auto engine = Engine::compile(network);
  std::vector<float> output(std::size_t(batch) * engine->outputs());
  engine->open(batch, window)->infer(input, output);
  for (int s = 0; s < batch; ++s) {
    for (int o = 0; o < engine->outputs(); ++o) {
      EXPECT_EQ(std::isnan(output[std::size_t(s) * engine->outputs() + o]), s == 33) << s;
    }
  }
}

}  // namespace
}  // namespace steelyard
