// SPDX-License-Identifier: Apache-2.0
// What the engine does at its edges: special numbers, refused sizes and lengths, no allocation.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <new>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/engine/engine.h"
#include "tests/engine/reference.h"

namespace {
std::atomic<long> allocations{0};
}

// malloc and its kin are counted by standing before those of the C library.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
}
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define STEELYARD_COUNTS_ALLOCATIONS 1
extern "C" {
void* malloc(std::size_t n) {
  ++allocations;
  return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) {
  ++allocations;
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) {
  ++allocations;
  return __libc_realloc(p, n);
}
}
#endif

namespace steelyard {
namespace {

using reference::Shape;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Network network_of(const Shape& shape, std::uint64_t seed = 1) {
  Random random(seed);
  return reference::random_network(shape, random);
}

// Runs `refused` and returns the sentence; "" when nothing was thrown.
std::string sentence(const std::function<void()>& refused) {
  try {
    refused();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Bounds, InferAndStepAllocateNothing) {
#ifndef STEELYARD_COUNTS_ALLOCATIONS
  GTEST_SKIP() << "the sanitizer has its own malloc";
#else
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    for (const int batch : {1, 40}) {
      for (const int hidden : {5, 64}) {
        Shape shape;
        shape.cell = cell;
        shape.hidden = hidden;
        shape.layers = 2;
        shape.head = {20, 1};
        const auto session = Engine::compile(network_of(shape))->open(batch, 8);
        std::vector<float> x(batch * 40), tick(batch * 5), y(batch);
        const long before = allocations;
        session->infer(x, y);
        session->prepare();
        session->step(tick, y);
        session->step(tick, y);
        session->reset();
        EXPECT_EQ(allocations, before);
      }
    }
  }
#endif
}

TEST(Bounds, ANanInTheInputReachesTheOutputOfItsWindowOnly) {
  for (const std::string& target : engine_targets()) {
    for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
      for (const int hidden : {5, 20}) {
        Shape shape;
        shape.cell = cell;
        shape.hidden = hidden;
        for (const int batch : {1, 3, 40}) {
          const auto session =
              Engine::compile(network_of(shape), {Precision::fp32, target})->open(batch, 4);
          std::vector<float> x(batch * 20, 0.5f), y(batch);
          x[(batch - 1) * 20 + 7] = kNan;
          session->infer(x, y);
          for (int b = 0; b < batch; ++b) {
            EXPECT_EQ(std::isnan(y[b]), b == batch - 1)
                << target << " cell " << int(cell) << " H" << hidden << " sample " << b;
          }
        }
      }
    }
  }
}

TEST(Bounds, InfinitiesSaturateTheGates) {
  for (const std::string& target : engine_targets()) {
    for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
      for (const int hidden : {5, 20}) {
        for (const float value : {kInfinity, -kInfinity, 3e38f}) {
          for (const int batch : {1, 3, 40}) {
            Shape shape;
            shape.cell = cell;
            shape.hidden = hidden;
            const Network network = network_of(shape);
            std::vector<float> x(batch * 20, 0.5f), y(batch);
            for (int b = 0; b < batch; ++b) x[b * 20 + 7] = value;
            Engine::compile(network, {Precision::fp32, target})->open(batch, 4)->infer(x, y);
            const auto expected = reference::infer(network, x, batch, 4);
            for (int b = 0; b < batch; ++b) {
              ASSERT_TRUE(std::isfinite(expected[b]));
              ASSERT_NEAR(y[b], expected[b], 5e-6)
                  << target << " cell " << int(cell) << " H" << hidden << " x " << value;
            }
          }
        }
      }
    }
  }
}

TEST(Bounds, DenormalsAreNotFlushed) {
  Network network;
  network.features = 1;
  network.layers.push_back(
      {Cell::rnn, 1, 1, 1, false, true, Activation::relu, {1}, {0}, {0, 0}, ""});
  for (const std::string& target : engine_targets()) {
    std::vector<float> x = {1e-40f}, y(1);
    Engine::compile(network, {Precision::fp32, target})->open(1, 1)->infer(x, y);
    EXPECT_EQ(y[0], 1e-40f) << target;
  }
}

TEST(Bounds, TinyValuesPassThroughTanh) {
  Network network;
  network.features = 1;
  network.layers.push_back(
      {Cell::rnn, 1, 1, 1, false, true, Activation::tanh, {1}, {0}, {0, 0}, ""});
  for (const std::string& target : engine_targets()) {
    const auto session = Engine::compile(network, {Precision::fp32, target})->open(1, 1);
    for (float v = -20; v < 20; v += 0.00097f) {
      std::vector<float> x = {v}, y(1);
      session->infer(x, y);
      ASSERT_NEAR(y[0], std::tanh(double(v)), 1.2e-6) << target << " at " << v;
    }
  }
}

