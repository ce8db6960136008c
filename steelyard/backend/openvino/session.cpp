// SPDX-License-Identifier: Apache-2.0
// See session.h. A query is: copy into the request's own tensors, run, copy out; the copies are
// inside the timed region as for every backend.
#include "steelyard/backend/openvino/session.h"

#include <fmt/format.h>

#include <cstring>
#include <exception>
#include <map>
#include <utility>

#include "steelyard/backend/finished.h"
#include "steelyard/backend/openvino/library.h"
#include "steelyard/backend/states.h"

namespace steelyard::openvino {
namespace {

const char* text_of(Precision precision) {
  return precision == Precision::bf16 ? "bf16" : precision == Precision::fp16 ? "f16" : "f32";
}

// A request with the memory behind its tensors. Gives outputs of `signature` the shapes that the
// runtime found for them.
class Request {
 public:
  Request(const ov_compiled_model_t* model, Signature& signature) {
    ov_infer_request_t* made = nullptr;
    check(ov().ov_compiled_model_create_infer_request(model, &made), "open a request");
    handle_.reset(made);
    for (const TensorInfo& tensor : signature.inputs)
      input_bytes_ += inputs_.emplace_back(memory_of(tensor)).size();
    for (std::size_t i = 0; i < signature.outputs.size(); ++i) {
      const std::string& name = signature.outputs[i].name;
      if (auto shape = shape_of(name); shape != signature.outputs[i].shape)
        set_shape(signature, i, std::move(shape));
      output_bytes_ += outputs_.emplace_back(memory_of(signature.outputs[i])).size();
      if (outputs_.back().empty())
        throw Unsupported(
            fmt::format("how large the output '{}' is, OpenVINO knows only after a query", name),
            "measure this model with another runtime");
    }
  }

  ov_infer_request_t* handle() const { return handle_.get(); }

  void copy_in(std::span<const std::byte> in) const {
    for (const auto& memory : inputs_) {
      std::memcpy(memory.data(), in.data(), memory.size());
      in = in.subspan(memory.size());
    }
  }
  void copy_out(std::span<std::byte> out) const {
    for (const auto& memory : outputs_) {
      std::memcpy(out.data(), memory.data(), memory.size());
      out = out.subspan(memory.size());
    }
  }
  void check_query(std::span<const std::byte> in, std::span<std::byte> out) const {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
  }

 private:
  Owned<ov_tensor_t> tensor_named(const std::string& name) const {
    ov_tensor_t* found = nullptr;
    check(ov().ov_infer_request_get_tensor(handle_.get(), name.c_str(), &found), "find a tensor");
    return Owned<ov_tensor_t>(found);
  }
  std::vector<std::int64_t> shape_of(const std::string& name) const {
    ov_shape_t shape{};
    check(ov().ov_tensor_get_shape(tensor_named(name).get(), &shape), "say an output's shape");
    const std::vector<std::int64_t> axes(shape.dims, shape.dims + shape.rank);
    ov().ov_shape_free(&shape);
    return axes;
  }
  std::span<std::byte> memory_of(const TensorInfo& tensor) {
    ov_tensor_t* const found = tensors_.emplace_back(tensor_named(tensor.name)).get();
    void* data = nullptr;
    std::size_t bytes = 0;
    check(ov().ov_tensor_data(found, &data), "reach a tensor's memory");
    check(ov().ov_tensor_get_byte_size(found, &bytes), "measure a tensor");
    if (const auto expected = Signature{{tensor}, {}}.input_bytes(); bytes != expected)
      throw Unsupported(fmt::format("OpenVINO holds tensor '{}' in {} bytes instead of {}",
                                    tensor.name, bytes, expected));
    return {static_cast<std::byte*>(data), bytes};
  }

  Owned<ov_infer_request_t> handle_;
  std::vector<Owned<ov_tensor_t>> tensors_;
  std::vector<std::span<std::byte>> inputs_, outputs_;
  std::size_t input_bytes_ = 0, output_bytes_ = 0;
};

class OneRequest final : public Session {
 public:
  OneRequest(const ov_compiled_model_t* model, Signature signature)
      : infer_(ov().ov_infer_request_infer),
        signature_(std::move(signature)),
        request_(model, signature_) {}

