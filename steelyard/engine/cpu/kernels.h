// SPDX-License-Identifier: Apache-2.0
// What the kernels of one instruction set work on, as plain data, and the table through which they
// are called. Words: a *block* is as many hidden units as a vector has lanes; a *strip* is the
// blocks whose gates are accumulated together; a *tile* is one strip for a few samples (rows of a
// batch). Kernels allocate nothing and keep nothing; a job belongs to one thread.
#pragma once

#include <cstddef>
#include <vector>

#include "steelyard/model/network.h"

// Loops over registers must disappear, except under a sanitizer, which would check each copy.
#ifdef __has_feature  // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STEELYARD_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(STEELYARD_SANITIZED)
#define STEELYARD_UNROLL
#define STEELYARD_SMALL_TILES 1
#else
#define STEELYARD_UNROLL _Pragma("GCC unroll 64")
#define STEELYARD_SMALL_TILES 0
#endif

namespace steelyard::cpu {

// The arithmetic of a layer. `plain` is an RNN cell and, without recurrence, a dense layer.
enum class Formula { plain, gru, gru_reset_first, lstm };

// How many gates the input and the state are multiplied for, and how many of the latter come first
// (a GRU that resets before the product needs r before it can begin with n).
constexpr int gates_of(Formula f) { return f == Formula::plain ? 1 : f == Formula::lstm ? 4 : 3; }
constexpr int early_gates_of(Formula f) { return f == Formula::gru_reset_first ? 2 : gates_of(f); }

// Weights in the order in which a kernel reads them: strip, k, gate, block of the strip, lane.
// Sigmoid gates are halved: sigmoid(2a) = 0.5 + 0.5 tanh(a). GRU gates r z n, LSTM gates i f g o.
struct Packed {
  Formula formula = Formula::plain;
  Activation activation = Activation::none;  // plain only
  int hidden = 0, input = 0;
  int lanes = 0, blocks = 0;
  int base = 1, extra = 0, strips = 0;  // the first `extra` strips have base + 1 blocks
  const float* wx = nullptr;            // [strip][input][gates][blocks of the strip][lanes]
  const float* wr = nullptr;            // [strip][hidden][early gates][blocks of the strip][lanes]
  const float* wn = nullptr;      // gru_reset_first: [strip][hidden][blocks of the strip][lanes]
  const float* bias = nullptr;    // [block][gates][lanes]
  const float* bias_n = nullptr;  // gru: [block][lanes], what r multiplies besides R h

  // Strips are numbered from the last units to the first. A step that reads its weights forward
  // ends with the first units, and the next one, backward, needs them last: so no step waits for
  // the activations of the step before.
  int first_block(int strip) const {
    return blocks - (strip < extra ? (strip + 1) * (base + 1) : (strip + 1) * base + extra);
  }
  int blocks_of(int strip) const { return strip < extra ? base + 1 : base; }
  std::ptrdiff_t padded() const { return std::ptrdiff_t(blocks) * lanes; }
};

// Values that change with time and sample: value i of sample s at step t is
// data[t * time + s * sample + i].
struct Operand {
  const float* data = nullptr;
  std::ptrdiff_t time = 0, sample = 0;
  int width = 0;
};

// One direction of one layer for `samples` samples and `steps` steps.
struct LayerJob {
  const Packed* w = nullptr;
  Operand x[2];  // what the layer reads, side by side; two behind a bidirectional layer
  int operands = 0;
  int steps = 0, samples = 1;
  bool reverse = false;
  // Where the gates start: the biases, or sums made beforehand. [block][gates][lanes] at
  // start + t * time + s * sample.
  Operand start;
  Operand start_n;  // gru only: [block][lanes]
  // State: [samples][padded]. `h` is the state before the first step, null = zero.
  const float* h = nullptr;
  float* h_next[2] = {nullptr, nullptr};  // even and odd steps, when there is no sequence
  float* sequence = nullptr;              // h of every step, at sequence + t * sequence_time
  std::ptrdiff_t sequence_time = 0;
  float* c = nullptr;        // lstm
  float* scratch = nullptr;  // gru_reset_first: 3 * samples * padded
  // When set, the sums are stored here (as in `start` and `start_n`) instead of being turned into a
  // state; `recurrent` chooses which product is made.
  float* keep = nullptr;
  float* keep_n = nullptr;
  bool recurrent = true;  // false: the product with the state is already in `start`
};

// y[s][o] = activation(b[o] + sum over operands and i of w[o][..][i] * x(s)[..][i]), for few
// outputs: rows of weights, each operand's part padded to whole vectors.
struct DenseJob {
  Operand x[2];
  int operands = 0;
  int samples = 1, outputs = 0;
  const float* w = nullptr;
  const float* b = nullptr;
  Activation activation = Activation::none;
  float* y = nullptr;
  std::ptrdiff_t y_sample = 0;
};

// One direction of one layer for `vectors` vectors of samples. Everything but
// the caller's input is in columns: value k of all samples of the group side by side, vectors *
// lanes wide.
struct AbreastJob {
  Formula formula = Formula::gru;  // not gru_reset_first
  Activation activation = Activation::none;
  int hidden = 0, steps = 0, vectors = 1;
  bool reverse = false;
  // [unit][start of each sum, then gates of each input, then gates of each state]
  const float* w = nullptr;
  std::ptrdiff_t unit_weights = 0;
  Operand x[2];  // columns, `time` floats from step to step; or, with `columns`, the caller's input
  int operands = 0;
  float* columns = nullptr;          // room for one step of the caller's input
  int samples = 0;                   // how many of the lanes the caller has samples for
  const float* before = nullptr;     // columns of h before the first step, null = zero
  float* h[2] = {nullptr, nullptr};  // even and odd steps, when there is no sequence
  float* sequence = nullptr;         // [steps][hidden] columns
  float* c = nullptr;
};

// From the sums that a LayerJob keeps of one step to the new state, for layers with other
// activations than those that tiles have. A gru_reset_first needs it twice: before the product of
// its candidate, and after it.
struct CellJob {
  Formula formula = Formula::plain;
  const GateFunction* functions = nullptr;  // f, g, h of one direction
  int samples = 0, blocks = 0;
  bool candidate = false;         // gru_reset_first: the second time
  const float* sums = nullptr;    // as LayerJob::keep
  const float* sums_n = nullptr;  // as LayerJob::keep_n
  const float* h = nullptr;       // before the step, null = zero
  float* h_next = nullptr;
  float* c = nullptr;
  float* scratch = nullptr;  // as LayerJob::scratch: r h, z, what the input gives to n
};

// How many blocks a strip may have for one sample, and how many samples a tile for one block.
struct Tiling {
  int blocks = 1, samples = 1;
};

struct NarrowKernels;
struct MatrixKernels;

// The kernels of one instruction set.
struct Kernels {
  const char* name;
  int lanes;
  Tiling (*tiling)(Formula);
  // Runs the job and returns where the state after the last step is.
  const float* (*layer)(const LayerJob&);
  void (*dense)(const DenseJob&);
  const float* (*abreast)(const AbreastJob&);
  int vectors;                  // most that an AbreastJob may have; 1, 2 and this are possible
  const NarrowKernels* narrow;  // of bf16 and int8
  const MatrixKernels* matrix;  // null: no matrix unit
  void (*cell)(const CellJob&);
};

// Those that this CPU can run, best first.
std::vector<const Kernels*> available_kernels();
// "" = the best; $STEELYARD_CPU_TARGET overrides. Throws Error when the name is unknown here.
const Kernels& choose_kernels(const std::string& name);

}  // namespace steelyard::cpu
