// SPDX-License-Identifier: Apache-2.0
// A stand-in for HailoRT 4.23's header, written from its documentation: the part that our adapter
// calls, in the same names and numbers. hailort.cpp answers with our own engine and with whatever
// faults a test asks for.
#pragma once

#include <chrono>
#include <climits>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

using float32_t = float;

#define FAKE_HAILO_STATUSES(X)                       \
  X(HAILO_SUCCESS, 0)                                \
  X(HAILO_UNINITIALIZED, 1)                          \
  X(HAILO_INVALID_ARGUMENT, 2)                       \
  X(HAILO_OUT_OF_HOST_MEMORY, 3)                     \
  X(HAILO_TIMEOUT, 4)                                \
  X(HAILO_INSUFFICIENT_BUFFER, 5)                    \
  X(HAILO_INVALID_OPERATION, 6)                      \
  X(HAILO_NOT_IMPLEMENTED, 7)                        \
  X(HAILO_INTERNAL_FAILURE, 8)                       \
  X(HAILO_DATA_ALIGNMENT_FAILURE, 9)                 \
  X(HAILO_CHUNK_TOO_LARGE, 10)                       \
  X(HAILO_INVALID_LOGGER_LEVEL, 11)                  \
  X(HAILO_CLOSE_FAILURE, 12)                         \
  X(HAILO_OPEN_FILE_FAILURE, 13)                     \
  X(HAILO_FILE_OPERATION_FAILURE, 14)                \
  X(HAILO_UNSUPPORTED_CONTROL_PROTOCOL_VERSION, 15)  \
  X(HAILO_UNSUPPORTED_FW_VERSION, 16)                \
  X(HAILO_INVALID_CONTROL_RESPONSE, 17)              \
  X(HAILO_FW_CONTROL_FAILURE, 18)                    \
  X(HAILO_ETH_FAILURE, 19)                           \
  X(HAILO_ETH_INTERFACE_NOT_FOUND, 20)               \
  X(HAILO_ETH_RECV_FAILURE, 21)                      \
  X(HAILO_ETH_SEND_FAILURE, 22)                      \
  X(HAILO_INVALID_FIRMWARE, 23)                      \
  X(HAILO_INVALID_CONTEXT_COUNT, 24)                 \
  X(HAILO_INVALID_FRAME, 25)                         \
  X(HAILO_INVALID_HEF, 26)                           \
  X(HAILO_PCIE_NOT_SUPPORTED_ON_PLATFORM, 27)        \
  X(HAILO_INTERRUPTED_BY_SIGNAL, 28)                 \
  X(HAILO_START_VDMA_CHANNEL_FAIL, 29)               \
  X(HAILO_SYNC_VDMA_BUFFER_FAIL, 30)                 \
  X(HAILO_STOP_VDMA_CHANNEL_FAIL, 31)                \
  X(HAILO_CLOSE_VDMA_CHANNEL_FAIL, 32)               \
  X(HAILO_ATR_TABLES_CONF_VALIDATION_FAIL, 33)       \
  X(HAILO_EVENT_CREATE_FAIL, 34)                     \
  X(HAILO_READ_EVENT_FAIL, 35)                       \
  X(HAILO_DRIVER_OPERATION_FAILED, 36)               \
  X(HAILO_INVALID_FIRMWARE_MAGIC, 37)                \
  X(HAILO_INVALID_FIRMWARE_CODE_SIZE, 38)            \
  X(HAILO_INVALID_KEY_CERTIFICATE_SIZE, 39)          \
  X(HAILO_INVALID_CONTENT_CERTIFICATE_SIZE, 40)      \
  X(HAILO_MISMATCHING_FIRMWARE_BUFFER_SIZES, 41)     \
  X(HAILO_INVALID_FIRMWARE_CPU_ID, 42)               \
  X(HAILO_CONTROL_RESPONSE_MD5_MISMATCH, 43)         \
  X(HAILO_GET_CONTROL_RESPONSE_FAIL, 44)             \
  X(HAILO_GET_D2H_EVENT_MESSAGE_FAIL, 45)            \
  X(HAILO_MUTEX_INIT_FAIL, 46)                       \
  X(HAILO_OUT_OF_DESCRIPTORS, 47)                    \
  X(HAILO_UNSUPPORTED_OPCODE, 48)                    \
  X(HAILO_USER_MODE_RATE_LIMITER_NOT_SUPPORTED, 49)  \
  X(HAILO_RATE_LIMIT_MAXIMUM_BANDWIDTH_EXCEEDED, 50) \
  X(HAILO_ANSI_TO_UTF16_CONVERSION_FAILED, 51)       \
  X(HAILO_UTF16_TO_ANSI_CONVERSION_FAILED, 52)       \
  X(HAILO_UNEXPECTED_INTERFACE_INFO_FAILURE, 53)     \
  X(HAILO_UNEXPECTED_ARP_TABLE_FAILURE, 54)          \
  X(HAILO_MAC_ADDRESS_NOT_FOUND, 55)                 \
  X(HAILO_NO_IPV4_INTERFACES_FOUND, 56)              \
  X(HAILO_SHUTDOWN_EVENT_SIGNALED, 57)               \
  X(HAILO_THREAD_ALREADY_ACTIVATED, 58)              \
  X(HAILO_THREAD_NOT_ACTIVATED, 59)                  \
  X(HAILO_THREAD_NOT_JOINABLE, 60)                   \
  X(HAILO_NOT_FOUND, 61)                             \
  X(HAILO_COMMUNICATION_CLOSED, 62)                  \
  X(HAILO_STREAM_ABORT, 63)                          \
  X(HAILO_DRIVER_NOT_INSTALLED, 64)                  \
  X(HAILO_NOT_AVAILABLE, 65)                         \
  X(HAILO_TRAFFIC_CONTROL_FAILURE, 66)               \
  X(HAILO_INVALID_SECOND_STAGE, 67)                  \
  X(HAILO_INVALID_PIPELINE, 68)                      \
  X(HAILO_NETWORK_GROUP_NOT_ACTIVATED, 69)           \
  X(HAILO_VSTREAM_PIPELINE_NOT_ACTIVATED, 70)        \
  X(HAILO_OUT_OF_FW_MEMORY, 71)                      \
  X(HAILO_STREAM_NOT_ACTIVATED, 72)                  \
  X(HAILO_DEVICE_IN_USE, 73)                         \
  X(HAILO_OUT_OF_PHYSICAL_DEVICES, 74)               \
  X(HAILO_INVALID_DEVICE_ARCHITECTURE, 75)           \
  X(HAILO_INVALID_DRIVER_VERSION, 76)                \
  X(HAILO_RPC_FAILED, 77)                            \
  X(HAILO_INVALID_SERVICE_VERSION, 78)               \
  X(HAILO_NOT_SUPPORTED, 79)                         \
  X(HAILO_NMS_BURST_INVALID_DATA, 80)                \
  X(HAILO_OUT_OF_HOST_CMA_MEMORY, 81)                \
  X(HAILO_QUEUE_IS_FULL, 82)                         \
  X(HAILO_DMA_MAPPING_ALREADY_EXISTS, 83)            \
  X(HAILO_CANT_MEET_BUFFER_REQUIREMENTS, 84)         \
  X(HAILO_DRIVER_INVALID_RESPONSE, 85)               \
  X(HAILO_DRIVER_INVALID_IOCTL, 86)                  \
  X(HAILO_DRIVER_TIMEOUT, 87)                        \
  X(HAILO_DRIVER_INTERRUPTED, 88)                    \
  X(HAILO_CONNECTION_REFUSED, 89)                    \
  X(HAILO_DRIVER_WAIT_CANCELED, 90)                  \
  X(HAILO_HEF_FILE_CORRUPTED, 91)                    \
  X(HAILO_HEF_NOT_SUPPORTED, 92)                     \
  X(HAILO_HEF_NOT_COMPATIBLE_WITH_DEVICE, 93)

