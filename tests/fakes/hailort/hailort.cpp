// SPDX-License-Identifier: Apache-2.0
// The stand-in library. A "HEF" is a small text that names an ONNX file; it is answered by our own
// engine, with bytes as a Hailo-8L would see them in between. Thread-safe.
#include "hailo/hailort.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "steelyard/base/error.h"
#include "steelyard/engine/engine.h"
#include "steelyard/model/model.h"
#include "tests/fakes/hailort/faults.h"

#ifndef FAKE_HAILORT_VERSION
#define FAKE_HAILORT_VERSION 4, 23, 0
#endif

namespace {

struct Fault {
  int status = 0, skip = 0;
};
struct World {
  std::mutex mutex;
  std::map<std::string, Fault> faults;
  std::atomic<int> delay{0}, devices{1}, queue{4};
  std::atomic<bool> power{false};
};
World& world() {
  static World& made = *new World;  // outlives every thread
  return made;
}

hailo_status fault(const char* call) {
  const std::lock_guard lock(world().mutex);
  const auto found = world().faults.find(call);
  if (found == world().faults.end() || found->second.skip-- > 0) return HAILO_SUCCESS;
  return static_cast<hailo_status>(found->second.status);
}

constexpr float kInputScale = 2.0f / 255, kOutputScale = 12.0f / 255, kZero = 127.5f;

float rounded(float value, float scale) {
  return std::clamp(std::nearbyint(value / scale + kZero), 0.0f, 255.0f);
}

}  // namespace

void fake_hailort_fail(const char* call, int status, int skip) {
  const std::lock_guard lock(world().mutex);
  if (status == 0)
    world().faults.erase(call);
  else
    world().faults[call] = {status, skip};
}
void fake_hailort_delay(int milliseconds) { world().delay = milliseconds; }
void fake_hailort_devices(int count, bool power) {
  world().devices = count;
  world().power = power;
}
void fake_hailort_queue(int frames) { world().queue = frames; }
void fake_hailort_mend() {
  const std::lock_guard lock(world().mutex);
  world().faults.clear();
  world().delay = 0;
  world().devices = 1;
  world().queue = 4;
  world().power = false;
}

hailo_status hailo_get_library_version(hailo_version_t* version) {
  if (const auto status = fault("version")) return status;
  *version = {FAKE_HAILORT_VERSION};
  return HAILO_SUCCESS;
}

const char* hailo_get_status_message(hailo_status status) {
  switch (status) {
#define FAKE_HAILO_STATUS(name, number) \
  case name:                            \
    return #name;
    FAKE_HAILO_STATUSES(FAKE_HAILO_STATUS)
#undef FAKE_HAILO_STATUS
  }
  return nullptr;
}

namespace hailort {

struct Hef::Content {
  hailo_device_architecture_t arch = HAILO_ARCH_HAILO8L;
  std::string model;
  int window = 8, features = 0, outputs = 0;
  std::shared_ptr<const steelyard::Engine> engine;

