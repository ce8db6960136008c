// SPDX-License-Identifier: Apache-2.0
// See session.h. A query is: copy in, run, copy out; the copies are inside the timed region as for
// every backend.
#include "steelyard/backend/onnxruntime/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "steelyard/backend/onnxruntime/library.h"
#include "steelyard/backend/states.h"

namespace steelyard::onnxruntime {
namespace {

ONNXTensorElementDataType type_of(const TensorInfo& tensor) {
  switch (tensor.type) {
    case ElementType::f32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    case ElementType::f16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
    case ElementType::bf16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16;
    case ElementType::f64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE;
    case ElementType::i8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8;
    case ElementType::u8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
    case ElementType::i32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
    case ElementType::i64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
    case ElementType::boolean:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL;
    case ElementType::other:
      break;
  }
  throw Unsupported(
      fmt::format("tensor '{}' has an element type that cannot be passed", tensor.name));
}

Owned<OrtMemoryInfo> cpu_memory() {
  OrtMemoryInfo* info = nullptr;
  check(ort().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &info),
        "describe its memory");
  return Owned<OrtMemoryInfo>(info);
}

// A tensor in memory of our own, at an address that suits any vector unit.
class Buffer {
 public:
  explicit Buffer(const TensorInfo& tensor)
      : size_(Signature{{tensor}, {}}.input_bytes()),
        data_(static_cast<std::byte*>(::operator new(size_ + 1, kAlignment))) {
    std::memset(data_.get(), 0, size_);
    OrtValue* value = nullptr;
    check(ort().CreateTensorWithDataAsOrtValue(cpu_memory().get(), data_.get(), size_,
                                               tensor.shape.data(), tensor.shape.size(),
                                               type_of(tensor), &value),
          "make a tensor");
    value_.reset(value);
  }
  std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  OrtValue* value() const { return value_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, kAlignment); }
  };
  std::size_t size_;
  std::unique_ptr<std::byte, Free> data_;
  Owned<OrtValue> value_;
};

// Whether the file leaves it to the computation how large an output is.
bool tells_its_outputs(const Model& model) {
  if (model.recipe) return true;
  return std::none_of(model.outputs.begin(), model.outputs.end(), [](const TensorInfo& output) {
    if (output.shape.empty()) return true;  // of no shape at all, or one number
    for (std::size_t i = 0; i < output.shape.size(); ++i)
      if (output.shape[i] < 0 && static_cast<int>(i) != output.batch_axis) return true;
    return false;
  });
}

// The shapes of the outputs as one query of zeros shows them.
void ask_for_outputs(OrtSession* session, Signature& signature) {
  std::vector<Buffer> buffers;
  std::vector<const OrtValue*> inputs;
  std::vector<const char*> input_names, output_names;
  for (const TensorInfo& tensor : signature.inputs) {
    inputs.push_back(buffers.emplace_back(tensor).value());
    input_names.push_back(tensor.name.c_str());
  }
  for (const TensorInfo& tensor : signature.outputs) output_names.push_back(tensor.name.c_str());
  std::vector<OrtValue*> outputs(signature.outputs.size());
  check(ort().Run(session, nullptr, input_names.data(), inputs.data(), inputs.size(),
                  output_names.data(), outputs.size(), outputs.data()),
        "run the model");
  std::vector<Owned<OrtValue>> owned(outputs.begin(), outputs.end());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    OrtTensorTypeAndShapeInfo* info = nullptr;
    check(ort().GetTensorTypeAndShape(outputs[i], &info), "say an output's shape");
    const Owned<OrtTensorTypeAndShapeInfo> owned_info(info);
    std::size_t rank = 0;
    check(ort().GetDimensionsCount(info, &rank), "say an output's shape");
    std::vector<std::int64_t> shape(rank);
    check(ort().GetDimensions(info, shape.data(), rank), "say an output's shape");
    set_shape(signature, i, std::move(shape));
  }
}

// Buffers on the host, one a tensor, and a query through them. Where the provider computes in the
// host's memory, they are bound once. Elsewhere a binding would take the input to the device when
// it is made and never again, so every query hands them over.
class OrtQueries final : public Session {
 public:
  OrtQueries(OrtSession* session, Signature signature, bool in_host_memory)
      : api_(ort()), session_(session), signature_(std::move(signature)) {
    OrtRunOptions* run = nullptr;
    check(api_.CreateRunOptions(&run), "make options");
    run_.reset(run);
    check(api_.RunOptionsSetRunLogSeverityLevel(run, ORT_LOGGING_LEVEL_ERROR), "set its log level");
    for (const TensorInfo& tensor : signature_.inputs)
      input_bytes_ += inputs_.emplace_back(tensor).size();
    for (const TensorInfo& tensor : signature_.outputs)
      output_bytes_ += outputs_.emplace_back(tensor).size();
    if (in_host_memory)
      bind();
    else
      list();
  }