TEST(Bounds, RefusesAWindowThatTheNetworkWasNotMadeFor) {
  Network network = network_of({});
  network.window = 8;
  const auto engine = Engine::compile(network);
  EXPECT_NO_THROW(engine->open(1, 8));
  EXPECT_NE(sentence([&] { engine->open(1, 9); }).find("8 steps, not 9"), std::string::npos);
}

TEST(Bounds, RefusesSizesThatAreNotPositive) {
  const auto engine = Engine::compile(network_of({}));
  for (const auto& [batch, window] :
       std::vector<std::pair<int, int>>{{0, 8}, {1, 0}, {-1, 8}, {1, -8}}) {
    EXPECT_FALSE(sentence([&, b = batch, w = window] { engine->open(b, w); }).empty());
  }
}

TEST(Bounds, RefusesSizesThatMemoryCannotHold) {
  Shape shape;
  shape.hidden = 512;
  shape.layers = 2;
  const auto engine = Engine::compile(network_of(shape));
  const int most = std::numeric_limits<int>::max();
  EXPECT_NE(sentence([&] { engine->open(most, most); }), "");
  EXPECT_NE(sentence([&] { engine->open(1, most); }), "");
}

TEST(Bounds, RefusesSpansOfTheWrongLength) {
  const auto session = Engine::compile(network_of({}))->open(2, 8);
  std::vector<float> x(80), y(2);
  EXPECT_NO_THROW(session->infer(x, y));
  EXPECT_THROW(session->infer({x.data(), 79}, y), Error);
  EXPECT_THROW(session->infer(x, {y.data(), 1}), Error);
  EXPECT_THROW(session->step(x, y), Error);
}

TEST(Bounds, RefusesWeightsOfTheWrongLengthByNamingTheLayer) {
  for (int which = 0; which < 5; ++which) {
    Network network = network_of({});
    network.layers[0].node = "GRU_0";
    network.head[0].node = "Gemm_7";
    std::vector<float>* all[] = {&network.layers[0].w, &network.layers[0].r, &network.layers[0].b,
                                 &network.head[0].w, &network.head[0].b};
    all[which]->pop_back();
    EXPECT_NE(sentence([&] { Engine::compile(network); }).find(which < 3 ? "GRU_0" : "Gemm_7"),
              std::string::npos);
  }
}

TEST(Bounds, RefusesNetworksThatDoNotFitTogether) {
  Network no_layers;
  no_layers.features = 5;
  EXPECT_THROW(Engine::compile(no_layers), Error);
  Network wrong_features = network_of({});
  wrong_features.features = 4;
  EXPECT_THROW(Engine::compile(wrong_features), Error);
  Network zero = network_of({});
  zero.layers[0].hidden = 0;
  EXPECT_THROW(Engine::compile(zero), Error);
  Network huge = network_of({});
  huge.layers[0].hidden = std::numeric_limits<int>::max();
  EXPECT_THROW(Engine::compile(huge), Error);
  Network head = network_of({});
  head.head[0].input = 6;
  EXPECT_THROW(Engine::compile(head), Error);
  Network sigmoid = network_of({Cell::rnn});
  sigmoid.layers[0].activation = Activation::sigmoid;
  EXPECT_THROW(Engine::compile(sigmoid), Error);
  Network both = network_of({});
  both.layers[0].directions = 2;
  both.layers[0].reverse = true;
  EXPECT_THROW(Engine::compile(both), Error);
}

TEST(Bounds, RefusesUnknownInstructionSetsAndPrecisions) {
  const Network network = network_of({});
  EXPECT_NE(sentence([&] {
              Engine::compile(network, {Precision::fp32, "Z80"});
            }).find("Z80"),
            std::string::npos);
  EXPECT_NE(sentence([&] {
              Engine::compile(network, {Precision::tf32, ""});
            }).find("tf32"),
            std::string::npos);
}

TEST(Bounds, TheEnvironmentForcesAnInstructionSet) {
  const std::string last = engine_targets().back();
  ::setenv("STEELYARD_CPU_TARGET", last.c_str(), 1);
  EXPECT_EQ(Engine::compile(network_of({}))->target(), last);
  ::setenv("STEELYARD_CPU_TARGET", "Z80", 1);
  EXPECT_THROW(Engine::compile(network_of({})), Error);
  ::unsetenv("STEELYARD_CPU_TARGET");
  EXPECT_EQ(Engine::compile(network_of({}))->target(), engine_targets().front());
}

}  // namespace
}  // namespace steelyard