  hailo_vstream_info_t info(const char* name, bool input) const {
    hailo_vstream_info_t info{};
    std::snprintf(info.name, sizeof info.name, "%s", name);
    info.shape = input ? hailo_3d_image_shape_t{1, static_cast<uint32_t>(window),
                                                static_cast<uint32_t>(features)}
                       : hailo_3d_image_shape_t{1, 1, static_cast<uint32_t>(outputs)};
    const float scale = input ? kInputScale : kOutputScale;
    info.quant_info = {kZero, scale, -kZero * scale, kZero * scale};
    return info;
  }
};

Expected<Hef> Hef::create(const std::string& path) {
  if (const auto status = fault("hef")) return status;
  std::ifstream file(path);
  if (!file) return HAILO_OPEN_FILE_FAILURE;
  std::string word;
  if (!(file >> word)) return HAILO_INVALID_HEF;
  if (word != "FAKEHEF") return HAILO_HEF_NOT_SUPPORTED;
  Hef hef;
  hef.content_ = std::make_shared<Content>();
  Content& content = *hef.content_;
  std::string arch;
  if (!(file >> word >> arch) || word != "arch" || !(file >> word >> content.model) ||
      word != "model" || !(file >> word >> content.window) || word != "window" ||
      content.window < 1 || content.window > 1 << 16)
    return HAILO_HEF_FILE_CORRUPTED;
  if (arch == "hailo8") content.arch = HAILO_ARCH_HAILO8;
  try {
    const auto network = steelyard::network_of(steelyard::load_model(content.model));
    if (!steelyard::beyond_plain(network).empty()) return HAILO_HEF_NOT_SUPPORTED;
    content.features = network.features;
    content.outputs = network.outputs();
    content.engine = steelyard::Engine::compile(network);
  } catch (const steelyard::Error&) {
    return HAILO_HEF_FILE_CORRUPTED;
  }
  return hef;
}

Expected<std::vector<hailo_vstream_info_t>> Hef::get_input_vstream_infos(const std::string&) const {
  if (const auto status = fault("vstream_infos")) return status;
  return std::vector{content_->info("net/input_layer1", true)};
}
Expected<std::vector<hailo_vstream_info_t>> Hef::get_output_vstream_infos(
    const std::string&) const {
  return std::vector{content_->info("net/output_layer1", false)};
}
Expected<hailo_device_architecture_t> Hef::get_hef_device_arch() const { return content_->arch; }

Expected<std::vector<std::string>> Device::scan() {
  if (const auto status = fault("scan")) return status;
  std::vector<std::string> ids;
  for (int i = 0; i < world().devices; ++i)
    ids.push_back("0000:0" + std::to_string(i + 1) + ":00.0");
  return ids;
}
Expected<std::unique_ptr<Device>> Device::create(const std::string&) {
  if (const auto status = fault("create_device")) return status;
  return std::make_unique<Device>();
}
Expected<hailo_device_identity_t> Device::identify() {
  if (const auto status = fault("identify")) return status;
  return hailo_device_identity_t{{FAKE_HAILORT_VERSION}, HAILO_ARCH_HAILO8L};
}
Expected<hailo_extended_device_information_t> Device::get_extended_device_information() {
  if (const auto status = fault("extended_information")) return status;
  return hailo_extended_device_information_t{400'000'000};
}
Expected<hailo_chip_temperature_info_t> Device::get_chip_temperature() {
  if (const auto status = fault("temperature")) return status;
  return hailo_chip_temperature_info_t{41.0f, 41.5f, 7};
}
Expected<hailo_health_info_t> Device::get_health_information() {
  if (const auto status = fault("health")) return status;
  return hailo_health_info_t{false, 0, true, -1};
}
Expected<Device::Capabilities> Device::get_capabilities() {
  if (const auto status = fault("capabilities")) return status;
  return Capabilities{world().power, world().power, true};
}
Expected<float32_t> Device::power_measurement(hailo_dvm_options_t,
                                              hailo_power_measurement_types_t) {
  if (!world().power) return HAILO_UNSUPPORTED_OPCODE;
  if (const auto status = fault("power")) return status;
  return 1.5f;
}

// As the real one: a message of ProtoMon with one device that was busy for 12.5 % of a second.
VDevice::VDevice() {
  const char* const wanted = std::getenv("HAILO_MONITOR");
  if (wanted == nullptr || std::string(wanted) != "1") return;
  std::error_code ignored;
  std::filesystem::create_directories("/tmp/hmon_files", ignored);
  monitor_ = "/tmp/hmon_files/" + std::to_string(::getpid()) + "XXXXXX";
  const int file = ::mkstemp(monitor_.data());
  const double busy = 12.5;
  std::string device(
      "\x0A\x0C"
      "0000:01:00.0"
      "\x11",
      15);
  device.append(reinterpret_cast<const char*>(&busy), sizeof busy);
  device += "\x1A\x07HAILO8L";
  const std::string message = std::string(
                                  "\x0A\x04"
                                  "1234"
                                  "\x12\x0E\x0A\x03net\x11\0\0\0\0\0\0\x29\x40",
                                  22) +
                              "\x22" + static_cast<char>(device.size()) + device;
  if (::write(file, message.data(), message.size()) < 0) monitor_.clear();
  ::close(file);
}
VDevice::~VDevice() {
  if (!monitor_.empty()) ::unlink(monitor_.c_str());
}
Expected<std::unique_ptr<VDevice>> VDevice::create(const std::vector<std::string>&) {
  if (const auto status = fault("create_vdevice")) return status;
  return std::make_unique<VDevice>();
}
Expected<std::shared_ptr<InferModel>> VDevice::create_infer_model(const std::string& path,
                                                                  const std::string&) {
  if (const auto status = fault("create_infer_model")) return status;
  auto hef = Hef::create(path);
  if (!hef) return hef.status();
  const Hef read = hef.release();
  if (read.content()->arch != HAILO_ARCH_HAILO8L) return HAILO_HEF_NOT_COMPATIBLE_WITH_DEVICE;
  return std::make_shared<InferModel>(read);
}
Expected<std::vector<std::reference_wrapper<Device>>> VDevice::get_physical_devices() const {
  if (const auto status = fault("physical_devices")) return status;
  return std::vector<std::reference_wrapper<Device>>{device_};
}

struct InferModel::InferStream::Description {
  hailo_vstream_info_t info;
  hailo_format_type_t type = HAILO_FORMAT_TYPE_AUTO;
  std::size_t elements() const {
    return std::size_t{info.shape.height} * info.shape.width * info.shape.features;
  }
  std::size_t bytes() const {
    return elements() * (type == HAILO_FORMAT_TYPE_FLOAT32 ? sizeof(float) : 1);
  }
};

const std::string InferModel::InferStream::name() const { return about_->info.name; }
hailo_3d_image_shape_t InferModel::InferStream::shape() const { return about_->info.shape; }
std::size_t InferModel::InferStream::get_frame_size() const { return about_->bytes(); }
void InferModel::InferStream::set_format_type(hailo_format_type_t type) { about_->type = type; }
std::vector<hailo_quant_info_t> InferModel::InferStream::get_quant_infos() const {
  return {about_->info.quant_info};
}

InferModel::InferModel(const Hef& hef) : content_(hef.content()) {
  for (const bool input : {true, false}) {
    auto about = std::make_shared<InferStream::Description>();
    about->info = content_->info(input ? "net/input_layer1" : "net/output_layer1", input);
    about_.push_back(about);
    (input ? inputs_ : outputs_).emplace_back(about);
    (input ? input_names_ : output_names_).push_back(about->info.name);
  }
}
Expected<InferModel::InferStream> InferModel::input(const std::string& name) {
  if (const auto status = fault("input")) return status;
  if (name != input_names_.front()) return HAILO_NOT_FOUND;
  return inputs_.front();
}
Expected<InferModel::InferStream> InferModel::output(const std::string& name) {
  if (name != output_names_.front()) return HAILO_NOT_FOUND;
  return outputs_.front();
}

struct AsyncInferJob::Work {
  std::thread thread;
  std::mutex mutex;
  std::condition_variable done;
  std::optional<hailo_status> status;
};

struct ConfiguredInferModel::Runner {
  std::mutex mutex;
  std::condition_variable room;
  int in_flight = 0;
  std::shared_ptr<InferModel::InferStream::Description> in, out;
  std::unique_ptr<steelyard::EngineSession> session;
  std::shared_ptr<Hef::Content> content;
  bool measures = false;
  std::vector<float> x, y;

