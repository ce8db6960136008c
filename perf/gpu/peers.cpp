// SPDX-License-Identifier: Apache-2.0
// What perf/gpu/run.py calls through ctypes: our engine, the empty ping-pong, copies alone and any
// CUDA graph recorded elsewhere (PyTorch's cuDNN), all timed by the same loop in nanoseconds of
// the steady clock. One thread.
#include <cuda_runtime.h>

#include <chrono>
#include <cstring>
#include <memory>

#include "perf/gpu/echo.h"
#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/cuda_engine.h"
#include "steelyard/engine/cuda/kernels.h"
#include "steelyard/engine/cuda/runtime.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace steelyard::gpu {
namespace {

using Clock = std::chrono::steady_clock;

struct Ours {
  std::shared_ptr<const CudaEngine> engine;
  std::unique_ptr<CudaSession> session;
};

template <class Query>
void timed(int warm, int count, double* microseconds, Query&& query) {
  for (int i = 0; i < warm; ++i) query(i);
  for (int i = 0; i < count; ++i) {
    const auto begin = Clock::now();
    query(i);
    microseconds[i] = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  }
}

// `rate` queries a second on a fixed schedule, as fast as possible with 0. How many were made.
template <class Query>
long long paced(double rate, double seconds, Query&& query) {
  const auto begin = Clock::now();
  const auto since = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  long long made = 0;
  for (double now = 0; now < seconds; now = since()) {
    if (rate > 0 && now < static_cast<double>(made) / rate) continue;
    query(static_cast<int>(made++ & 63));
  }
  return made;
}

Network network_from(const int* shape, const float* w) {
  Network network;
  const auto take = [&](std::vector<float>& to, std::size_t count) {
    to.assign(w, w + count);
    w += count;
  };
  network.features = shape[1];
  network.readout = shape[5] ? Readout::final_state : Readout::last_step;
  int before = network.features;
  for (int i = 0; i < shape[3]; ++i) {
    Recurrent layer;
    layer.cell = static_cast<Cell>(shape[0]);
    layer.input = before;
    layer.hidden = shape[2];
    layer.directions = shape[4];
    const std::size_t rows = std::size_t(layer.directions) * gates_of(layer.cell) * layer.hidden;
    take(layer.w, rows * before);
    take(layer.r, rows * layer.hidden);
    take(layer.b, rows * 2);
    before = layer.output();
    network.layers.push_back(layer);
  }
  Dense dense;
  dense.input = before;
  dense.output = 1;
  take(dense.w, before);
  take(dense.b, 1);
  network.head.push_back(dense);
  return network;
}

template <class Work>
int guarded(char* words, Work&& work) {
  try {
    work();
    return 0;
  } catch (const std::exception& e) {
    std::strncpy(words, e.what(), 255);
    return -1;
  }
}

}  // namespace
}  // namespace steelyard::gpu

using namespace steelyard;
using namespace steelyard::gpu;

// shape: cell, features, hidden, layers, directions, final state. options: weights, mode,
// activations, geometry, idle time in ms (0: the default), lookers, whether a query is a time step.
// `words` (256 bytes) says what runs, or why not.
EXPORTED void* ours_open(const int* shape, const float* weights, int batch, int window,
                         const int* options, char* words) {
  auto ours = std::make_unique<Ours>();
  const int failed = guarded(words, [&] {
    CudaOptions chosen;
    chosen.weights = static_cast<CudaWeights>(options[0]);
    chosen.mode = static_cast<CudaMode>(options[1]);
    chosen.activations = static_cast<CudaActivations>(options[2]);
    chosen.geometry = options[3];
    if (options[4] > 0) chosen.idle_seconds = 1e-3 * options[4];
    chosen.lookers = options[5];
    ours->engine = CudaEngine::compile(network_from(shape, weights), chosen);
    ours->session =
        options[6] ? ours->engine->open_steps(batch) : ours->engine->open(batch, window);
    std::strncpy(words, ours->session->kernel().c_str(), 255);
  });
  return failed ? nullptr : ours.release();
}
EXPORTED void ours_close(void* ours) { delete static_cast<Ours*>(ours); }

// Query i takes input number i % windows and writes output number i % windows.
EXPORTED int ours_bench(void* ours, const float* x, int values, float* y, int results, int windows,
                        int warm, int count, double* microseconds, char* words) {
  return guarded(words, [&] {
    CudaSession& session = *static_cast<Ours*>(ours)->session;
    timed(warm, count, microseconds, [&](int i) {
      const std::size_t at = i % windows;
      session.infer({x + at * values, std::size_t(values)},
                    {y + at * results, std::size_t(results)});
    });
  });
}

