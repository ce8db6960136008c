// SPDX-License-Identifier: Apache-2.0
// Whether the CUDA engine computes what it must, on this machine's GPU: every kernel over random
// shapes against double precision, then the life of sessions. Ends with 77 where there is no GPU.
// Needs no library but CUDA's runtime, so that it also builds with nvcc alone (perf/gpu/build).
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string_view>
#include <thread>
#include <tuple>

#include "perf/gpu/reference.h"
#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/cuda_engine.h"

namespace steelyard::gpu {
namespace {

int failures = 0;

void verdict(bool good, const std::string& what) {
  if (!good) ++failures;
  if (!good || std::getenv("VERBOSE")) std::printf("%s %s\n", good ? "ok  " : "FAIL", what.c_str());
  std::fflush(stdout);
}

std::string text_of(const Shape& s, int batch) {
  const char* cells[] = {"RNN", "GRU", "LSTM"};
  char text[256];
  std::snprintf(text, sizeof text, "%s I%d H%d L%d D%d T%d batch %d head %zu%s%s%s%s",
                cells[int(s.cell)], s.features, s.hidden, s.layers, s.directions, s.window, batch,
                s.head.size(), s.reverse ? " reverse" : "",
                s.linear_before_reset ? "" : " reset-first", s.batch_first ? "" : " time-major",
                s.readout == Readout::final_state ? " final" : "");
  return text;
}

double worst(const std::vector<float>& got, const std::vector<double>& want) {
  double most = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double error = std::abs(got[i] - want[i]);
    if (!(error <= most)) most = error;  // NaN never passes
  }
  return most;
}

// Of large batches the first and the last windows only: the reference is slow.
double worst_window(const Network& network, const std::vector<float>& input,
                    const std::vector<float>& output, int batch, int window) {
  constexpr int some = 8;
  if (batch <= 2 * some || !network.batch_first)
    return worst(output, expected(network, input, batch, window));
  const std::size_t values = std::size_t(window) * network.features, outputs = network.outputs();
  const auto from = [&](int first) {
    const std::vector<float> x(input.begin() + first * values,
                               input.begin() + (first + some) * values);
    const std::vector<float> y(output.begin() + first * outputs,
                               output.begin() + (first + some) * outputs);
    return worst(y, expected(network, x, some, window));
  };
  for (const float value : output)
    if (std::isnan(value)) return NAN;
  return std::max(from(0), from(batch - some));
}

double tolerance(const CudaOptions& options) {
  if (options.weights == CudaWeights::fp16) return 3e-3;
  if (options.weights == CudaWeights::bf16) return 3e-2;
  if (options.weights == CudaWeights::int8) return 5e-2;
  return options.activations == CudaActivations::exact ? 2e-6 : 2e-3;
}

// Racecheck sees neither that rows are written again only after the host has the answer, nor what a
// cluster orders by st.async and mbarrier; and it slows a kernel down a hundred times.
CudaOptions as_checked(CudaOptions options) {
  if (!std::getenv("RACECHECK")) return options;
  options.lookers = 0;
  options.deadline_seconds = 60;
  return options;
}

void check_shape(const Shape& shape, int batch, const CudaOptions& asked, Random& random) {
  const CudaOptions options = as_checked(asked);
  const Network network = random_network(shape, random);
  std::string what = text_of(shape, batch);
  try {
    const auto engine = CudaEngine::compile(network, options);
    const auto session = engine->open(batch, shape.window);
    if (std::getenv("RACECHECK") && session->kernel().find("cluster") != std::string::npos) return;
    what += " [" + session->kernel() + "]";
    for (int round = 0; round < 3; ++round) {
      const auto input = random_values(std::size_t(batch) * shape.window * shape.features, random);
      std::vector<float> output(std::size_t(batch) * network.outputs(), NAN);
      session->infer(input, output);
      const double error = worst_window(network, input, output, batch, shape.window);
      char text[32];
      std::snprintf(text, sizeof text, " error %.1e", error);
      verdict(error <= tolerance(options), what + text);
    }
  } catch (const std::exception& e) {
    verdict(false, what + ": " + e.what());
  }
}

// Windows step by step, with and without prepare(), across sleeps and resets: the answer to a
// window's last step is the window's.
void check_steps(const Shape& shape, int batch, const CudaOptions& asked, Random& random) {
  const Network network = random_network(shape, random);
  CudaOptions options = as_checked(asked);
  options.idle_seconds = 0.02;
  std::string what = "step by step: " + text_of(shape, batch);
  try {
    const auto session = CudaEngine::compile(network, options)->open_steps(batch);
    what += " [" + session->kernel() + "]";
    for (int round = 0; round < 4; ++round) {
      const std::size_t row = shape.features, window = shape.window;
      const auto input = random_values(batch * window * row, random);
      std::vector<float> step(batch * row), output(std::size_t(batch) * network.outputs(), NAN);
      session->reset();
      for (std::size_t t = 0; t < window; ++t) {
        if (round % 2 == 0) session->prepare();
        for (int b = 0; b < batch; ++b)
          std::copy_n(&input[(b * window + t) * row], row, &step[b * row]);
        if (round == 3 && t == window / 2)
          std::this_thread::sleep_for(std::chrono::milliseconds(80));
        session->infer(step, output);
      }
      const double error = worst(output, expected(network, input, batch, int(window)));
      char text[32];
      std::snprintf(text, sizeof text, " error %.1e", error);
      verdict(error <= tolerance(options), what + text);
    }
  } catch (const std::exception& e) {
    verdict(false, what + ": " + e.what());
  }
}

void check_all_steps() {
  Random random(4);
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int hidden : {1, 5, 16, 17, 32, 64, 65, 96, 128, 200})
      for (const int batch : {1, 3}) {
        Shape shape;
        shape.cell = cell;
        shape.hidden = hidden;
        shape.features = 1 + hidden % 8;
        shape.window = 9;
        shape.layers = hidden == 16 ? 3 : 1;
        shape.linear_before_reset = hidden != 17;
        CudaOptions options;
        if (hidden == 64 && batch == 1) options.mode = CudaMode::persistent;
        if (hidden == 32) options.activations = CudaActivations::approximate;
        if (hidden == 96) shape.head = {100};
        check_steps(shape, batch, options, random);
      }
}