  const Signature& signature() const override { return signature_; }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
    for (const Buffer& buffer : inputs_) {
      std::memcpy(buffer.data(), in.data(), buffer.size());
      in = in.subspan(buffer.size());
    }
    check(binding_ ? api_.RunWithBinding(session_, run_.get(), binding_.get())
                   : api_.Run(session_, run_.get(), input_names_.data(), input_values_.data(),
                              input_values_.size(), output_names_.data(), output_names_.size(),
                              output_values_.data()),
          "run the model");
    for (const Buffer& buffer : outputs_) {
      std::memcpy(out.data(), buffer.data(), buffer.size());
      out = out.subspan(buffer.size());
    }
  }

 private:
  void bind() {
    OrtIoBinding* binding = nullptr;
    check(api_.CreateIoBinding(session_, &binding), "bind buffers");
    binding_.reset(binding);
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      check(api_.BindInput(binding, signature_.inputs[i].name.c_str(), inputs_[i].value()),
            "bind an input");
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      check(api_.BindOutput(binding, signature_.outputs[i].name.c_str(), outputs_[i].value()),
            "bind an output");
  }

  void list() {
    for (const TensorInfo& tensor : signature_.inputs) input_names_.push_back(tensor.name.c_str());
    for (const TensorInfo& tensor : signature_.outputs)
      output_names_.push_back(tensor.name.c_str());
    for (const Buffer& buffer : inputs_) input_values_.push_back(buffer.value());
    for (const Buffer& buffer : outputs_) output_values_.push_back(buffer.value());
  }

  const OrtApi& api_;
  OrtSession* session_;
  Signature signature_;
  std::vector<Buffer> inputs_, outputs_;
  std::size_t input_bytes_ = 0, output_bytes_ = 0;
  Owned<OrtIoBinding> binding_;  // null: the lists below are handed over
  std::vector<const char*> input_names_, output_names_;
  std::vector<const OrtValue*> input_values_;
  std::vector<OrtValue*> output_values_;
  Owned<OrtRunOptions> run_;
};

class OrtModel final : public CompiledModel {
 public:
  OrtModel(const Model& model, int window, const SessionSettings& settings,
           Owned<OrtSession> session, std::vector<Reason> remarks)
      : model_(model),
        window_(window),
        precision_(settings.precision),
        in_host_memory_(settings.provider == nullptr),
        session_(std::move(session)),
        remarks_(std::move(remarks)) {}

  // All Sessions share one OrtSession, whose Run() may be called from several threads at once.
  std::unique_ptr<Session> open(int batch) override { return bound(batch, window_); }
  std::unique_ptr<Session> open_steps(int batch) override { return feed_back(bound(batch, 1)); }
  Precision precision() const override { return precision_; }
  std::vector<Reason> remarks() const override { return remarks_; }

 private:
  std::unique_ptr<Session> bound(int batch, int window) const {
    Signature signature = signature_of(model_, batch, window);
    if (!tells_its_outputs(model_)) ask_for_outputs(session_.get(), signature);
    return std::make_unique<OrtQueries>(session_.get(), std::move(signature), in_host_memory_);
  }

  Model model_;
  int window_;
  Precision precision_;
  bool in_host_memory_;
  Owned<OrtSession> session_;
  std::vector<Reason> remarks_;
};

GraphOptimizationLevel level_of(const std::string& optimisation) {
  if (optimisation == "none") return ORT_DISABLE_ALL;
  if (optimisation == "basic") return ORT_ENABLE_BASIC;
  if (optimisation == "extended") return ORT_ENABLE_EXTENDED;
  return ORT_ENABLE_ALL;
}

Owned<OrtSessionOptions> options_for(const SessionSettings& settings) {
  const OrtApi& api = ort();
  OrtSessionOptions* options = nullptr;
  check(api.CreateSessionOptions(&options), "make options");
  Owned<OrtSessionOptions> owned(options);
  check(api.SetIntraOpNumThreads(options, settings.threads), "set its threads");
  check(api.SetInterOpNumThreads(options, 1), "set its threads");
  check(api.SetSessionExecutionMode(options, ORT_SEQUENTIAL), "run operators in turn");
  check(api.SetSessionGraphOptimizationLevel(options, level_of(settings.optimisation)),
        "set its optimisation");
  check(api.AddSessionConfigEntry(options, "session.intra_op.allow_spinning",
                                  settings.spinning ? "1" : "0"),
        "set its spinning");
  if (settings.provider != nullptr)
    append(options, *settings.provider, settings.device, settings.precision);
  // Only the most talkative level tells which provider got which node.
  check(api.SetSessionLogSeverityLevel(options, settings.provider == nullptr
                                                    ? ORT_LOGGING_LEVEL_ERROR
                                                    : ORT_LOGGING_LEVEL_VERBOSE),
        "set its log level");
  return owned;
}

// Nodes that another provider than the wanted one got, from a log such as
//   " Node(s) placed on [CPUExecutionProvider]. Number of nodes: 2", "  Gather (#3)", ...
std::vector<Reason> remarks_of(const std::vector<std::string>& log, const std::string& wanted) {
  bool elsewhere = false;
  double count = 0;
  std::string names;
  for (const std::string& line : log) {
    const auto placed = line.find(" placed on [");
    if (placed != std::string::npos)
      elsewhere = line.compare(placed + 12, wanted.size(), wanted) != 0;
    else if (elsewhere && line.starts_with("  ") && line.ends_with(")")) {
      ++count;
      names += (names.empty() ? "" : ", ") + line.substr(2);
    } else {
      elsewhere = false;
    }
  }
  if (count == 0) return {};
  return {{ReasonCode::nodes_on_cpu, {{"n", count, ""}}, names}};
}

}  // namespace

std::unique_ptr<CompiledModel> compile_for(const Model& model, const std::filesystem::path& file,
                                           int window, const SessionSettings& settings) {
  const auto options = options_for(settings);
  OrtEnv* const started = environment();
  const Log log;
  OrtSession* session = nullptr;
  check(ort().CreateSession(started, file.c_str(), options.get(), &session),
        fmt::format("load {}", file.string()).c_str());
  Owned<OrtSession> owned(session);
  std::vector<Reason> remarks;
  if (settings.provider != nullptr) remarks = remarks_of(log.lines(), settings.provider->name);
  return std::make_unique<OrtModel>(model, window, settings, std::move(owned), std::move(remarks));
}

}  // namespace steelyard::onnxruntime