  hailo_status answer(const Bindings& bindings) {
    const std::lock_guard lock(mutex);
    if (bindings.in->size() != in->bytes() || bindings.out->size() != out->bytes())
      return HAILO_INSUFFICIENT_BUFFER;
    const bool floats = in->type == HAILO_FORMAT_TYPE_FLOAT32;
    for (std::size_t i = 0; i < x.size(); ++i) {
      float byte = bindings.in->data()[i];
      if (floats) {
        float value;
        std::memcpy(&value, bindings.in->data() + i * sizeof value, sizeof value);
        byte = rounded(value, kInputScale);
      }
      x[i] = (byte - kZero) * kInputScale;
    }
    session->infer(x, y);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const float byte = rounded(y[i], kOutputScale);
      const float value = (byte - kZero) * kOutputScale;
      if (out->type == HAILO_FORMAT_TYPE_FLOAT32)
        std::memcpy(bindings.out->data() + i * sizeof value, &value, sizeof value);
      else
        bindings.out->data()[i] = static_cast<uint8_t>(byte);
    }
    return HAILO_SUCCESS;
  }
};

Expected<ConfiguredInferModel> InferModel::configure() {
  if (const auto status = fault("configure")) return status;
  auto runner = std::make_shared<ConfiguredInferModel::Runner>();
  runner->in = about_[0];
  runner->out = about_[1];
  runner->content = content_;
  runner->session = content_->engine->open(1, content_->window);
  runner->measures = flags_ != HAILO_LATENCY_NONE;
  runner->x.resize(about_[0]->elements());
  runner->y.resize(about_[1]->elements());
  return ConfiguredInferModel(runner);
}

