// SPDX-License-Identifier: Apache-2.0
// What Steelyard's TensorRT adapter costs beside a bare loop: the same engine, contexts of their
// own taken in turns (contexts of one engine differ by up to 14 %), the same copies inside. One
// line of JSON for each model, precision and way of running. One thread.
//
// tensorrt [--contexts 7] [--queries 20000] [--describe] MODEL.onnx…
// --describe prints what the engine inspector says on stderr.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "steelyard/backend/registry.h"
#include "steelyard/backend/tensorrt/builder.h"
#include "steelyard/backend/tensorrt/cuda.h"
#include "steelyard/backend/tensorrt/engine.h"
#include "steelyard/backend/tensorrt/inspection.h"

namespace steelyard::gpu {
namespace {

using namespace tensorrt;
using SteadyClock = std::chrono::steady_clock;

double quantile(std::vector<double> values, double q) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// CUDA's own calls and nothing else.
class Bare {
 public:
  Bare(nvinfer1::ICudaEngine& engine, const Signature& signature, bool graph)
      : in_bytes_(signature.input_bytes()),
        out_bytes_(signature.output_bytes()),
        host_in_(Memory::pinned, in_bytes_),
        host_out_(Memory::pinned, out_bytes_),
        device_in_(Memory::device, in_bytes_),
        device_out_(Memory::device, out_bytes_),
        context_(engine.createExecutionContext()) {
    context_->setTensorAddress(signature.inputs[0].name.c_str(), device_in_.data());
    context_->setTensorAddress(signature.outputs[0].name.c_str(), device_out_.data());
    submit();
    stream_.synchronise();
    if (!graph) return;
    cudaGraph_t recorded = nullptr;
    cuda().begin_capture(stream_.handle(), cudaStreamCaptureModeThreadLocal);
    submit();
    cuda().end_capture(stream_.handle(), &recorded);
    cuda().instantiate(&graph_, recorded, 0);
    cuda().destroy_graph(recorded);
  }
  ~Bare() {
    if (graph_ != nullptr) cuda().destroy_executable.quietly(graph_);
  }
  void infer(const float* in, float* out) {
    std::memcpy(host_in_.data(), in, in_bytes_);
    if (graph_ != nullptr)
      cuda().launch.quietly(graph_, stream_.handle());
    else
      submit();
    cuda().synchronise.quietly(stream_.handle());
    std::memcpy(out, host_out_.data(), out_bytes_);
  }

