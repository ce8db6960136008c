// SPDX-License-Identifier: Apache-2.0
// What a query costs through Steelyard's adapter and through the least code that does the same with
// the same copies inside: ONNX Runtime and OpenVINO, one thread, batch 1. Both sides are opened
// afresh in every round and asked in blocks in random order, because contexts and machines differ
// more than the two sides do. Prints JSON.
//   build/dev/perf/bare_loop [rounds]
#include <fmt/format.h>
#include <onnxruntime_c_api.h>
#include <openvino/c/openvino.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "steelyard/backend/registry.h"
#include "steelyard/base/random.h"
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

// Median of one block of queries, ns.
double block(const Ask& ask, const std::vector<float>& inputs, std::size_t width,
             std::vector<double>& times) {
  const nanoseconds end = MonotonicClock::read() + std::chrono::milliseconds(20);
  times.clear();
  float answer = 0;
  for (std::size_t i = 0; MonotonicClock::read() < end; ++i) {
    const float* from = &inputs[i % (inputs.size() / width) * width];
    const nanoseconds begin = MonotonicClock::read();
    ask(from, &answer);
    times.push_back(static_cast<double>((MonotonicClock::read() - begin).count()));
  }
  std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Bare>
std::string compare(const char* spec, const Model& model, const contract::Shape& shape,
                    int rounds) {
  const auto found = Registry::instance().resolve(parse_spec(spec));
  Random random(7);
  const auto width = static_cast<std::size_t>(shape.window * shape.features);
  const auto inputs = contract::random_floats(random, 64 * width, 1.0);
  std::vector<double> times, ours, bare, ratios;
  times.reserve(1 << 20);
  CompileOptions options;
  options.window = shape.window;
  for (int round = 0; round < rounds; ++round) {
    const auto compiled = found.backend->compile(model, nullptr, found.device, options);
    const auto session = compiled->open(1);
    Bare other(model.path.string(), shape.window, shape.features);
    const Ask through = [&](const float* from, float* to) {
      session->infer(std::as_bytes(std::span(from, width)),
                     std::as_writable_bytes(std::span(to, 1)));
    };
    const Ask direct = [&](const float* from, float* to) { other.ask(from, to); };
    block(through, inputs, width, times);  // warm-up
    block(direct, inputs, width, times);
    for (int i = 0; i < 4; ++i) {
      const bool first = random.uniform() < 0.5;
      double a = 0, b = 0;
      if (first) a = block(through, inputs, width, times);
      b = block(direct, inputs, width, times);
      if (!first) a = block(through, inputs, width, times);
      ours.push_back(a);
      bare.push_back(b);
      ratios.push_back(a / b);
    }
  }
  return fmt::format(
      "{{\"spec\":\"{}\",\"runtime\":\"{}\",\"model\":\"GRU T{} I{} H{}\",\"blocks\":{},"
      "\"steelyard_p50_ns\":{:.0f},\"bare_p50_ns\":{:.0f},\"median_ratio\":{:.4f}}}",
      spec, found.device.runtime, shape.window, shape.features, shape.hidden, ratios.size(),
      median(ours), median(bare), median(ratios));
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
