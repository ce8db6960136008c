// SPDX-License-Identifier: Apache-2.0
// Recurrent layers, a choice of what to read from them, and a dense head: what `train` makes and
// our engines run. Plain data. Weights are FP32 and in ONNX order: GRU gates z r h, LSTM gates i o
// f c, RNN one gate.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace steelyard {

enum class Cell { rnn, gru, lstm };
constexpr int gates_of(Cell cell) { return cell == Cell::gru ? 3 : cell == Cell::lstm ? 4 : 1; }

enum class Activation { none, relu, sigmoid, tanh };

// An activation function of a recurrent layer, with the numbers of its formula.
struct GateFunction {
  enum Kind {
    relu,
    tanh,
    sigmoid,
    affine,            // alpha x + beta
    leaky_relu,        // x, below 0 alpha x
    thresholded_relu,  // x above alpha, else 0
    scaled_tanh,       // alpha tanh(beta x)
    hard_sigmoid,      // alpha x + beta, within 0 and 1
    elu,               // x, below 0 alpha (exp(x) - 1)
    softsign,          // x / (1 + |x|)
    softplus           // log(1 + exp(x))
  } kind = sigmoid;
  float alpha = 0, beta = 0;
  friend bool operator==(const GateFunction&, const GateFunction&) = default;
};

const char* name_of(GateFunction::Kind);  // ONNX's: "HardSigmoid"

// How many a cell has: f; f and g; f, g and h of ONNX's formulas.
constexpr int functions_of(Cell cell) { return cell == Cell::rnn ? 1 : cell == Cell::gru ? 2 : 3; }

// One layer. With D directions (1 or 2), G gates, input I, hidden H:
struct Recurrent {
  Cell cell = Cell::gru;
  int input = 0;
  int hidden = 0;
  int directions = 1;
  bool reverse = false;  // directions == 1 only: time runs backwards
  bool linear_before_reset =
      true;  // GRU: r multiplies (R h + Rb), as PyTorch and cuDNN do; false: R (r * h)
  Activation activation = Activation::tanh;  // RNN only: tanh or relu
  std::vector<float> w;                      // [D][G*H][I]
  std::vector<float> r;                      // [D][G*H][H]
  std::vector<float>
      b;             // [D][2*G*H]: input biases, then recurrent ones; zeros when the file has none
  std::string node;  // for messages
  // [D][functions_of(cell)]; empty: the standard ones, sigmoid and tanh, of an RNN `activation`.
  std::vector<GateFunction> functions = {};
  // What a window begins with unless the caller says so, [D][1 or batch][H]; empty: zeros.
  std::vector<float> initial_h = {}, initial_c = {};  // c: LSTM only
  bool ends_early = false;  // takes the lengths of windows, as ONNX's sequence_lens
  int output() const { return directions * hidden; }
};

struct Dense {
  int input = 0;
  int output = 0;
  std::vector<float> w;                      // [output][input]
  std::vector<float> b;                      // [output]
  Activation activation = Activation::none;  // applied to the result
  std::string node;
};

// What the head reads from the last recurrent layer.
enum class Readout {
  last_step,  // Y at the last time step: for a BiLSTM the reverse direction has seen one step only
              // (PyTorch out[:, -1])
  final_state,  // Y_h: each direction after all its steps
  every_step,   // Y: an answer for every time step
};

// What one direction of one layer carries from step to step: h or, of an LSTM, c.
struct LayerState {
  int layer = 0, direction = 0;
  bool cell = false;  // c
  friend bool operator==(const LayerState&, const LayerState&) = default;
};

// A tensor of the model that holds states. The axes before the one that counts windows make
// `outer`, those behind it `inner`: the tensor is [outer][batch][inner], and a part's numbers are
// [part.outer][each window][part.inner ... part.inner + hidden).
struct StateTensor {
  struct Part {
    LayerState state;
    int outer = 0, inner = 0;
    friend bool operator==(const Part&, const Part&) = default;
  };
  int tensor = 0;  // index into Model::inputs or Model::outputs
  int outer = 1, inner = 0;
  std::vector<Part> parts;
  friend bool operator==(const StateTensor&, const StateTensor&) = default;
};

// How many steps each window has, for layers that end early. 0: a window without steps, which
// leaves zeros.
struct WindowLengths {
  int tensor = -1;         // index into Model::inputs, [batch] integers; -1: not an input
  std::vector<int> fixed;  // by the file: one for all windows or one each; empty: whole windows
  friend bool operator==(const WindowLengths&, const WindowLengths&) = default;
};

struct Network {
  int window = 0;           // time steps; 0 = any
  int features = 0;         // inputs a step
  bool batch_first = true;  // input [batch, window, features]; false: [window, batch, features]
  std::vector<Recurrent> layers;  // at least one; each feeds the next with its whole sequence
  Readout readout = Readout::last_step;
  std::vector<Dense> head;  // may be empty
  // Readout::every_step: the answer is [batch, window, outputs]; false: [window, batch, outputs].
  bool answer_batch_first = true;
  // Which of the model's inputs and outputs is what. Networks that come from no file have none but
  // the first of each.
  int input_tensor = 0;   // the windows
  int output_tensor = 0;  // the answer; -1: the model gives states alone
  std::vector<StateTensor> states_in = {}, states_out = {};
  WindowLengths lengths = {};

  // Numbers of one answer, and answers a window has.
  int outputs() const { return head.empty() ? layers.back().output() : head.back().output; }
  int answers(int steps) const { return readout == Readout::every_step ? steps : 1; }
  bool ends_early() const {
    for (const Recurrent& layer : layers)
      if (layer.ends_early) return true;
    return false;
  }
};

// All states of a batch have one order wherever they are together: [layer][direction] h
// [batch][hidden], then, of an LSTM, c [batch][hidden].
std::size_t state_size(const Network&);                       // floats of one window
std::size_t state_offset(const Network&, const LayerState&);  // floats of one window before it
// In that order, what windows begin with when the caller gives nothing; empty: zeros. Throws Error
// when the network's own states are those of another batch.
std::vector<float> initial_states(const Network&, int batch);

// What a network asks for beyond whole windows from zero states to one answer each, with the
// standard activation functions; "" when nothing. For those who run no more than that.
inline std::string beyond_plain(const Network& network) {
  if (!network.states_in.empty()) return "takes initial states as inputs";
  if (!network.states_out.empty()) return "gives its states as outputs";
  if (network.readout == Readout::every_step) return "answers every time step";
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Recurrent& layer = network.layers[i];
    const std::string name = "recurrent layer " + std::to_string(i + 1) +
                             (layer.node.empty() ? std::string() : " (" + layer.node + ")");
    if (!layer.functions.empty()) return "has other activations than the standard ones in " + name;
    if (!layer.initial_h.empty() || !layer.initial_c.empty())
      return "begins with states of its own in " + name;
    if (layer.ends_early) return "takes lengths of windows (sequence_lens) in " + name;
  }
  return "";
}

}  // namespace steelyard