 private:
  void submit() {
    cuda().copy.quietly(device_in_.data(), host_in_.data(), in_bytes_, cudaMemcpyHostToDevice,
                        stream_.handle());
    context_->enqueueV3(stream_.handle());
    cuda().copy.quietly(host_out_.data(), device_out_.data(), out_bytes_, cudaMemcpyDeviceToHost,
                        stream_.handle());
  }
  std::size_t in_bytes_, out_bytes_;
  Memory host_in_, host_out_, device_in_, device_out_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
  CudaStream stream_;
  cudaGraphExec_t graph_ = nullptr;
};

struct Load {
  int contexts = 7, queries = 20000;
  bool describe = false;
};

template <class Query>
std::vector<double> timed(const std::vector<float>& inputs, std::size_t values, int queries,
                          Query&& query) {
  const std::size_t windows = inputs.size() / values;
  std::vector<double> times(static_cast<std::size_t>(queries));
  for (std::size_t i = 0; i < 1000; ++i) query(&inputs[i % windows * values]);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto begin = SteadyClock::now();
    query(&inputs[i % windows * values]);
    times[i] = std::chrono::duration<double, std::micro>(SteadyClock::now() - begin).count();
  }
  return times;
}

void compare(const Model& model, const Registry::Found& found, Precision precision, bool graph,
             const Load& load) {
  CompileOptions options;
  options.precision = precision;
  if (!graph) options.settings.push_back({"graph", "off"});
  const auto compiled = found.backend->compile(model, nullptr, found.device, options);
  const Signature signature = compiled->open(1)->signature();
  int major = 0, minor = 0;
  cuda().attribute(&major, cudaDevAttrComputeCapabilityMajor, 0);
  cuda().attribute(&minor, cudaDevAttrComputeCapabilityMinor, 0);
  // The adapter has just built it or found it in its cache.
  const tensorrt::Plan plan = plan_for({&model,
                                        &found.device,
                                        10 * major + minor,
                                        precision,
                                        1,
                                        options.window,
                                        {},
                                        tensorrt::settings_from(options)});
  const auto engine = load_plan(plan.bytes, "the cached engine");
  const auto layers = layers_in(describe(*engine));
  if (load.describe) fmt::print(stderr, "{}\n", describe(*engine));
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  const std::size_t values = signature.input_bytes() / sizeof(float);
  std::vector<float> inputs(64 * values), a(8), b(8);
  for (float& x : inputs) x = normal(random);
  std::vector<double> ours[3], bare[3];
  double difference = 0;
  for (int i = 0; i < load.contexts; ++i)
    for (const bool first : {i % 2 == 0, i % 2 != 0}) {
      std::vector<double> times;
      if (first) {
        const auto session = compiled->open(1);
        const auto out = std::as_writable_bytes(std::span(a)).first(signature.output_bytes());
        times = timed(inputs, values, load.queries, [&](const float* x) {
          session->infer(std::as_bytes(std::span(x, values)), out);
        });
      } else {
        Bare loop(*engine, signature, graph);
        times =
            timed(inputs, values, load.queries, [&](const float* x) { loop.infer(x, b.data()); });
      }
      for (const int q : {0, 1, 2})
        (first ? ours : bare)[q].push_back(quantile(times, q == 0 ? 0.5 : q == 1 ? 0.99 : 0.999));
    }
  for (std::size_t i = 0; i < signature.output_bytes() / sizeof(float); ++i)
    difference = std::max(difference, static_cast<double>(std::abs(a[i] - b[i])));
  const auto middle = [](const std::vector<double>& v) { return quantile(v, 0.5); };
  const auto narrow = std::count_if(layers.begin(), layers.end(), [](const Layer& layer) {
    return layer.precision != Precision::fp32;
  });
  fmt::print(
      "{{\"model\": \"{}\", \"asked\": \"{}\", \"obtained\": \"{}\", \"run\": \"{}\", "
      "\"ratio\": {:.4f}, \"steelyard_p50\": {:.3f}, \"bare_p50\": {:.3f}, "
      "\"steelyard_p99\": {:.3f}, \"bare_p99\": {:.3f}, \"steelyard_p999\": {:.3f}, "
      "\"bare_p999\": {:.3f}, \"contexts\": {}, \"queries\": {}, \"steelyard_contexts\": "
      "[{:.2f}], \"bare_contexts\": [{:.2f}], \"difference\": {}, \"layers\": {}, "
      "\"layers_below_32_bits\": {}, \"engine_bytes\": {}, \"build_seconds\": {:.1f}}}\n",
      model.name, to_string(precision), to_string(compiled->precision()),
      graph ? "graph" : "enqueue", middle(ours[0]) / middle(bare[0]), middle(ours[0]),
      middle(bare[0]), middle(ours[1]), middle(bare[1]), middle(ours[2]), middle(bare[2]),
      load.contexts, load.queries, fmt::join(ours[0], ", "), fmt::join(bare[0], ", "), difference,
      layers.size(), narrow, plan.bytes.size(), plan.build_seconds);
  std::fflush(stdout);
}

int run(int count, char** words) {
  Load load;
  std::vector<std::string> files;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--contexts" && i + 1 < count)
      load.contexts = std::atoi(words[++i]);
    else if (word == "--queries" && i + 1 < count)
      load.queries = std::atoi(words[++i]);
    else if (word == "--describe")
      load.describe = true;
    else
      files.emplace_back(word);
  }
  const auto found = Registry::instance().resolve(parse_spec("tensorrt:0"));
  for (const std::string& file : files) {
    const Model model = load_model(file);
    for (const Precision precision : {Precision::fp32, Precision::fp16})
      for (const bool graph : {true, false}) compare(model, found, precision, graph, load);
  }
  return files.empty() ? 2 : 0;
}

}  // namespace
}  // namespace steelyard::gpu

int main(int count, char** words) try {
  return steelyard::gpu::run(count, words);
} catch (const steelyard::Error& e) {
  std::fprintf(stderr, "%s; %s\n", e.what(), e.hint().c_str());
  return 1;
}