// A shape in which everything that can vary varies.
Shape any_shape(Random& random) {
  const auto pick = [&](std::initializer_list<int> of) {
    return of.begin()[random.below(of.size())];
  };
  Shape s;
  s.cell = Cell(random.below(3));
  s.features = pick({1, 2, 3, 5, 5, 6, 8, 9, 14, 31});
  s.hidden =
      pick({1, 3, 5, 6, 8, 12, 16, 17, 32, 33, 50, 64, 65, 96, 100, 128, 150, 200, 256, 300});
  s.layers = pick({1, 1, 1, 1, 2, 3});
  s.directions = pick({1, 1, 2});
  s.window = pick({1, 2, 7, 8, 20, 60, 65, 130});
  s.head = std::vector<int>(random.below(3));
  for (int& outputs : s.head) outputs = pick({1, 2, 7, 40, 100});
  s.reverse = s.directions == 1 && random.below(6) == 0;
  s.linear_before_reset = random.below(8) != 0;
  s.batch_first = random.below(5) != 0;
  s.activation = random.below(2) ? Activation::tanh : Activation::relu;
  s.head_activation = Activation(random.below(4));
  s.readout = Readout(random.below(2));
  // A relu RNN of many steps with random weights grows without bound.
  if (s.cell == Cell::rnn && s.activation == Activation::relu) s.window = std::min(s.window, 8);
  while (double(s.window) * s.hidden * s.hidden * s.layers * s.directions > 3e6)
    s.window = (s.window + 1) / 2;
  return s;
}

void check_shapes(int count) {
  Random random(1);
  for (int i = 0; i < count; ++i) {
    const Shape shape = any_shape(random);
    const int batches[] = {1, 1, 2, 3, 5, 8, 13, 40};
    CudaOptions options;
    if (i % 4 == 3) options.weights = CudaWeights(1 + random.below(3));
    if (i % 5 == 4) options.activations = CudaActivations::approximate;
    if (i % 3 == 2) options.mode = CudaMode::launch;
    check_shape(shape, batches[random.below(8)], options, random);
  }
}

// The seed's models and the sizes at which another kernel begins, in every mode.
void check_edges() {
  Random random(2);
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int hidden : {5, 16, 17, 32, 33, 64, 65, 96, 97, 128, 129, 192, 193, 256})
      for (int geometry = 0; geometry < 3; ++geometry) {
        Shape shape;
        shape.cell = cell;
        shape.hidden = hidden;
        shape.window = 20;
        CudaOptions options;
        options.geometry = geometry;
        check_shape(shape, 1, options, random);
      }
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int hidden : {5, 32, 64})
      for (const int layers : {1, 2, 3, 8})
        for (const int directions : {1, 2})
          for (const Readout readout : {Readout::last_step, Readout::final_state}) {
            Shape shape;
            shape.cell = cell;
            shape.hidden = hidden;
            shape.layers = layers;
            shape.directions = directions;
            shape.readout = readout;
            shape.features = layers == 1 ? 24 : 5;
            shape.window = layers == 3 ? 61 : 9;
            check_shape(shape, 1, {}, random);
          }
  for (const int batch : {1, 7, 8, 9, 1000, 20000})
    for (const Cell cell : {Cell::gru, Cell::lstm}) {
      Shape shape;
      shape.cell = cell;
      shape.hidden = 64;
      shape.window = batch > 1000 ? 60 : 12;
      if (batch > 1000 && cell == Cell::lstm) continue;
      CudaOptions options;
      options.weights = CudaWeights::fp16;
      check_shape(shape, batch, options, random);
    }
}

double microseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
      .count();
}

