// SPDX-License-Identifier: Apache-2.0
// Training finds what can be found, says what it does, and gives the same network for the same
// seed. Needs train.so; where LibTorch was absent at build time these tests are skipped, except
// those of the checks before it.
#include "steelyard/train/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/base/random.h"
#include "steelyard/model/model.h"
#include "tests/model/reference.h"
#include "tests/model/same.h"

namespace steelyard {
namespace {

using ::testing::HasSubstr;

// A sum of twelve uniform numbers: near enough to a bell, and the same on every machine.
double noise(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.uniform();
  return sum;
}

// Windows of 8 x 2 over a sine of period 20 with noise; the naive forecast is the last value seen.
Windows sine(std::uint64_t count, std::uint64_t seed) {
  constexpr int kWindow = 8;
  Random random(seed);
  std::vector<double> wave;
  for (std::uint64_t t = 0; t < count + kWindow; ++t)
    wave.push_back(std::sin(2 * M_PI * static_cast<double>(t) / 20) + 0.05 * noise(random));
  Windows windows;
  windows.count = count;
  windows.window = kWindow;
  windows.features = 2;
  for (std::uint64_t i = 0; i < count; ++i) {
    for (std::uint64_t t = i; t < i + kWindow; ++t) {
      windows.inputs.push_back(static_cast<float>(wave[t]));
      windows.inputs.push_back(static_cast<float>(0.1 * noise(random)));
    }
    windows.targets.push_back(static_cast<float>(wave[i + kWindow]));
    windows.target.push_back(wave[i + kWindow]);
    windows.naive.push_back(wave[i + kWindow - 1]);
    windows.scale.push_back(1);
    windows.offset.push_back(0);
  }
  return windows;
}

std::vector<double> answers(const Network& network, const Windows& windows) {
  std::vector<double> result;
  const auto steps = static_cast<std::size_t>(windows.window);
  const auto features = static_cast<std::size_t>(windows.features);
  for (std::size_t i = 0; i < windows.count; ++i) {
    testing::Steps window(steps);
    for (std::size_t t = 0; t < steps; ++t)
      for (std::size_t f = 0; f < features; ++f)
        window[t].push_back(windows.inputs[(i * steps + t) * features + f]);
    result.push_back(testing::evaluate(network, window).at(0));
  }
  return result;
}

double mean_square(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

class Train : public ::testing::Test {
 protected:
  void SetUp() override {
    if (train_availability().kind == Availability::NotBuilt) GTEST_SKIP() << "LibTorch is absent";
  }
  std::string bytes_of(const Network& network) {
    const auto file = std::filesystem::temp_directory_path() /
                      ("steelyard-train-" + std::to_string(::getpid()) + ".onnx");
    save_network(network, {}, {}, file);
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(stream), {});
    testing::expect_same(network_of(load_model(file)), network);
    std::filesystem::remove(file);
    return bytes;
  }
  const Windows training_ = sine(500, 1), validation_ = sine(100, 2), test_ = sine(300, 3);
};

struct Shape {
  const char* name;
  Cell cell;
  bool bidirectional;
  int layers;
};

class TrainEveryCell : public Train, public ::testing::WithParamInterface<Shape> {};

TEST_P(TrainEveryCell, HalvesTheErrorOfTheNaiveForecastOnANoisySine) {
  TrainOptions options;
  options.cell = GetParam().cell;
  options.bidirectional = GetParam().bidirectional;
  options.layers = GetParam().layers;
  options.max_epochs = 40;
  const Network network = train(training_, validation_, options);
  const double error = mean_square(answers(network, test_), test_.target);
  const double naive = mean_square(test_.naive, test_.target);
  EXPECT_LE(std::sqrt(error), 0.5 * std::sqrt(naive));
}

// The loss is LibTorch's own; the answers are computed from the gates as the file orders them.
TEST_P(TrainEveryCell, GivesWeightsThatComputeWhatLibTorchComputed) {
  TrainOptions options;
  options.cell = GetParam().cell;
  options.bidirectional = GetParam().bidirectional;
  options.layers = GetParam().layers;
  options.max_epochs = 3;
  TrainProgress last;
  const Network network =
      train(training_, validation_, options, [&](const TrainProgress& p) { last = p; });
  const double loss = mean_square(answers(network, validation_), validation_.target);
  EXPECT_NEAR(loss, last.best_validation_loss, 1e-5 * last.best_validation_loss);
}

TEST_P(TrainEveryCell, GivesTheSameFileForTheSameSeed) {
  TrainOptions options;
  options.cell = GetParam().cell;
  options.bidirectional = GetParam().bidirectional;
  options.layers = GetParam().layers;
  options.max_epochs = 3;
  options.seed = 7;
  const std::string first = bytes_of(train(training_, validation_, options));
  EXPECT_EQ(bytes_of(train(training_, validation_, options)), first);
  options.seed = 8;
  EXPECT_NE(bytes_of(train(training_, validation_, options)), first);
}

INSTANTIATE_TEST_SUITE_P(Cells, TrainEveryCell,
                         ::testing::Values(Shape{"Gru", Cell::gru, false, 1},
                                           Shape{"Lstm", Cell::lstm, false, 1},
                                           Shape{"BiLstm", Cell::lstm, true, 1},
                                           Shape{"BiGruOfTwoLayers", Cell::gru, true, 2},
                                           Shape{"Rnn", Cell::rnn, false, 1}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(Train, TellsOfEveryEpochAndStopsWhenNothingImproves) {
  // Targets that have nothing to do with the inputs: nothing to learn, so patience ends it.
  Windows training = training_, validation = validation_;
  Random random(5);
  for (auto* windows : {&training, &validation})
    for (float& target : windows->targets) target = static_cast<float>(noise(random));
  TrainOptions options;
  options.patience = 4;
  std::vector<TrainProgress> seen;
  train(training, validation, options, [&](const TrainProgress& p) { seen.push_back(p); });
  ASSERT_LT(seen.size(), static_cast<std::size_t>(options.max_epochs));
  ASSERT_GT(seen.size(), 4u);
  int best_epoch = 0;
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].epoch, static_cast<int>(i) + 1);
    EXPECT_EQ(seen[i].max_epochs, options.max_epochs);
    if (seen[i].validation_loss < best) {
      best = seen[i].validation_loss;
      best_epoch = seen[i].epoch;
    }
    EXPECT_EQ(seen[i].best_validation_loss, best);
  }
  EXPECT_EQ(seen.back().epoch - best_epoch, options.patience);
}

TEST_F(Train, DoesNotDependOnTheUnitOfTheTargets) {
  Windows training = training_, validation = validation_, test = test_;
  for (auto* windows : {&training, &validation, &test}) {
    for (float& target : windows->targets) target = target * 0.01f + 3;
    for (double& target : windows->target) target = target * 0.01 + 3;
    for (double& value : windows->naive) value = value * 0.01 + 3;
  }
  TrainOptions options;
  options.max_epochs = 40;
  const Network network = train(training, validation, options);
  EXPECT_LE(mean_square(answers(network, test), test.target),
            0.25 * mean_square(test.naive, test.target));
}

TEST_F(Train, LetsTheCallerStopItByThrowing) {
  const auto stop = [](const TrainProgress&) { throw std::runtime_error("stop"); };
  EXPECT_THROW(train(training_, validation_, {}, stop), std::runtime_error);
}

TEST_F(Train, SaysThatItDiverged) {
  Windows training = training_, validation = validation_;
  for (float& target : training.targets) target = 0;
  for (float& target : validation.targets) target = std::numeric_limits<float>::max();
  EXPECT_THAT(error_of([&] { train(training, validation, {}); }),
              HasSubstr("diverged: the loss of epoch 1 is not finite"));
}

TEST(TrainChecks, RefuseTooFewWindows) {
  EXPECT_THAT(error_of([] { train(sine(31, 1), sine(100, 2), {}); }),
              HasSubstr("the training part has 31 windows; at least 32"));
  EXPECT_THAT(error_of([] { train(sine(100, 1), sine(7, 2), {}); }),
              HasSubstr("the validation part has 7 windows; at least 8"));
}

TEST(TrainChecks, RefuseNumbersThatAreNotFinite) {
  Windows training = sine(100, 1);
  training.inputs[5] = std::nanf("");
  EXPECT_THAT(error_of([&] { train(training, sine(100, 2), {}); }),
              HasSubstr("the training part contains a number that is not finite"));
}

TEST(TrainChecks, RefuseOptionsThatMakeNoSense) {
  for (const TrainOptions& options :
       {TrainOptions{.hidden = 0}, TrainOptions{.layers = 9}, TrainOptions{.max_epochs = 0},
        TrainOptions{.patience = 0}, TrainOptions{.batch = 0},
        TrainOptions{.learning_rate = std::nan("")}})
    EXPECT_THROW(train(sine(100, 1), sine(100, 2), options), UsageError);
}

TEST(TrainChecks, SayHowToGetTheModuleWhereItIsMissing) {
  ::setenv("STEELYARD_MODULES", "/nonexistent", 1);
  const Availability availability = train_availability();
  const std::string error = error_of([] { train(sine(100, 1), sine(100, 2), {}); });
  ::unsetenv("STEELYARD_MODULES");
  EXPECT_EQ(availability.kind, Availability::NotBuilt);
  EXPECT_THAT(availability.hint, HasSubstr("libtorch-dev"));
  EXPECT_THAT(error, HasSubstr("training is not possible here: /nonexistent/train.so"));
}

}  // namespace
}  // namespace steelyard
