// SPDX-License-Identifier: Apache-2.0
// Recurrent layers, a choice of what to read from them, and a dense head: what `train` makes and
// our engines run. Plain data. Weights are FP32 and in ONNX order: GRU gates z r h, LSTM gates i o
// f c, RNN one gate.
#pragma once

#include <string>
#include <vector>

namespace steelyard {

enum class Cell { rnn, gru, lstm };
constexpr int gates_of(Cell cell) { return cell == Cell::gru ? 3 : cell == Cell::lstm ? 4 : 1; }

enum class Activation { none, relu, sigmoid, tanh };

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
};

struct Network {
  int window = 0;           // time steps; 0 = any
  int features = 0;         // inputs a step
  bool batch_first = true;  // input [batch, window, features]; false: [window, batch, features]
  std::vector<Recurrent> layers;  // at least one; each feeds the next with its whole sequence
  Readout readout = Readout::last_step;
  std::vector<Dense> head;  // may be empty
  int outputs() const { return head.empty() ? layers.back().output() : head.back().output; }
};

}  // namespace steelyard