// Bytes that this process holds of the host's memory, and that anybody holds of the device's.
struct Held {
  long long host = 0, device = 0;
};
Held held() {
  Held now;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    long long pages = 0, resident = 0;
    if (std::fscanf(file, "%lld %lld", &pages, &resident) == 2) now.host = resident * 4096;
    std::fclose(file);
  }
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) == cudaSuccess)
    now.device = static_cast<long long>(total - free);
  return now;
}

void check_lives() {
  Random random(3);
  Shape shape;
  const Network network = random_network(shape, random);
  const auto input = random_values(40, random);
  const auto want = expected(network, input, 1, 8);
  std::vector<float> output(1);
  CudaOptions options;
  options.idle_seconds = 0.02;
  const auto engine = CudaEngine::compile(network, options);
  {
    const auto session = engine->open(1, 8);
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(80));
      output[0] = NAN;
      const double took = microseconds([&] { session->infer(input, output); });
      const double warm = microseconds([&] { session->infer(input, output); });
      verdict(worst(output, want) < 1e-6, "answers after it was put to sleep");
      std::printf("     first query after sleep %.1f us, next %.1f us\n", took, warm);
    }
  }
  std::vector<std::unique_ptr<CudaSession>> many;
  for (int i = 0; i < 24; ++i) many.push_back(engine->open(1, 8));
  for (int round = 0; round < 50; ++round)
    for (auto& session : many) {
      output[0] = NAN;
      session->infer(input, output);
      if (!(worst(output, want) < 1e-6)) verdict(false, "24 sessions at once");
    }
  verdict(true, "24 sessions at once");
  many.clear();
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      std::vector<float> mine(1);
      const auto session = engine->open(1, 8);
      for (int q = 0; q < 20000; ++q) {
        session->infer(input, mine);
        if (!(worst(mine, want) < 1e-6)) return verdict(false, "6 threads at once");
      }
    });
  for (auto& thread : threads) thread.join();
  const auto open_and_close = [&](int times) {
    for (int i = 0; i < times; ++i) engine->open(1, 8)->infer(input, output);
  };
  open_and_close(1000);
  const Held before = held();
  const int opens = 10000;
  const double took = microseconds([&] { open_and_close(opens); });
  const Held after = held();
  verdict(worst(output, want) < 1e-6 && after.host <= before.host + (1 << 20) &&
              after.device <= before.device,
          "opens and closes 10000 times without growth");
  std::printf("     open, one query, close: %.1f us; host memory %+lld bytes, device %+lld\n",
              took / opens, after.host - before.host, after.device - before.device);
}

// A session of each kind of kernel that stays, asked in turns: once each, or until somebody kills
// the process.
void ask_all(bool for_ever) {
  Random random(5);
  struct Asked {
    std::vector<float> input;
    std::vector<double> want;
    std::unique_ptr<CudaSession> session;
  };
  std::vector<Asked> all;
  for (const auto& [cell, hidden, layers] : {std::tuple{Cell::gru, 5, 1},
                                             {Cell::lstm, 64, 1},
                                             {Cell::lstm, 128, 1},
                                             {Cell::gru, 64, 3}}) {
    Shape shape;
    shape.cell = cell;
    shape.hidden = hidden;
    shape.layers = layers;
    const Network network = random_network(shape, random);
    Asked asked{random_values(40, random), {}, CudaEngine::compile(network)->open(1, 8)};
    asked.want = expected(network, asked.input, 1, 8);
    all.push_back(std::move(asked));
  }
  std::vector<float> output(1);
  do {
    for (Asked& asked : all) {
      output[0] = NAN;
      asked.session->infer(asked.input, output);
      if (!(worst(output, asked.want) < 1e-6)) verdict(false, asked.session->kernel());
    }
  } while (for_ever && failures == 0);
}

}  // namespace
}  // namespace steelyard::gpu

// check [SHAPES] runs everything; check once and check for-ever only ask_all().
int main(int count, char** words) {
  using namespace steelyard;
  const CudaStatus status = cuda_status();
  if (status.kind != CudaStatus::ready) {
    std::printf("skipped: %s; %s\n", status.reason.c_str(), status.hint.c_str());
    return 77;
  }
  for (const CudaDevice& device : cuda_devices())
    std::printf("%s, compute capability %d.%d, %d SMs, CUDA %s\n", device.name.c_str(),
                device.major, device.minor, device.processors, device.driver.c_str());
  const std::string_view word = count > 1 ? words[1] : "";
  if (word == "once" || word == "for-ever") {
    gpu::ask_all(word == "for-ever");
    return gpu::failures == 0 ? 0 : 1;
  }
  const int shapes = count > 1 ? std::atoi(words[1]) : 200;
  gpu::check_edges();
  gpu::check_shapes(shapes);
  gpu::check_all_steps();
  if (!std::getenv("SKIP_LIVES")) gpu::check_lives();
  std::printf("%d failures\n", gpu::failures);
  return gpu::failures == 0 ? 0 : 1;
}
