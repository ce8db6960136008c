// SPDX-License-Identifier: Apache-2.0
// See engine.h. A query is: copy into pinned memory, one graph launch (copy to the device, compute,
// copy back), wait, copy out; with graph=off the same calls one by one, with io=mapped without the
// copies to and from the device. Waiting spins, as the device was told by the context.
#include "steelyard/backend/tensorrt/engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "steelyard/backend/tensorrt/cuda.h"
#include "steelyard/backend/tensorrt/version.h"

namespace steelyard::tensorrt {
namespace {

// Where vector loads of any kernel may begin.
constexpr std::size_t kAlignment = 256;

struct Slot {
  std::string name;
  std::size_t bytes, offset;
};

// Tensors one after the other, each at an address that suits the device.
std::vector<Slot> slots_of(const std::vector<TensorInfo>& tensors, std::size_t& total) {
  std::vector<Slot> slots;
  total = 0;
  for (const TensorInfo& tensor : tensors) {
    const std::size_t bytes = Signature{{tensor}, {}}.input_bytes();
    total = (total + kAlignment - 1) / kAlignment * kAlignment;
    slots.push_back({tensor.name, bytes, total});
    total += bytes;
  }
  return slots;
}

nvinfer1::Dims dims_of(const TensorInfo& tensor) {
  nvinfer1::Dims dims{};
  dims.nbDims = static_cast<std::int32_t>(tensor.shape.size());
  for (std::size_t i = 0; i < tensor.shape.size(); ++i)
    dims.d[i] = static_cast<std::remove_reference_t<decltype(dims.d[0])>>(tensor.shape[i]);
  return dims;
}

bool is_open(const nvinfer1::Dims& dims) {
  for (std::int32_t i = 0; i < dims.nbDims; ++i)
    if (dims.d[i] < 0) return true;
  return false;
}

bool are_equal(const nvinfer1::Dims& dims, const TensorInfo& tensor) {
  if (dims.nbDims != static_cast<std::int32_t>(tensor.shape.size())) return false;
  for (std::int32_t i = 0; i < dims.nbDims; ++i)
    if (dims.d[i] != tensor.shape[static_cast<std::size_t>(i)]) return false;
  return true;
}

std::string text_of(const nvinfer1::Dims& dims) {
  return fmt::format("{}", fmt::join(dims.d, dims.d + std::max(dims.nbDims, 0), "x"));
}

void check_type(const nvinfer1::ICudaEngine& engine, const TensorInfo& tensor) {
  const auto type = engine.getTensorDataType(tensor.name.c_str());
  if (element_type(type, tensor.name.c_str()) != tensor.type)
    throw Unsupported(fmt::format("TensorRT {} changed the element type of tensor '{}'",
                                  libraries().version, tensor.name),
                      "export the model with 32-bit integers");
}

class EngineSession final : public Session {
 public:
  EngineSession(std::shared_ptr<nvinfer1::ICudaEngine> engine, Signature signature, int device,
                const Settings& settings);
  ~EngineSession() override {
    // The context's memory is given back while its own device is current.
    use_device_quietly(device_);
  }
  const Signature& signature() const override { return signature_; }
  void infer(std::span<const std::byte> in, std::span<std::byte> out) override;
  std::vector<TimePart> parts(std::span<const std::byte> in, std::span<std::byte> out, int queries);

 private:
  void take(std::span<const std::byte> in);
  void give(std::span<std::byte> out) const;
  void copy_in();
  void enqueue();
  void copy_out();
  void shape_inputs();
  void bind(const std::vector<Slot>&, std::byte* memory);
  void submit();

