// SPDX-License-Identifier: Apache-2.0
// The seam to every runtime. A device is added by implementing Backend (docs/backends.md, one
// page); built-ins are listed in registry.cpp, everything with a vendor library is a module in
// lib/steelyard/backends/.
//
// The timed region is the same everywhere: from the caller's memory to the caller's memory, copies
// into the runtime's own buffers inside. Between two clock reads there is one infer(): no
// allocation by the adapter, no lock, no log.
//
// Threads: Backend and CompiledModel may be used from any thread, one call at a time; a Session or
// Stream belongs to one. Ownership: a Session does not outlive its CompiledModel. Errors are thrown
// as Error; a model that the backend cannot run at all is thrown as Unsupported, which becomes a
// Skipped row instead of a Failed one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"
#include "steelyard/base/module.h"
#include "steelyard/model/model.h"
#include "steelyard/record/record.h"
#include "steelyard/sensor/sensor.h"

namespace steelyard {

class Unsupported : public Error {
 public:
  using Error::Error;
};

// An input that takes up what an output left: `h` and `h_out`. Whoever streams copies the output to
// the next query's input; what is there before the first query is zeros.
struct StatePair {
  std::size_t input = 0, output = 0;  // indices into Signature
  friend bool operator==(const StatePair&, const StatePair&) = default;
};

// Static shapes of one query, batch included. Tensors are packed one after the other in this order,
// no padding.
struct Signature {
  std::vector<TensorInfo> inputs, outputs;
  std::vector<StatePair> state = {};
  // Throw Error when an axis is not known or an element has no size.
  std::size_t input_bytes() const;
  std::size_t output_bytes() const;
};

// The signature of a model at that batch; `window` is used for other unknown axes. Throws Error
// when one is not positive or contradicts the model.
Signature signature_of(const Model&, int batch, int window);

// For outputs whose shape only the runtime knows: gives the output that shape, and the batch axis
// that it then has.
void set_shape(Signature&, std::size_t output, std::vector<std::int64_t> shape);

// Inputs and outputs of one type and shape that are named as one state: h0 and hn, state and
// state_out, c_in and c_out, initial_h and Y_h.
std::vector<StatePair> state_pairs(const std::vector<TensorInfo>& inputs,
                                   const std::vector<TensorInfo>& outputs);

class Session {  // one query in flight, with its own buffers and recurrent state
 public:
  virtual ~Session() = default;
  virtual const Signature& signature() const = 0;
  // Exactly input_bytes() and output_bytes(), else Error; both stay the caller's and begin at
  // addresses aligned to their elements.
  virtual void infer(std::span<const std::byte> in, std::span<std::byte> out) = 0;
  virtual void prepare() {}  // streaming: the work between ticks; timed apart
  virtual void reset() {}    // state back to its initial values
};

struct Completion {
  std::uint32_t slot = 0;
  nanoseconds finished{0};  // stamped when it completed, not when wait() returned
};

class Stream {  // many queries in flight
 public:
  virtual ~Stream() = default;
  virtual const Signature& signature() const = 0;
  // Buffers must stay valid until the slot's Completion. Slots are 0..depth-1, each in flight at
  // most once: anything else is refused with an Error.
  virtual void submit(std::uint32_t slot, std::span<const std::byte> in,
                      std::span<std::byte> out) = 0;
  // The next to complete. Throws what its infer() threw (the slot is then free again), and Error
  // when nothing is in flight.
  virtual Completion wait() = 0;
};

class CompiledModel {
 public:
  virtual ~CompiledModel() = default;
  virtual std::unique_ptr<Session> open(int batch) = 0;
  // Default: `depth` Sessions on threads of their own.
  virtual std::unique_ptr<Stream> stream(int depth, int batch);
  // Streaming: infer() takes one time step, [batch, 1, features], and carries the state on to the
  // next; reset() forgets it. Default: throws Unsupported.
  virtual std::unique_ptr<Session> open_steps(int batch);
  // The clock that queries, sensors and durations of this model live on. Default: CLOCK_MONOTONIC.
  virtual Clock& clock();
  // The precision actually obtained, which may differ from the one asked for.
  virtual Precision precision() const { return Precision::fp32; }
  // What a reader of the result must know about how the runtime took the model, e.g. nodes that
  // fell back to the CPU. Asked after open().
  virtual std::vector<Reason> remarks() const { return {}; }
  // Asks `queries` queries in a pass of its own, because looking costs time; default: not known.
  virtual std::vector<TimePart> parts(std::span<const std::byte> /*in*/,
                                      std::span<std::byte> /*out*/, int /*batch*/,
                                      int /*queries*/) {
    return {};
  }
};

struct CompileOptions {
  Precision precision = Precision::fp32;
  std::vector<Setting>
      settings;    // of this backend only; an unknown key throws UsageError naming it
  int window = 8;  // for unknown axes other than the batch
  // Training windows, [n][window][features], for backends that calibrate; may be empty.
  std::span<const float> calibration;
  std::uint64_t seed = 1;  // for simulated devices
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual Availability availability() const = 0;
  // Devices that can be used now; empty unless Ready. Must not start a device or allocate on it.
  virtual std::vector<Device> devices() const = 0;
  // Devices that were found but cannot be used, each with its reason, e.g. a profile with a slip.
  virtual std::vector<DeviceListing> unusable() const { return {}; }
  // What it runs: "onnx", or the kind of Artefact that `steelyard convert` makes for it. A file of
  // that kind beside the model is taken: GRU_Apple.onnx, GRU_Apple.hef.
  virtual std::string_view artefact_kind() const { return "onnx"; }
  // What such a file says about itself, a line each. Needs no device.
  virtual std::vector<std::string> describe(const std::filesystem::path& /*artefact*/) const {
    return {};
  }
  virtual std::unique_ptr<CompiledModel> compile(const Model&, const Artefact*, const Device&,
                                                 const CompileOptions&) const = 0;
  // What this runtime alone can read about `device` while `model` runs; default none.
  virtual std::vector<std::unique_ptr<Sensor>> sensors(const Device&, CompiledModel*) const {
    return {};
  }
};

// Throws UsageError for the first setting that is not among `known` or is given twice, naming it
// and listing those there are. For compile() of every backend.
void check_settings(std::string_view backend, const std::vector<Setting>& settings,
                    std::initializer_list<std::string_view> known);
// The value given for `key`, or `fallback`.
std::string_view setting(const std::vector<Setting>& settings, std::string_view key,
                         std::string_view fallback);

// For infer() of a Session: throws Error when a buffer has not exactly the size it must have.
[[noreturn]] void refuse_sizes(std::size_t in, std::size_t out, std::size_t in_expected,
                               std::size_t out_expected);
inline void check_sizes(std::size_t in, std::size_t out, std::size_t in_expected,
                        std::size_t out_expected) {
  if (in != in_expected || out != out_expected) [[unlikely]]
    refuse_sizes(in, out, in_expected, out_expected);
}

// A backend module's ModuleHeader::entry is a function of this type.
using BackendFactory = std::unique_ptr<Backend> (*)();

// Exports a Backend class from a module: one line at the end of its main file.
#define STEELYARD_BACKEND_MODULE(Class, module_name)                                            \
  static std::unique_ptr<steelyard::Backend> steelyard_make() {                                 \
    return std::make_unique<Class>();                                                           \
  }                                                                                             \
  extern "C" __attribute__((visibility("default"))) const steelyard::ModuleHeader*              \
  steelyard_module() {                                                                          \
    static const steelyard::ModuleHeader header{steelyard::kModuleApi, steelyard::kModuleAbi,   \
                                                module_name,                                    \
                                                reinterpret_cast<void (*)()>(&steelyard_make)}; \
    return &header;                                                                             \
  }

}  // namespace steelyard