hailo_status ConfiguredInferModel::Bindings::InferStream::set_buffer(MemoryView view) {
  if (const auto status = fault("set_buffer")) return status;
  *view_ = view;
  return HAILO_SUCCESS;
}
Expected<ConfiguredInferModel::Bindings::InferStream> ConfiguredInferModel::Bindings::input(
    const std::string&) {
  if (const auto status = fault("bindings_input")) return status;
  return InferStream(in);
}
Expected<ConfiguredInferModel::Bindings::InferStream> ConfiguredInferModel::Bindings::output(
    const std::string&) {
  return InferStream(out);
}
Expected<ConfiguredInferModel::Bindings> ConfiguredInferModel::create_bindings() {
  if (const auto status = fault("create_bindings")) return status;
  return Bindings();
}

hailo_status ConfiguredInferModel::wait_for_async_ready(std::chrono::milliseconds timeout,
                                                        uint32_t frames) {
  if (const auto status = fault("wait_for_async_ready")) return status;
  std::unique_lock lock(runner_->mutex);
  const bool ready = runner_->room.wait_for(lock, timeout, [&] {
    return runner_->in_flight + static_cast<int>(frames) <=
           std::max(world().queue.load(), static_cast<int>(frames));
  });
  return ready ? HAILO_SUCCESS : HAILO_TIMEOUT;
}

hailo_status ConfiguredInferModel::run(const Bindings& bindings,
                                       std::chrono::milliseconds timeout) {
  if (const auto status = fault("run")) return status;
  const std::chrono::milliseconds delay(world().delay);
  std::this_thread::sleep_for(std::min(delay, timeout));
  return delay >= timeout ? HAILO_TIMEOUT : runner_->answer(bindings);
}

Expected<AsyncInferJob> ConfiguredInferModel::run_async(const Bindings& bindings,
                                                        Callback callback) {
  return run_async(std::vector{bindings}, std::move(callback));
}
Expected<AsyncInferJob> ConfiguredInferModel::run_async(const std::vector<Bindings>& bindings,
                                                        Callback callback) {
  if (const auto status = fault("run_async")) return status;
  auto work = std::make_shared<AsyncInferJob::Work>();
  const int frames = static_cast<int>(bindings.size());
  {
    const std::lock_guard lock(runner_->mutex);
    runner_->in_flight += frames;
  }
  work->thread = std::thread([runner = runner_, bindings, callback, work, frames] {
    std::this_thread::sleep_for(std::chrono::milliseconds(world().delay));
    hailo_status status = fault("completion");
    for (std::size_t i = 0; i < bindings.size() && status == HAILO_SUCCESS; ++i)
      status = runner->answer(bindings[i]);
    {
      const std::lock_guard lock(runner->mutex);
      runner->in_flight -= frames;
    }
    runner->room.notify_all();
    if (callback) callback({status});
    const std::lock_guard lock(work->mutex);
    work->status = status;
    work->done.notify_all();
  });
  return AsyncInferJob(std::move(work));
}
Expected<size_t> ConfiguredInferModel::get_async_queue_size() const {
  if (const auto status = fault("queue_size")) return status;
  return static_cast<size_t>(world().queue.load());
}
Expected<LatencyMeasurementResult> ConfiguredInferModel::get_hw_latency_measurement() {
  if (const auto status = fault("hw_latency")) return status;
  if (!runner_->measures) return HAILO_INVALID_OPERATION;
  return LatencyMeasurementResult{std::chrono::microseconds(57)};
}

hailo_status AsyncInferJob::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(work_->mutex);
  if (!work_->done.wait_for(lock, timeout, [&] { return work_->status.has_value(); }))
    return HAILO_TIMEOUT;
  return *work_->status;
}
void AsyncInferJob::detach() {
  if (work_ && work_->thread.joinable()) work_->thread.detach();
}
AsyncInferJob::~AsyncInferJob() {
  if (work_ && work_->thread.joinable()) work_->thread.join();
}

}  // namespace hailort