  std::shared_ptr<nvinfer1::ICudaEngine> engine_;
  Signature signature_;
  int device_;
  bool mapped_;
  std::size_t input_bytes_, output_bytes_, host_in_bytes_ = 0, host_out_bytes_ = 0;
  std::vector<Slot> inputs_, outputs_;
  Memory host_in_, host_out_, device_in_, device_out_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
  CudaStream stream_;
  CudaGraph graph_;
};

EngineSession::EngineSession(std::shared_ptr<nvinfer1::ICudaEngine> engine, Signature signature,
                             int device, const Settings& settings)
    : engine_(std::move(engine)),
      signature_(std::move(signature)),
      device_(device),
      mapped_(settings.mapped),
      input_bytes_(signature_.input_bytes()),
      output_bytes_(signature_.output_bytes()),
      inputs_(slots_of(signature_.inputs, host_in_bytes_)),
      outputs_(slots_of(signature_.outputs, host_out_bytes_)),
      host_in_(Memory::pinned, host_in_bytes_),
      host_out_(Memory::pinned, host_out_bytes_),
      context_(engine_->createExecutionContext()) {
  if (!context_)
    throw Error("TensorRT cannot make an execution context: " + words().take(),
                "see `nvidia-smi` for who uses the device's memory");
  if (!mapped_) {
    device_in_ = Memory(Memory::device, host_in_bytes_);
    device_out_ = Memory(Memory::device, host_out_bytes_);
  }
  shape_inputs();
  bind(inputs_, (mapped_ ? host_in_ : device_in_).data());
  bind(outputs_, (mapped_ ? host_out_ : device_out_).data());
  // The first time TensorRT may still allocate, which cannot be recorded.
  submit();
  stream_.synchronise();
  if (settings.graph) graph_ = CudaGraph(stream_, [this] { submit(); });
}

void EngineSession::shape_inputs() {
  for (const TensorInfo& tensor : signature_.inputs) {
    const char* name = tensor.name.c_str();
    check_type(*engine_, tensor);
    if (is_open(engine_->getTensorShape(name)) && !context_->setInputShape(name, dims_of(tensor)))
      throw Unsupported(fmt::format("the engine does not take {} for input '{}': {}",
                                    text_of(dims_of(tensor)), name, words().take()),
                        "build it for this batch and window");
  }
  const auto check_shape = [&](const TensorInfo& tensor) {
    const nvinfer1::Dims dims = context_->getTensorShape(tensor.name.c_str());
    if (!are_equal(dims, tensor))
      throw Unsupported(fmt::format("the engine's tensor '{}' is {}, the model's {}", tensor.name,
                                    text_of(dims), text_of(dims_of(tensor))),
                        "build the engine from this model, for this batch and window");
  };
  for (const TensorInfo& tensor : signature_.inputs) check_shape(tensor);
  for (const TensorInfo& tensor : signature_.outputs) {
    check_type(*engine_, tensor);
    check_shape(tensor);
  }
}

void EngineSession::bind(const std::vector<Slot>& slots, std::byte* memory) {
  for (const Slot& slot : slots)
    if (!context_->setTensorAddress(slot.name.c_str(), memory + slot.offset))
      throw Unsupported(fmt::format("the engine has no tensor '{}': {}", slot.name, words().take()),
                        "build the engine from this model");
}

void EngineSession::copy_in() {
  if (!mapped_)
    cuda().copy(device_in_.data(), host_in_.data(), host_in_bytes_, cudaMemcpyHostToDevice,
                stream_.handle());
}

void EngineSession::enqueue() {
  if (!context_->enqueueV3(stream_.handle())) [[unlikely]]
    throw Error("TensorRT cannot run the model: " + words().take());
}

void EngineSession::copy_out() {
  if (!mapped_)
    cuda().copy(host_out_.data(), device_out_.data(), host_out_bytes_, cudaMemcpyDeviceToHost,
                stream_.handle());
}

void EngineSession::submit() {
  copy_in();
  enqueue();
  copy_out();
}

void EngineSession::take(std::span<const std::byte> in) {
  for (const Slot& slot : inputs_) {
    std::memcpy(host_in_.data() + slot.offset, in.data(), slot.bytes);
    in = in.subspan(slot.bytes);
  }
}

void EngineSession::give(std::span<std::byte> out) const {
  for (const Slot& slot : outputs_) {
    std::memcpy(out.data(), host_out_.data() + slot.offset, slot.bytes);
    out = out.subspan(slot.bytes);
  }
}

void EngineSession::infer(std::span<const std::byte> in, std::span<std::byte> out) {
  check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
  use_device(device_);
  take(in);
  if (graph_)
    graph_.launch(stream_);
  else
    submit();
  stream_.synchronise();
  give(out);
}

std::vector<TimePart> EngineSession::parts(std::span<const std::byte> in, std::span<std::byte> out,
                                           int queries) {
  check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
  const CudaEvent begin, loaded, computed, end;
  double enqueue_ns = 0, in_us = 0, compute_us = 0, out_us = 0;
  for (int i = 0; i < queries; ++i) {
    take(in);
    begin.record(stream_);
    copy_in();
    loaded.record(stream_);
    const auto called = std::chrono::steady_clock::now();
    enqueue();
    enqueue_ns +=
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - called).count();
    computed.record(stream_);
    copy_out();
    end.record(stream_);
    stream_.synchronise();
    give(out);
    in_us += loaded.microseconds_since(begin);
    compute_us += computed.microseconds_since(loaded);
    out_us += end.microseconds_since(computed);
  }
  const auto mean_ns = [&](double microseconds) { return 1e3 * microseconds / queries; };
  std::vector<TimePart> parts{
      {"Enqueue Time", enqueue_ns / queries, "the host's call of enqueueV3, without a graph"},
      {"GPU Compute Time", mean_ns(compute_us), "between CUDA events around enqueueV3"}};
  if (mapped_) return parts;
  parts.push_back({"H2D Latency", mean_ns(in_us), "between CUDA events around the copy in"});
  parts.push_back({"D2H Latency", mean_ns(out_us), "between CUDA events around the copy out"});
  return parts;
}

}  // namespace

std::shared_ptr<nvinfer1::ICudaEngine> load_plan(std::string_view plan, const std::string& source) {
  words().take();
  if (auto* engine = runtime().deserializeCudaEngine(plan.data(), plan.size()))
    return std::shared_ptr<nvinfer1::ICudaEngine>(engine);
  throw Error(
      fmt::format("TensorRT {} cannot load {}: {}", libraries().version, source, words().take()),
      "an engine runs only with the version and on the kind of device that it was built "
      "for; build it again");
}

std::string describe(nvinfer1::ICudaEngine& engine) {
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine.createEngineInspector());
  if (!inspector) return {};
  const char* text = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
  return text == nullptr ? "" : text;
}

std::unique_ptr<Session> open_session(std::shared_ptr<nvinfer1::ICudaEngine> engine,
                                      Signature signature, int device, const Settings& settings) {
  return std::make_unique<EngineSession>(std::move(engine), std::move(signature), device, settings);
}

std::vector<TimePart> parts_of(std::shared_ptr<nvinfer1::ICudaEngine> engine, Signature signature,
                               int device, const Settings& settings, std::span<const std::byte> in,
                               std::span<std::byte> out, int queries) {
  Settings plain = settings;
  plain.graph = false;
  return EngineSession(std::move(engine), std::move(signature), device, plain)
      .parts(in, out, queries);
}

}  // namespace steelyard::tensorrt
