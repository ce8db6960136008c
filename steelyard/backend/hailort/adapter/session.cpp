// SPDX-License-Identifier: Apache-2.0
// See session.h. A query is: copy into page-aligned buffers that are bound once, run, copy out. A
// batch goes as one burst of frames.
#include "steelyard/backend/hailort/adapter/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <map>
#include <utility>

#include "steelyard/backend/finished.h"
#include "steelyard/backend/hailort/adapter/frames.h"

namespace steelyard::hailo {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};  // the library's own default

class OneQuery final : public Session {
 public:
  explicit OneQuery(Configured& configured) : configured_(configured), frames_(configured) {}

  const Signature& signature() const override { return configured_.signature; }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    frames_.check_query(in, out);
    frames_.copy_in(in);
    auto& bindings = frames_.bindings();
    if (bindings.size() == 1)
      check(configured_.runner.run(bindings.front(), kPatience), "run the model");
    else
      run_burst(bindings);
    frames_.copy_out(out);
  }

 private:
  void run_burst(const std::vector<hailort::ConfiguredInferModel::Bindings>& bindings) {
    // Its queue may be shorter than the burst.
    const std::size_t room = take(configured_.runner.get_async_queue_size(), "measure its queue");
    for (std::size_t i = 0; i < bindings.size();) {
      const std::size_t n = std::min(std::max<std::size_t>(room, 1), bindings.size() - i);
      check(configured_.runner.wait_for_async_ready(kPatience, static_cast<std::uint32_t>(n)),
            "take another frame");
      // A burst as a whole is one job; a copy of bindings shares their buffers.
      hailort::AsyncInferJob job =
          n == bindings.size() ? take(configured_.runner.run_async(bindings), "run the model")
                               : take(configured_.runner.run_async(std::vector(
                                          bindings.begin() + static_cast<std::ptrdiff_t>(i),
                                          bindings.begin() + static_cast<std::ptrdiff_t>(i + n))),
                                      "run the model");
      const hailo_status status = job.wait(kPatience);
      if (status != HAILO_SUCCESS) job.detach();  // its destructor would wait once more
      check(status, "run the model");
      i += n;
    }
  }

  Configured& configured_;
  Frames frames_;
};

// The library's threads answer and call back.
class QueryStream final : public Stream {
 public:
  QueryStream(Configured& configured, int depth, Clock& clock)
      : configured_(configured), clock_(clock), finished_(static_cast<std::size_t>(depth)) {
    for (int i = 0; i < depth; ++i) {
      slots_.push_back(std::make_unique<Slot>(*this, configured));
      slots_.back()->index = static_cast<std::uint32_t>(i);
    }
  }
  ~QueryStream() override {
    for (; in_flight_ > 0; --in_flight_) finished_.take();
  }

  const Signature& signature() const override { return configured_.signature; }

  void submit(std::uint32_t index, std::span<const std::byte> in,
              std::span<std::byte> out) override {
    Slot& slot = free_slot(slots_, index);
    slot.frames.check_query(in, out);
    slot.out = out;
    slot.frames.copy_in(in);
    const auto frames = static_cast<std::uint32_t>(slot.frames.bindings().size());
    check(configured_.runner.wait_for_async_ready(kPatience, frames), "take another frame");
    auto job =
        take(configured_.runner.run_async(
                 slot.frames.bindings(),
                 [&slot](const hailort::AsyncInferCompletionInfo& info) { done(slot, info); }),
             "run the model");
    job.detach();
    slot.in_flight = true;
    ++in_flight_;
  }

  Completion wait() override {
    if (in_flight_ == 0) throw Error("nothing is in flight in the stream");
    Slot& slot = *slots_[finished_.take()];
    slot.in_flight = false;
    --in_flight_;
    check(slot.status, "run the model");
    return {slot.index, slot.finished};
  }

 private:
  struct Slot {
    Slot(QueryStream& owner, Configured& configured) : owner(owner), frames(configured) {}
    QueryStream& owner;
    Frames frames;
    std::uint32_t index = 0;
    bool in_flight = false;  // the owner's view
    std::span<std::byte> out;
    hailo_status status = HAILO_SUCCESS;
    nanoseconds finished{0};
  };

  static void done(Slot& slot, const hailort::AsyncInferCompletionInfo& info) {
    slot.status = info.status;
    if (info.status == HAILO_SUCCESS) slot.frames.copy_out(slot.out);
    slot.finished = slot.owner.clock_.now();
    slot.owner.finished_.hand_over(slot.index);
  }

  Configured& configured_;
  Clock& clock_;
  FinishedSlots finished_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint32_t in_flight_ = 0;
};

class OpenedModel final : public HefModel {
 public:
  OpenedModel(const Model& model, std::filesystem::path hef, const std::string& id, int window,
              const HefSettings& settings)
      : model_(model),
        hef_(std::move(hef)),
        window_(window),
        settings_(settings),
        device_(take(hailort::VDevice::create(std::vector<std::string>{id}), "open " + id)),
        chips_(take(device_->get_physical_devices(), "reach " + id)) {}