enum hailo_status {
#define FAKE_HAILO_STATUS(name, number) name = number,
  FAKE_HAILO_STATUSES(FAKE_HAILO_STATUS)
#undef FAKE_HAILO_STATUS
};

struct hailo_version_t {
  uint32_t major, minor, revision;
};
extern "C" hailo_status hailo_get_library_version(hailo_version_t*);
extern "C" const char* hailo_get_status_message(hailo_status);

enum hailo_device_architecture_t {
  HAILO_ARCH_HAILO8_A0 = 0,
  HAILO_ARCH_HAILO8,
  HAILO_ARCH_HAILO8L,
  HAILO_ARCH_HAILO15H,
};
struct hailo_firmware_version_t {
  uint32_t major, minor, revision;
};
struct hailo_device_identity_t {
  hailo_firmware_version_t fw_version;
  hailo_device_architecture_t device_architecture;
};
struct hailo_extended_device_information_t {
  uint32_t neural_network_core_clock_rate;
};
struct hailo_chip_temperature_info_t {
  float32_t ts0_temperature, ts1_temperature;
  uint16_t sample_count;
};
struct hailo_health_info_t {
  bool overcurrent_throttling_active;
  uint8_t current_overcurrent_zone;
  bool temperature_throttling_active;
  int8_t current_temperature_throttling_level;
};
enum hailo_dvm_options_t { HAILO_DVM_OPTIONS_AUTO = INT_MAX };
enum hailo_power_measurement_types_t { HAILO_POWER_MEASUREMENT_TYPES__POWER = 3 };
enum hailo_latency_measurement_flags_t { HAILO_LATENCY_NONE = 0, HAILO_LATENCY_MEASURE = 1 };
enum hailo_format_type_t {
  HAILO_FORMAT_TYPE_AUTO = 0,
  HAILO_FORMAT_TYPE_UINT8,
  HAILO_FORMAT_TYPE_UINT16,
  HAILO_FORMAT_TYPE_FLOAT32,
};
struct hailo_3d_image_shape_t {
  uint32_t height, width, features;
};
struct hailo_quant_info_t {
  float32_t qp_zp, qp_scale, limvals_min, limvals_max;
};
struct hailo_vstream_info_t {
  char name[128];
  hailo_3d_image_shape_t shape;
  hailo_quant_info_t quant_info;
};