// A step each query, prepare() after it; both timed. Every `window` steps the state is zero again.
EXPORTED int ours_steps(void* ours, const float* x, int features, int window, float* y, int windows,
                        int warm, int count, double* microseconds, double* prepare, char* words) {
  return guarded(words, [&] {
    CudaSession& session = *static_cast<Ours*>(ours)->session;
    for (int i = -warm; i < count; ++i) {
      const int at = (i + warm) % (windows * window);
      if (at % window == 0) {
        session.reset();
        session.prepare();
      }
      const auto begin = Clock::now();
      session.infer({x + std::size_t(at) * features, std::size_t(features)}, {y + at / window, 1});
      const auto answered = Clock::now();
      session.prepare();
      if (i < 0) continue;
      microseconds[i] = std::chrono::duration<double, std::micro>(answered - begin).count();
      prepare[i] = std::chrono::duration<double, std::micro>(Clock::now() - answered).count();
    }
  });
}

EXPORTED int ours_paced(void* ours, const float* x, int values, float* y, double rate,
                        double seconds, long long* made, char* words) {
  return guarded(words, [&] {
    CudaSession& session = *static_cast<Ours*>(ours)->session;
    *made = paced(rate, seconds, [&](int i) {
      session.infer({x + std::size_t(i) * values, std::size_t(values)}, {y, 1});
    });
  });
}

EXPORTED int echo_bench(int window, int features, int lookers, int warm, int count,
                        double* microseconds, char* words) {
  return guarded(words, [&] {
    cuda::use_device(0);
    const int n = cuda::words_for(window, features);
    const cuda::Copies copies{lookers > 0 ? lookers : 1, cuda::stride_for(n)};
    cuda::Memory in(cuda::Memory::Place::pinned, 0,
                    std::size_t(copies.count) * copies.stride * sizeof(cuda::InputWord));
    cuda::Memory out(cuda::Memory::Place::pinned, 0, sizeof(cuda::OutputWord));
    std::memset(in.as<void>(), 0, in.bytes());
    std::memset(out.as<void>(), 0, out.bytes());
    const cuda::Stream stream(0);
    cuda::PersistentArgs args{};
    args.in = in.as<cuda::InputWord>();
    args.out = out.as<cuda::OutputWord>();
    args.first = 1;
    args.words = n;
    args.step_words = cuda::words_of_step(features);
    args.step_words_reciprocal = (0x1'0000'0000u + args.step_words - 1) / args.step_words;
    args.features = features;
    args.window = window;
    args.walk[0] = {1, 0};
    args.looks = lookers;
    args.copy_words = copies.stride;
    const unsigned threads = 128 + 32 * unsigned(lookers);
    cuda::launch({echo_kernel(), 1, 1, threads, 1, 1024}, &args, stream.handle());
    const std::vector<float> x(window * features, 1.f);
    std::uint32_t sequence = 0;
    timed(warm, count, microseconds, [&](int) {
      cuda::send(in.as<cuda::InputWord>(), x.data(), window, features, ++sequence, copies);
      float value;
      while (!cuda::arrived(out.as<volatile cuda::OutputWord>(), sequence, value)) {
      }
    });
    cuda::send_stop(in.as<cuda::InputWord>(), copies.count * copies.stride);
    stream.synchronize();
  });
}

// A recorded graph; with `hx` the input is copied there before and the result read from `hy`.
EXPORTED int graph_bench(void* graph, float* hx, const float* hy, const float* x, int values,
                         float* y, int windows, int warm, int count, double* microseconds,
                         char* words) {
  return guarded(words, [&] {
    const cuda::Stream stream(0);
    timed(warm, count, microseconds, [&](int i) {
      if (hx) std::memcpy(hx, x + std::size_t(i % windows) * values, values * sizeof(float));
      cuda::check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph), stream.handle()),
                  "launching");
      cuda::check(cudaStreamSynchronize(stream.handle()), "waiting");
      if (hx) y[i % windows] = *hy;
    });
  });
}

EXPORTED int graph_paced(void* graph, float* hx, const float* x, int values, double rate,
                         double seconds, long long* made, char* words) {
  return guarded(words, [&] {
    const cuda::Stream stream(0);
    *made = paced(rate, seconds, [&](int i) {
      std::memcpy(hx, x + std::size_t(i) * values, values * sizeof(float));
      cuda::check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph), stream.handle()),
                  "launching");
      cuda::check(cudaStreamSynchronize(stream.handle()), "waiting");
    });
  });
}

// Host to device copies alone, in one piece.
EXPORTED int copy_bench(const void* from, long long bytes, int warm, int count,
                        double* microseconds, char* words) {
  return guarded(words, [&] {
    cuda::use_device(0);
    cuda::Memory to(cuda::Memory::Place::device, 0, bytes);
    const cuda::Stream stream(0);
    timed(warm, count, microseconds, [&](int) {
      cuda::check(
          cudaMemcpyAsync(to.as<void>(), from, bytes, cudaMemcpyHostToDevice, stream.handle()),
          "copying");
      cuda::check(cudaStreamSynchronize(stream.handle()), "waiting");
    });
  });
}

EXPORTED void* pinned(long long bytes) {
  void* memory = nullptr;
  return cudaHostAlloc(&memory, bytes, cudaHostAllocMapped | cudaHostAllocPortable) == cudaSuccess
             ? memory
             : nullptr;
}
