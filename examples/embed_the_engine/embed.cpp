// SPDX-License-Identifier: Apache-2.0
// The engine alone: reads a recurrent ONNX model, runs one window of zeros, then the same window
// step by step. An Engine may be shared by threads, a session belongs to one.
#include <iostream>
#include <vector>

#include "steelyard/base/error.h"
#include "steelyard/engine/engine.h"
#include "steelyard/model/model.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: embed_the_engine MODEL.onnx\n";
    return 2;
  }
  try {
    const steelyard::Network network = steelyard::network_of(steelyard::load_model(argv[1]));
    const int window = network.window > 0 ? network.window : 8;
    const auto engine = steelyard::Engine::compile(network);
    const auto session = engine->open(/*batch*/ 1, window);

    const std::vector<float> input(std::size_t(window) * engine->features());
    std::vector<float> output(engine->outputs());
    session->infer(input, output);
    std::cout << engine->target() << ": " << output[0];

    // A network without a reverse direction also takes one time step after the other.
    const std::vector<float> tick(engine->features());
    try {
      for (int t = 0; t < window; ++t) session->step(tick, output);
      std::cout << ", step by step " << output[0];
    } catch (const steelyard::Error& e) {
      std::cout << ", " << e.what();
    }
    std::cout << "\n";
  } catch (const steelyard::Error& e) {
    std::cerr << e.what() << " " << e.hint() << "\n";
    return 1;
  }
}