  std::unique_ptr<Session> open(int batch) override {
    return std::make_unique<OneQuery>(configured(batch));
  }

  std::unique_ptr<Stream> stream(int depth, int batch) override {
    if (depth < 1) throw Error(fmt::format("a stream cannot have {} queries in flight", depth));
    return std::make_unique<QueryStream>(configured(batch), depth, clock());
  }

  Precision precision() const override { return Precision::int8; }

  // The average that the library takes from the driver's interrupts, in a configuration of its own:
  // the interrupts would slow the timed queries.
  std::vector<TimePart> parts(std::span<const std::byte> in, std::span<std::byte> out, int batch,
                              int queries) override {
    const auto measured = configure(batch, HAILO_LATENCY_MEASURE);
    OneQuery query(*measured);
    for (int i = 0; i < queries; ++i) query.infer(in, out);
    const auto latency = measured->runner.get_hw_latency_measurement();
    if (!latency) return {};
    return {{"device", static_cast<double>(latency->avg_hw_latency.count()),
             "from the first interrupt of the input transfer to the last of the output, average "
             "only (HailoRT)"}};
  }

  hailort::Device& chip() override { return chips_.front().get(); }
  std::shared_ptr<void> owner() override { return device_; }

 private:
  Configured& configured(int batch) {
    auto& found = configured_[batch];
    if (!found) found = configure(batch, HAILO_LATENCY_NONE);
    return *found;
  }

  std::unique_ptr<Configured> configure(int batch, hailo_latency_measurement_flags_t latency) {
    auto made = std::make_unique<Configured>();
    made->signature = signature_of(model_, batch, window_);
    made->batch = batch;
    made->model = take(device_->create_infer_model(hef_.string()), "load " + hef_.string());
    made->model->set_batch_size(static_cast<std::uint16_t>(std::min(batch, 1024)));
    made->model->set_hw_latency_measurement_flags(latency);
    fit(made->signature.inputs, made->model->get_input_names(), batch,
        [&](const std::string& name) { return made->model->input(name); });
    fit(made->signature.outputs, made->model->get_output_names(), batch,
        [&](const std::string& name) { return made->model->output(name); });
    made->runner = take(made->model->configure(), "configure " + hef_.string());
    return made;
  }

  // The HEF's streams must hold the model's tensors one for one.
  template <class StreamOf>
  void fit(std::vector<TensorInfo>& tensors, const std::vector<std::string>& names, int batch,
           StreamOf stream_of) const {
    if (names.size() != tensors.size())
      throw Unsupported(fmt::format("{} has {} streams where the model has {} tensors",
                                    hef_.string(), names.size(), tensors.size()),
                        "compile this model: steelyard convert MODEL --to hailort:0");
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      TensorInfo& tensor = tensors[i];
      auto stream = take(stream_of(names[i]), "find " + names[i]);
      stream.set_format_type(settings_.raw ? HAILO_FORMAT_TYPE_AUTO : HAILO_FORMAT_TYPE_FLOAT32);
      const hailo_3d_image_shape_t shape = stream.shape();
      const std::size_t frame = std::size_t{shape.height} * shape.width * shape.features;
      if (frame * static_cast<std::size_t>(batch) != tensor.elements() ||
          (batch > 1 && tensor.batch_axis != 0))
        throw Unsupported(
            fmt::format("{} takes frames of [{},{},{}] for '{}', the model's is [{}] at a batch "
                        "of {}",
                        hef_.string(), shape.height, shape.width, shape.features, tensor.name,
                        fmt::join(tensor.shape, ","), batch),
            "compile this model: steelyard convert MODEL --to hailort:0");
      if (settings_.raw) quantise(tensor, stream, frame);
    }
  }

  static void quantise(TensorInfo& tensor, const hailort::InferModel::InferStream& stream,
                       std::size_t frame) {
    if (stream.get_frame_size() != frame)
      throw Unsupported(fmt::format("'{}' is not made of bytes in this HEF", tensor.name),
                        "measure with --set hailort.io=float");
    tensor.type = ElementType::u8;
    const auto infos = stream.get_quant_infos();
    if (!infos.empty()) tensor.quantised = {infos.front().qp_scale, infos.front().qp_zp};
  }

  Model model_;
  std::filesystem::path hef_;
  int window_;
  HefSettings settings_;
  std::shared_ptr<hailort::VDevice> device_;
  std::vector<std::reference_wrapper<hailort::Device>> chips_;
  std::map<int, std::unique_ptr<Configured>> configured_;  // by batch
};

}  // namespace

std::unique_ptr<HefModel> compile_for(const Model& model, const std::filesystem::path& hef,
                                      const std::string& id, int window,
                                      const HefSettings& settings) {
  return std::make_unique<OpenedModel>(model, hef, id, window, settings);
}

}  // namespace steelyard::hailo
