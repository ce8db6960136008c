// SPDX-License-Identifier: Apache-2.0
// What a query costs through Steelyard's timed loop and adapter and through the least code that
// does the same with the same copies inside: ONNX Runtime and OpenVINO, one thread, batch 1. Both
// sides are opened afresh in every round and asked in blocks in random order, because contexts and
// machines differ more than the two sides do. `overhead` is what a result states: the mean latency
// of the device that does nothing. Prints JSON.
//   cmake -S . -B build/perf -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSTEELYARD_PERF=ON
//   cmake --build build/perf --target bare_loop onnxruntime openvino
//   build/perf/perf/bare_loop [rounds]
#include <fmt/format.h>
#include <onnxruntime_c_api.h>
#include <openvino/c/openvino.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "steelyard/backend/registry.h"
#include "steelyard/base/random.h"
#include "steelyard/run/timed_loop.h"
#include "tests/contract/reference.h"

namespace {

using namespace steelyard;

using Ask = std::function<void(const float*, float*)>;

void must(OrtStatus* status) {
  if (status != nullptr) std::abort();
}
void must(ov_status_e status) {
  if (status != ov_status_e::OK) std::abort();
}

// Bound buffers, as the adapter has them.
struct BareOrt {
  BareOrt(const std::string& file, int window, int features)
      : in(static_cast<std::size_t>(window * features)) {
    must(api->CreateSessionOptions(&options));
    must(api->SetIntraOpNumThreads(options, 1));
    must(api->SetInterOpNumThreads(options, 1));
    must(api->CreateSession(environment(), file.c_str(), options, &session));
    must(api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory));
    must(api->CreateIoBinding(session, &binding));
    const std::int64_t in_shape[] = {1, window, features}, out_shape[] = {1, 1};
    must(api->CreateTensorWithDataAsOrtValue(memory, in.data(), in.size() * 4, in_shape, 3,
                                             ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &x));
    must(api->CreateTensorWithDataAsOrtValue(memory, &out, 4, out_shape, 2,
                                             ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &y));
    must(api->BindInput(binding, "input", x));
    must(api->BindOutput(binding, "output", y));
  }
  ~BareOrt() {
    api->ReleaseIoBinding(binding);
    api->ReleaseValue(x);
    api->ReleaseValue(y);
    api->ReleaseMemoryInfo(memory);
    api->ReleaseSession(session);
    api->ReleaseSessionOptions(options);
  }
  static OrtEnv* environment() {
    static OrtEnv* const made = [] {
      OrtEnv* env = nullptr;
      must(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "bare", &env));
      return env;
    }();
    return made;
  }
  void ask(const float* from, float* to) {
    std::memcpy(in.data(), from, in.size() * 4);
    must(api->RunWithBinding(session, nullptr, binding));
    std::memcpy(to, &out, 4);
  }

  static inline const OrtApi* const api = OrtGetApiBase()->GetApi(17);
  OrtSessionOptions* options = nullptr;
  OrtSession* session = nullptr;
  OrtMemoryInfo* memory = nullptr;
  OrtIoBinding* binding = nullptr;
  OrtValue *x = nullptr, *y = nullptr;
  std::vector<float> in;
  float out = 0;
};

struct BareOpenVino {
  BareOpenVino(const std::string& file, int window, int features)
      : bytes(static_cast<std::size_t>(window * features) * 4) {
    static ov_core_t* const core = [] {
      ov_core_t* made = nullptr;
      must(ov_core_create(&made));
      return made;
    }();
    must(ov_core_read_model(core, file.c_str(), nullptr, &model));
    const std::int64_t shape[] = {1, window, features};
    ov_partial_shape_t fixed;
    must(ov_partial_shape_create_static(3, shape, &fixed));
    must(ov_model_reshape_single_input(model, fixed));
    ov_partial_shape_free(&fixed);
    must(ov_core_compile_model(core, model, "CPU", 8, &compiled, "PERFORMANCE_HINT", "LATENCY",
                               "INFERENCE_PRECISION_HINT", "f32", "NUM_STREAMS", "1",
                               "INFERENCE_NUM_THREADS", "1"));
    must(ov_compiled_model_create_infer_request(compiled, &request));
    must(ov_infer_request_get_input_tensor(request, &x));
    must(ov_infer_request_get_output_tensor(request, &y));
    must(ov_tensor_data(x, &in));
    must(ov_tensor_data(y, &out));
  }
  ~BareOpenVino() {
    ov_tensor_free(x);
    ov_tensor_free(y);
    ov_infer_request_free(request);
    ov_compiled_model_free(compiled);
    ov_model_free(model);
  }
  void ask(const float* from, float* to) {
    std::memcpy(in, from, bytes);
    must(ov_infer_request_infer(request));
    std::memcpy(to, out, 4);
  }

  std::size_t bytes;
  ov_model_t* model = nullptr;
  ov_compiled_model_t* compiled = nullptr;
  ov_infer_request_t* request = nullptr;
  ov_tensor_t *x = nullptr, *y = nullptr;
  void *in = nullptr, *out = nullptr;
};