  const Signature& signature() const override { return signature_; }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    request_.check_query(in, out);
    request_.copy_in(in);
    check(infer_(request_.handle()), "run the model");
    request_.copy_out(out);
  }

 private:
  decltype(&ov_infer_request_infer) infer_;
  Signature signature_;
  Request request_;
};

// A request a slot; the runtime's own threads answer and call back.
class RequestStream final : public Stream {
 public:
  RequestStream(const ov_compiled_model_t* model, Signature signature, int depth, Clock& clock)
      : signature_(std::move(signature)), finished_(static_cast<std::size_t>(depth)) {
    for (int i = 0; i < depth; ++i) {
      slots_.push_back(std::make_unique<Slot>(model, signature_, *this, clock));
      Slot& slot = *slots_.back();
      slot.index = static_cast<std::uint32_t>(i);
      slot.callback = {&done, &slot};
      check(ov().ov_infer_request_set_callback(slot.request.handle(), &slot.callback),
            "be called back");
    }
  }
  ~RequestStream() override {
    for (; in_flight_ > 0; --in_flight_)
      ov().ov_infer_request_wait(slots_[finished_.take()]->request.handle());
  }

  const Signature& signature() const override { return signature_; }

  void submit(std::uint32_t index, std::span<const std::byte> in,
              std::span<std::byte> out) override {
    Slot& slot = free_slot(slots_, index);
    slot.request.check_query(in, out);
    slot.out = out;
    slot.request.copy_in(in);
    check(ov().ov_infer_request_start_async(slot.request.handle()), "run the model");
    slot.in_flight = true;
    ++in_flight_;
  }

  Completion wait() override {
    if (in_flight_ == 0) throw Error("nothing is in flight in the stream");
    Slot& slot = *slots_[finished_.take()];
    slot.in_flight = false;
    --in_flight_;
    // The callback has run; this is where a failure is told.
    check(ov().ov_infer_request_wait(slot.request.handle()), "run the model");
    return {slot.index, slot.finished};
  }

 private:
  struct Slot {
    Slot(const ov_compiled_model_t* model, Signature& signature, RequestStream& owner, Clock& clock)
        : owner(owner), clock(clock), request(model, signature) {}
    RequestStream& owner;
    Clock& clock;
    ov_callback_t callback{};  // the library keeps the pointer to it
    Request request;
    std::uint32_t index = 0;
    bool in_flight = false;  // the owner's view
    std::span<std::byte> out;
    nanoseconds finished{0};
  };

  static void done(void* argument) {
    Slot& slot = *static_cast<Slot*>(argument);
    slot.request.copy_out(slot.out);
    slot.finished = slot.clock.now();
    slot.owner.finished_.hand_over(slot.index);
  }

  Signature signature_;
  FinishedSlots finished_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint32_t in_flight_ = 0;
};

class PartialShape {
 public:
  explicit PartialShape(const std::vector<std::int64_t>& shape) {
    check(ov().ov_partial_shape_create_static(static_cast<std::int64_t>(shape.size()), shape.data(),
                                              &shape_),
          "describe a shape");
  }
  PartialShape(const PartialShape&) = delete;  // owns what the handle points to
  PartialShape& operator=(const PartialShape&) = delete;
  ~PartialShape() { ov().ov_partial_shape_free(&shape_); }
  const ov_partial_shape_t& handle() const { return shape_; }

 private:
  ov_partial_shape_t shape_{};
};

class OpenVinoModel final : public CompiledModel {
 public:
  OpenVinoModel(const Model& model, std::filesystem::path file, int window, ModelSettings settings)
      : model_(model),
        file_(std::move(file)),
        window_(window),
        settings_(std::move(settings)),
        obtained_(settings_.precision) {}

  std::unique_ptr<Session> open(int batch) override { return one(batch, window_); }
  std::unique_ptr<Session> open_steps(int batch) override { return feed_back(one(batch, 1)); }