namespace hailort {

template <class T>
class Expected {
 public:
  Expected(T value) : value_(std::move(value)), status_(HAILO_SUCCESS) {}
  Expected(hailo_status status) : status_(status) {}
  explicit operator bool() const { return value_.has_value(); }
  hailo_status status() const { return status_; }
  T release() { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  hailo_status status_;
};

class MemoryView {
 public:
  MemoryView() = default;
  MemoryView(void* data, size_t size) : data_(static_cast<uint8_t*>(data)), size_(size) {}
  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

class Hef {
 public:
  static Expected<Hef> create(const std::string& path);
  Expected<std::vector<hailo_vstream_info_t>> get_input_vstream_infos(
      const std::string& name = "") const;
  Expected<std::vector<hailo_vstream_info_t>> get_output_vstream_infos(
      const std::string& name = "") const;
  Expected<hailo_device_architecture_t> get_hef_device_arch() const;
  struct Content;
  const std::shared_ptr<Content>& content() const { return content_; }

 private:
  std::shared_ptr<Content> content_;
};

class Device {
 public:
  struct Capabilities {
    bool power_measurements, current_measurements, temperature_measurements;
  };
  static Expected<std::vector<std::string>> scan();
  static Expected<std::unique_ptr<Device>> create(const std::string& id);
  Expected<hailo_device_identity_t> identify();
  Expected<hailo_extended_device_information_t> get_extended_device_information();
  Expected<hailo_chip_temperature_info_t> get_chip_temperature();
  Expected<hailo_health_info_t> get_health_information();
  Expected<Capabilities> get_capabilities();
  Expected<float32_t> power_measurement(hailo_dvm_options_t, hailo_power_measurement_types_t);
};

struct AsyncInferCompletionInfo {
  hailo_status status;
};
using Callback = std::function<void(const AsyncInferCompletionInfo&)>;
struct LatencyMeasurementResult {
  std::chrono::nanoseconds avg_hw_latency;
};

class AsyncInferJob {
 public:
  hailo_status wait(std::chrono::milliseconds timeout);
  void detach();
  struct Work;
  AsyncInferJob(std::shared_ptr<Work> work) : work_(std::move(work)) {}
  AsyncInferJob(AsyncInferJob&&) = default;
  ~AsyncInferJob();

