// SPDX-License-Identifier: Apache-2.0
// See builder.h. The parser is given a model whose axes are all known: TensorRT folds more of it
// than with open axes and a profile, and it is what a user of trtexec would measure.
#include "steelyard/backend/tensorrt/builder.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "steelyard/backend/tensorrt/libraries.h"
#include "steelyard/backend/tensorrt/version.h"
#include "steelyard/base/hash.h"

namespace steelyard::tensorrt {
namespace {

bool is_quantised(const Model& model) {
  return std::any_of(model.graph->nodes.begin(), model.graph->nodes.end(),
                     [](const Node& node) { return node.op == "QuantizeLinear"; });
}

// Every input of the calibration would need its own data; windows are one tensor.
void require_calibration(const Wish& wish) {
  if (wish.calibration.empty())
    throw Unsupported("int8 needs windows to calibrate with, and there are none",
                      "give --data, or a model quantised with QuantizeLinear nodes");
  if (wish.model->inputs.size() != 1 || wish.model->inputs[0].type != ElementType::f32)
    throw Unsupported("only a model with one fp32 input can be calibrated",
                      "quantise it with QuantizeLinear nodes");
}

std::string key_of(const Wish& wish) {
  std::string calibration = "none";
  if (wish.precision == Precision::int8 && !is_quantised(*wish.model))
    calibration = sha256(std::as_bytes(wish.calibration));
  return fmt::format("{} TensorRT {} {} sm_{} {} batch {} window {} level {} workspace {} {}",
                     wish.model->sha256, libraries().version, wish.device->name, wish.capability,
                     to_string(wish.precision), wish.batch, wish.window, wish.settings.level,
                     wish.settings.workspace_mib, calibration);
}

// The network's constants lie in the parser until an engine is built.
std::unique_ptr<nvonnxparser::IParser> parsed(nvinfer1::INetworkDefinition& network,
                                              const Wish& wish) {
  std::unique_ptr<nvonnxparser::IParser> parser(
      libraries().create_parser(&network, &words(), libraries().number));
  if (!parser) throw Error("TensorRT's ONNX parser cannot start: " + words().take());
  const std::string bytes = static_onnx(*wish.model, wish.batch, wish.window);
  // The path is where weights outside the file are looked for.
  if (parser->parse(bytes.data(), bytes.size(), wish.model->path.c_str())) return parser;
  std::string said;
  for (int i = 0; i < parser->getNbErrors(); ++i)
    said += fmt::format("{}node {}: {}", said.empty() ? "" : "; ", parser->getError(i)->node(),
                        parser->getError(i)->desc());
  throw Unsupported(fmt::format("TensorRT's parser refuses {}: {}", wish.model->path.string(),
                                said.empty() ? words().take() : said),
                    "export the model with opset 17 and plain operators");
}

std::string built(const Wish& wish) {
  words().take();
  const auto refuse_null = [](const void* made, const char* what) {
    if (made == nullptr) throw Error(fmt::format("TensorRT cannot {}: {}", what, words().take()));
  };
  const std::unique_ptr<nvinfer1::IBuilder> builder(
      libraries().create_builder(&words(), libraries().number));
  refuse_null(builder.get(), "start its builder");
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(create_network(*builder));
  refuse_null(network.get(), "make a network");
  const auto parser = parsed(*network, wish);
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  refuse_null(config.get(), "make a configuration");
  config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE,
                             static_cast<std::size_t>(wish.settings.workspace_mib) << 20);
  config->setBuilderOptimizationLevel(wish.settings.level);
  config->setProfilingVerbosity(nvinfer1::ProfilingVerbosity::kDETAILED);
  allow_precision(*config, wish.precision);
  use_present_libraries(*config);
  std::unique_ptr<Calibration> calibration;
  if (wish.precision == Precision::int8 && !is_quantised(*wish.model)) {
    require_calibration(wish);
    const Signature signature = signature_of(*wish.model, wish.batch, wish.window);
    calibration = calibrate(*config, wish.calibration, signature.input_bytes() / sizeof(float),
                            signature.inputs[0].name);
  }
  const std::unique_ptr<nvinfer1::IHostMemory> plan(
      builder->buildSerializedNetwork(*network, *config));
  refuse_null(plan.get(), "build an engine");
  return {static_cast<const char*>(plan->data()), plan->size()};
}

}  // namespace

void require_builder_resource(int capability) {
  const std::string& version = libraries().version;
  const std::string own =
      fmt::format("libnvinfer_builder_resource_sm{}.so.{}", capability, version);
  for (const std::string& name : {fmt::format("libnvinfer_builder_resource.so.{}", version), own})
    for (const std::string& file : {(libraries().folder / name).string(), name})
      if (void* found = ::dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL)) {
        ::dlclose(found);
        return;
      }
  throw Unsupported(
      fmt::format("TensorRT {} cannot build engines for compute capability {}.{} here: there is no "
                  "{} in {}",
                  version, capability / 10, capability % 10, own, libraries().folder.string()),
      "install the complete package of this version (libnvinfer-dev or NVIDIA's archive), or give "
      "an engine built elsewhere");
}

Plan plan_for(const Wish& wish) {
  const auto file = wish.settings.cache ? file_for(key_of(wish)) : std::filesystem::path();
  if (auto plan = cached_plan(file)) return std::move(*plan);
  require_builder_resource(wish.capability);
  const auto begin = std::chrono::steady_clock::now();
  Plan plan;
  plan.bytes = built(wish);
  plan.build_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (wish.settings.cache) keep_plan(file, plan);
  return plan;
}

}  // namespace steelyard::tensorrt
