// SPDX-License-Identifier: Apache-2.0
// OpenVINO's library, opened when it is first asked for and kept until the process ends: the part
// of its C API that we call, and its handles as owned ones. Thread-safe.
#pragma once

#include <openvino/c/openvino.h>

#include <memory>
#include <string>

namespace steelyard::openvino {

// Every function is found by its own name when the library is opened.
#define STEELYARD_OPENVINO_FUNCTIONS(X)     \
  X(ov_get_openvino_version)                \
  X(ov_version_free)                        \
  X(ov_get_error_info)                      \
  X(ov_get_last_err_msg)                    \
  X(ov_free)                                \
  X(ov_core_create)                         \
  X(ov_core_get_available_devices)          \
  X(ov_available_devices_free)              \
  X(ov_core_get_property)                   \
  X(ov_core_read_model)                     \
  X(ov_core_compile_model)                  \
  X(ov_model_reshape)                       \
  X(ov_model_free)                          \
  X(ov_partial_shape_create_static)         \
  X(ov_partial_shape_free)                  \
  X(ov_compiled_model_create_infer_request) \
  X(ov_compiled_model_get_property)         \
  X(ov_compiled_model_free)                 \
  X(ov_infer_request_get_tensor)            \
  X(ov_infer_request_infer)                 \
  X(ov_infer_request_start_async)           \
  X(ov_infer_request_wait)                  \
  X(ov_infer_request_set_callback)          \
  X(ov_infer_request_free)                  \
  X(ov_tensor_data)                         \
  X(ov_tensor_get_shape)                    \
  X(ov_shape_free)                          \
  X(ov_tensor_get_byte_size)                \
  X(ov_tensor_free)

struct Api {
#define STEELYARD_OPENVINO_POINTER(name) decltype(&::name) name = nullptr;
  STEELYARD_OPENVINO_FUNCTIONS(STEELYARD_OPENVINO_POINTER)
#undef STEELYARD_OPENVINO_POINTER
};

struct Library {
  const Api* api = nullptr;  // null when it cannot be used
  std::string version;       // "2026.4.1"
  std::string reason;        // why it cannot be used, in the loader's words
};
// Looks in $STEELYARD_OPENVINO_LIB (a folder or a file; when set, nowhere else), in openvino/
// beside this module, in the folder known when it was built, and where the loader looks.
const Library& library();

// Throws Error with the reason when the library cannot be used.
const Api& ov();

// The process's core, never released: its end at process exit would race with its threads.
ov_core_t* core();

// Turns a status into an Error: "OpenVINO cannot <doing>: <its own words>".
[[noreturn]] void refuse(ov_status_e status, const std::string& doing);
inline void check(ov_status_e status, const char* doing) {
  if (status != ov_status_e::OK) [[unlikely]]
    refuse(status, doing);
}

// A property of a device, "" when it has none of that name.
std::string property(const std::string& device, const char* key);

struct Release {
  void operator()(ov_model_t* x) const { ov().ov_model_free(x); }
  void operator()(ov_compiled_model_t* x) const { ov().ov_compiled_model_free(x); }
  void operator()(ov_infer_request_t* x) const { ov().ov_infer_request_free(x); }
  void operator()(ov_tensor_t* x) const { ov().ov_tensor_free(x); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

}  // namespace steelyard::openvino