  std::unique_ptr<Stream> stream(int depth, int batch) override {
    if (depth < 1) throw Error(fmt::format("a stream cannot have {} queries in flight", depth));
    Signature signature = signature_of(model_, batch, window_);
    return std::make_unique<RequestStream>(compiled(batch, window_, signature),
                                           std::move(signature), depth, clock());
  }

  Precision precision() const override { return obtained_; }

 private:
  std::unique_ptr<Session> one(int batch, int window) {
    Signature signature = signature_of(model_, batch, window);
    return std::make_unique<OneRequest>(compiled(batch, window, signature), std::move(signature));
  }

  const ov_compiled_model_t* compiled(int batch, int window, const Signature& signature) {
    auto& found = compiled_[{batch, window}];
    if (!found) {
      found = compile(signature);
      char* value = nullptr;
      check(ov().ov_compiled_model_get_property(found.get(), "INFERENCE_PRECISION_HINT", &value),
            "say its precision");
      const std::string_view text = value;
      obtained_ = text == "bf16"  ? Precision::bf16
                  : text == "f16" ? Precision::fp16
                                  : Precision::fp32;
      ov().ov_free(value);
    }
    return found.get();
  }

  Owned<ov_compiled_model_t> compile(const Signature& signature) const {
    ov_model_t* read = nullptr;
    if (const auto status = ov().ov_core_read_model(core(), file_.c_str(), nullptr, &read);
        status != ov_status_e::OK)
      refuse(status, fmt::format("load {}", file_.string()));
    const Owned<ov_model_t> model(read);
    fix_shapes(model.get(), signature);
    const ModelSettings& s = settings_;
    ov_compiled_model_t* made = nullptr;
    ov_status_e status;
    // The precision is always set: the default is the device's own choice, bf16 on some CPUs.
    if (s.device.starts_with("NPU"))
      status = ov().ov_core_compile_model(
          core(), model.get(), s.device.c_str(), 6, &made, "PERFORMANCE_HINT", s.hint.c_str(),
          "INFERENCE_PRECISION_HINT", text_of(s.precision), "CACHE_DIR", s.cache.c_str());
    else if (s.device.starts_with("GPU"))
      status = ov().ov_core_compile_model(
          core(), model.get(), s.device.c_str(), 8, &made, "PERFORMANCE_HINT", s.hint.c_str(),
          "INFERENCE_PRECISION_HINT", text_of(s.precision), "CACHE_DIR", s.cache.c_str(),
          "NUM_STREAMS", s.streams.c_str());
    else
      status = ov().ov_core_compile_model(
          core(), model.get(), s.device.c_str(), 10, &made, "PERFORMANCE_HINT", s.hint.c_str(),
          "INFERENCE_PRECISION_HINT", text_of(s.precision), "CACHE_DIR", s.cache.c_str(),
          "NUM_STREAMS", s.streams.c_str(), "INFERENCE_NUM_THREADS", s.threads.c_str());
    if (status != ov_status_e::OK) refuse(status, fmt::format("compile {}", file_.string()));
    return Owned<ov_compiled_model_t>(made);
  }

  void fix_shapes(const ov_model_t* model, const Signature& signature) const {
    std::vector<const char*> names;
    std::vector<std::unique_ptr<PartialShape>> owned;
    std::vector<ov_partial_shape_t> shapes;
    for (const TensorInfo& input : signature.inputs) {
      names.push_back(input.name.c_str());
      owned.push_back(std::make_unique<PartialShape>(input.shape));
      shapes.push_back(owned.back()->handle());
    }
    check(ov().ov_model_reshape(model, names.data(), shapes.data(), shapes.size()),
          "fix the model's shapes");
  }

  Model model_;
  std::filesystem::path file_;
  int window_;
  ModelSettings settings_;
  Precision obtained_;
  std::map<std::pair<int, int>, Owned<ov_compiled_model_t>> compiled_;  // by batch and window
};

}  // namespace

std::unique_ptr<CompiledModel> compile_for(const Model& model, const std::filesystem::path& file,
                                           int window, const ModelSettings& settings) {
  return std::make_unique<OpenVinoModel>(model, file, window, settings);
}

}  // namespace steelyard::openvino
