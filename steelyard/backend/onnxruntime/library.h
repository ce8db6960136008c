// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's library, opened when it is first asked for and kept until the process ends, and
// its C API as owned handles. Thread-safe.
#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <string>
#include <vector>

namespace steelyard::onnxruntime {

// The oldest C API that has all we call; the library may be newer.
inline constexpr int kApi = 17;

struct Library {
  const OrtApi* api = nullptr;  // null when it cannot be used
  std::string version;          // "1.32.0"
  std::string reason;           // why it cannot be used, in the loader's words
};
// Looks in $STEELYARD_ONNXRUNTIME_LIB (a folder or a file; when set, nowhere else), beside this
// module, in the folder known when it was built, and where the loader looks.
const Library& library();

// Throws Error with the reason when the library cannot be used.
const OrtApi& ort();

// The process's environment: no log reaches stderr, nothing is reported to anybody.
OrtEnv* environment();

// While one of these lives, what the library logs on this thread is kept, a line an entry.
class Log {
 public:
  Log();
  ~Log();
  Log(const Log&) = delete;  // the library is told its address
  Log& operator=(const Log&) = delete;
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  friend void keep(const char* message);
  std::vector<std::string> lines_;
};

// Turns a status into an Error, or Unsupported where an operator is not implemented: "ONNX Runtime
// cannot <doing>: <its own words>". Takes the status over.
void check(OrtStatus* status, const char* doing);

struct Release {
  void operator()(OrtSession* x) const { ort().ReleaseSession(x); }
  void operator()(OrtSessionOptions* x) const { ort().ReleaseSessionOptions(x); }
  void operator()(OrtRunOptions* x) const { ort().ReleaseRunOptions(x); }
  void operator()(OrtIoBinding* x) const { ort().ReleaseIoBinding(x); }
  void operator()(OrtMemoryInfo* x) const { ort().ReleaseMemoryInfo(x); }
  void operator()(OrtValue* x) const { ort().ReleaseValue(x); }
  void operator()(OrtTensorTypeAndShapeInfo* x) const { ort().ReleaseTensorTypeAndShapeInfo(x); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

}  // namespace steelyard::onnxruntime