constexpr auto kBlock = std::chrono::milliseconds(20);
constexpr std::size_t kInputs = 64;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// One block of queries in Steelyard's own loop, ns.
std::vector<double> ours(Session& session, const Ring& ring, std::vector<Stamp>& stamps) {
  std::size_t slot = 0;
  const Enough enough{stamps.size(), {}, MonotonicClock::read() + kBlock};
  const std::size_t n = time_queries(session, ring, slot, stamps, 0, enough, ReadMonotonic{});
  std::vector<double> times;
  for (std::size_t i = 0; i < n; ++i)
    times.push_back(static_cast<double>((stamps[i].finished - stamps[i].started).count()));
  return times;
}

// The same without any of it.
std::vector<double> bare(const Ask& ask, const Ring& ring, std::vector<Stamp>& stamps) {
  const nanoseconds end = MonotonicClock::read() + kBlock;
  std::size_t n = 0;
  while (n < stamps.size() && (n == 0 || stamps[n - 1].finished < end)) {
    const std::size_t slot = n % ring.slots;
    stamps[n].started = MonotonicClock::read();
    ask(reinterpret_cast<const float*>(ring.input(slot).data()),
        reinterpret_cast<float*>(ring.output(slot).data()));
    stamps[n++].finished = MonotonicClock::read();
  }
  std::vector<double> times;
  for (std::size_t i = 0; i < n; ++i)
    times.push_back(static_cast<double>((stamps[i].finished - stamps[i].started).count()));
  return times;
}

std::unique_ptr<CompiledModel> compiled(const char* spec, const Model& model, int window) {
  const auto found = Registry::instance().resolve(parse_spec(spec));
  CompileOptions options;
  options.window = window;
  return found.backend->compile(model, nullptr, found.device, options);
}

template <class Bare>
std::string compare(const char* spec, const Model& model, const contract::Shape& shape,
                    int rounds) {
  Random random(7);
  const auto width = static_cast<std::size_t>(shape.window * shape.features);
  const auto inputs = contract::random_floats(random, kInputs * width, 1.0);
  std::vector<float> outputs(kInputs);
  const Ring ring{reinterpret_cast<const std::byte*>(inputs.data()),
                  reinterpret_cast<std::byte*>(outputs.data()),
                  width * 4,
                  4,
                  width * 4,
                  4,
                  kInputs};
  std::vector<Stamp> stamps(1 << 20);
  std::vector<double> through, direct, ratios, differences, overheads;
  const auto nothing = compiled("null", model, shape.window);
  for (int round = 0; round < rounds; ++round) {
    const auto opened = compiled(spec, model, shape.window);
    const auto session = opened->open(1), null = nothing->open(1);
    Bare other(model.path.string(), shape.window, shape.features);
    const Ask ask = [&](const float* from, float* to) { other.ask(from, to); };
    ours(*session, ring, stamps);  // warm-up
    bare(ask, ring, stamps);
    for (int i = 0; i < 4; ++i) {
      const bool first = random.uniform() < 0.5;
      std::vector<double> a, b;
      if (first) a = ours(*session, ring, stamps);
      b = bare(ask, ring, stamps);
      if (!first) a = ours(*session, ring, stamps);
      through.push_back(median(a));
      direct.push_back(median(b));
      ratios.push_back(through.back() / direct.back());
      differences.push_back(through.back() - direct.back());
      const auto none = ours(*null, ring, stamps);
      overheads.push_back(std::accumulate(none.begin(), none.end(), 0.0) /
                          static_cast<double>(none.size()));
    }
  }
  return fmt::format(
      "{{\"spec\":\"{}\",\"runtime\":\"{}\",\"model\":\"GRU T{} I{} H{}\",\"blocks\":{},"
      "\"steelyard_p50_ns\":{:.0f},\"bare_p50_ns\":{:.0f},\"median_ratio\":{:.4f},"
      "\"median_difference_ns\":{:.0f},\"overhead_ns\":{:.0f}}}",
      spec, Registry::instance().resolve(parse_spec(spec)).device.runtime, shape.window,
      shape.features, shape.hidden, ratios.size(), median(through), median(direct), median(ratios),
      median(differences), median(overheads));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  const auto folder = std::filesystem::temp_directory_path() / "steelyard-bare-loop";
  std::filesystem::create_directories(folder);
  std::string rows;
  for (const contract::Shape& shape :
       {contract::Shape{Cell::gru, 64, 1, 1, 60, 5}, contract::Shape{Cell::gru, 5, 1, 1, 8, 5}}) {
    const auto file = folder / fmt::format("gru{}.onnx", shape.hidden);
    WindowRecipe none;
    save_network(contract::random_network(shape, 1), none, {}, file);
    const Model model = load_model(file);
    for (const auto& row : {compare<BareOrt>("onnxruntime:cpu", model, shape, rounds),
                            compare<BareOpenVino>("openvino:cpu", model, shape, rounds)})
      rows += (rows.empty() ? "" : ",\n  ") + row;
  }
  fmt::print("[\n  {}\n]\n", rows);
}