 private:
  std::shared_ptr<Work> work_;
};

class ConfiguredInferModel {
 public:
  class Bindings {
   public:
    class InferStream {
     public:
      explicit InferStream(std::shared_ptr<MemoryView> view) : view_(std::move(view)) {}
      hailo_status set_buffer(MemoryView view);

     private:
      std::shared_ptr<MemoryView> view_;
    };
    Expected<InferStream> input(const std::string& name);
    Expected<InferStream> output(const std::string& name);
    std::shared_ptr<MemoryView> in = std::make_shared<MemoryView>();
    std::shared_ptr<MemoryView> out = std::make_shared<MemoryView>();
  };
  Expected<Bindings> create_bindings();
  hailo_status wait_for_async_ready(std::chrono::milliseconds timeout, uint32_t frames = 1);
  hailo_status run(const Bindings&, std::chrono::milliseconds timeout);
  Expected<AsyncInferJob> run_async(const Bindings&, Callback callback = {});
  Expected<AsyncInferJob> run_async(const std::vector<Bindings>&, Callback callback = {});
  Expected<size_t> get_async_queue_size() const;
  Expected<LatencyMeasurementResult> get_hw_latency_measurement();
  struct Runner;
  ConfiguredInferModel() = default;
  explicit ConfiguredInferModel(std::shared_ptr<Runner> runner) : runner_(std::move(runner)) {}

 private:
  std::shared_ptr<Runner> runner_;
};

class InferModel {
 public:
  class InferStream {
   public:
    struct Description;
    explicit InferStream(std::shared_ptr<Description> about) : about_(std::move(about)) {}
    const std::string name() const;
    hailo_3d_image_shape_t shape() const;
    size_t get_frame_size() const;
    void set_format_type(hailo_format_type_t);
    std::vector<hailo_quant_info_t> get_quant_infos() const;

   private:
    std::shared_ptr<Description> about_;
  };
  explicit InferModel(const Hef&);
  void set_batch_size(uint16_t) {}
  void set_hw_latency_measurement_flags(hailo_latency_measurement_flags_t flags) { flags_ = flags; }
  Expected<ConfiguredInferModel> configure();
  Expected<InferStream> input(const std::string& name);
  Expected<InferStream> output(const std::string& name);
  const std::vector<InferStream>& inputs() const { return inputs_; }
  const std::vector<InferStream>& outputs() const { return outputs_; }
  const std::vector<std::string>& get_input_names() const { return input_names_; }
  const std::vector<std::string>& get_output_names() const { return output_names_; }

 private:
  std::shared_ptr<Hef::Content> content_;
  std::vector<std::shared_ptr<InferStream::Description>> about_;
  std::vector<InferStream> inputs_, outputs_;
  std::vector<std::string> input_names_, output_names_;
  hailo_latency_measurement_flags_t flags_ = HAILO_LATENCY_NONE;
};

class VDevice {
 public:
  static Expected<std::unique_ptr<VDevice>> create(const std::vector<std::string>& ids);
  Expected<std::shared_ptr<InferModel>> create_infer_model(const std::string& hef_path,
                                                           const std::string& name = "");
  Expected<std::vector<std::reference_wrapper<Device>>> get_physical_devices() const;

  VDevice();
  ~VDevice();

 private:
  mutable Device device_;
  std::string monitor_;
};

}  // namespace hailort
