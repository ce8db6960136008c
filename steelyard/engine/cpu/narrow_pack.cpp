// SPDX-License-Identifier: Apache-2.0
// Rounding of weights: see narrow_pack.h. Thread-safe.
#include "steelyard/engine/cpu/narrow_pack.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "steelyard/base/error.h"
#include "steelyard/engine/cpu/pack.h"

namespace steelyard::cpu {
namespace {

// One direction's matrices, gates in our order and halved where they are a sigmoid's.
struct Matrices {
  const Recurrent& layer;
  int direction;
  Formula formula;

  float w(int gate, int unit, int k) const {
    return at(layer.w, gate, unit, layer.input, k) * gate_scale(formula, gate);
  }
  float r(int gate, int unit, int k) const {
    return at(layer.r, gate, unit, layer.hidden, k) * gate_scale(formula, gate);
  }
  float bias(int gate, int unit, bool recurrent) const {
    const std::size_t gates = gates_of(layer.cell), H = layer.hidden;
    return layer.b[((direction * 2 + recurrent) * gates + onnx_gate(formula, gate)) * H + unit] *
           gate_scale(formula, gate);
  }

 private:
  float at(const std::vector<float>& m, int gate, int unit, int width, int k) const {
    const std::size_t gates = gates_of(layer.cell), row = onnx_gate(formula, gate);
    return m[((direction * gates + row) * layer.hidden + unit) * width + k];
  }
};

std::uint32_t bits_of(float f) { return std::bit_cast<std::uint32_t>(f); }

// The 16 bits that come nearest to `f` when `tail` follows them. Never a denormal, which would be
// slow.
std::uint32_t bf16_before(float f, std::uint32_t tail) {
  const std::uint32_t bits = bits_of(f), sign = bits >> 16 & 0x8000;
  const std::int64_t nearest =
      (std::int64_t(bits & 0x7fffffff) - std::int64_t(tail) + 0x8000) >> 16;
  if (tail == 0 && nearest < 0x80) return sign;
  return sign | std::uint32_t(std::clamp<std::int64_t>(nearest, 0x80, 0x7f7f));
}

// Where word (block, group, gate, lane) goes.
std::size_t word_at(const NarrowPacked& p, int block, int group, int gate, int lane) {
  const int first = block / kNarrowBlocks * kNarrowBlocks;
  const int wide = std::min(kNarrowBlocks, p.blocks - first);
  return std::size_t(first) * p.block_words +
         (std::size_t(group * gates_of(p.formula) + gate) * wide + (block - first)) * kNarrowLanes +
         lane;
}

// The columns of a row in the order of the words, 0 where an operand's last group is not full.
std::vector<float> padded_row(const NarrowPacked& p, const Matrices& m, int gate, int unit,
                              int each) {
  std::vector<float> row;
  const auto fill = [&] { row.resize((row.size() + each - 1) / each * each, 0.0f); };
  int k = 0;
  for (int i = 0; i < p.operands; ++i) {
    for (int j = 0; j < p.widths[i]; ++j) row.push_back(m.w(gate, unit, k++));
    fill();
  }
  for (int j = 0; j < p.hidden; ++j) row.push_back(m.r(gate, unit, j));
  fill();
  return row;
}

// Rounds row[begin, end) to bytes, returns what one step of them is worth.
float to_steps(std::vector<float>& row, std::size_t begin, std::size_t end, std::int32_t& sum) {
  float largest = 0;
  for (std::size_t k = begin; k < end; ++k) largest = std::max(largest, std::abs(row[k]));
  const float step = largest > 0 ? largest / 127 : 1.0f;
  sum = 0;
  for (std::size_t k = begin; k < end; ++k) {
    row[k] = std::nearbyint(row[k] / step);
    sum += std::int32_t(row[k]);
  }
  return step;
}

}  // namespace

std::vector<std::vector<float>> NarrowWeights::input_ranges(const Network& network, int layer,
                                                            const NarrowRanges* ranges) const {
  std::vector<std::vector<float>> all;
  if (layer == 0) {
    all.push_back(ranges ? ranges->features : std::vector<float>(network.features));
    return all;
  }
  const Recurrent& before = network.layers[layer - 1];
  for (int d = 0; d < before.directions; ++d) {
    all.emplace_back(before.hidden, ranges ? ranges->states[layer - 1][d] : 0.0f);
  }
  return all;
}

NarrowWeights::OneWay NarrowWeights::pack(const Network& network, int index, int direction,
                                          const NarrowRanges* ranges) const {
  const Recurrent& layer = network.layers[index];
  const auto inputs = input_ranges(network, index, ranges);
  const int each = ranges ? 4 : 2;
  OneWay one;
  NarrowPacked& p = one.packed;
  p.formula = formula_of(layer);
  p.activation = layer.activation;
  p.hidden = layer.hidden;
  p.blocks = (layer.hidden + kNarrowLanes - 1) / kNarrowLanes;
  p.operands = int(inputs.size());
  const int G = gates_of(p.formula), R = narrow_rows_of(p.formula);
  int input_groups = 0;
  std::vector<float> input_range;  // by column, padded as the row is
  for (int i = 0; i < p.operands; ++i) {
    p.widths[i] = int(inputs[i].size());
    input_groups += (p.widths[i] + each - 1) / each;
    input_range.insert(input_range.end(), inputs[i].begin(), inputs[i].end());
    input_range.resize(std::size_t(input_groups) * each, 0.0f);
  }
  const int groups = input_groups + (p.hidden + each - 1) / each;
  p.block_words = std::ptrdiff_t(groups) * G * kNarrowLanes;
  one.words = Buffer(times(p.block_words, p.blocks));
  one.bias = Buffer(times(std::size_t(p.blocks) * R, kNarrowLanes));
  if (ranges) {
    one.scale = Buffer(times(std::size_t(p.blocks) * 2 * G, kNarrowLanes));
    one.start = Buffer(one.scale.size());
    p.state_steps = 127 / ranges->states[index][direction];
  }
  auto* words = reinterpret_cast<std::uint32_t*>(one.words.data());
  auto* start = reinterpret_cast<std::int32_t*>(one.start.data());
  const Matrices m{layer, direction, p.formula};
  for (int unit = 0; unit < p.hidden; ++unit) {
    const int block = unit / kNarrowLanes, lane = unit % kNarrowLanes;
    float* bias = one.bias.data() + std::size_t(block) * R * kNarrowLanes + lane;
    for (int g = 0; g < G; ++g) {
      const bool apart = p.formula == Formula::gru && g == 2;
      bias[g * kNarrowLanes] = m.bias(g, unit, true) + (apart ? 0 : m.bias(g, unit, false));
      if (apart) bias[3 * kNarrowLanes] = m.bias(g, unit, false);
      std::vector<float> row = padded_row(p, m, g, unit, each);
      if (ranges) {
        const std::size_t inputs_end = input_range.size();
        for (std::size_t k = 0; k < inputs_end; ++k) row[k] *= input_range[k];
        for (int half = 0; half < 2; ++half) {
          const std::size_t at = (std::size_t(block * 2 + half) * G + g) * kNarrowLanes + lane;
          std::int32_t sum = 0;
          const float step =
              to_steps(row, half ? inputs_end : 0, half ? row.size() : inputs_end, sum);
          one.scale.data()[at] = step / (half ? p.state_steps : 127.0f);
          start[at] = -128 * sum;
        }
      }
      for (int k = 0; k < groups; ++k) {
        const float* v = row.data() + std::size_t(k) * each;
        const std::size_t at = word_at(p, block, k, g, lane);
        if (ranges) {
          for (int i = 0; i < 4; ++i)
            words[at] |= std::uint32_t(std::uint8_t(int(v[i]))) << (8 * i);
        } else {
          const std::uint32_t low = bf16_before(v[0], 0);
          words[at] = bf16_before(v[1], low) << 16 | low;
        }
      }
    }
  }
  p.words = words;
  p.bias = one.bias.data();
  p.scale = one.scale.data();
  p.start = start;
  return one;
}

NarrowWeights::NarrowWeights(const Network& network, const NarrowRanges* ranges) {
  if (ranges) {
    feature_steps_ = Buffer((network.features + kNarrowLanes - 1) / kNarrowLanes * kNarrowLanes);
    for (int i = 0; i < network.features; ++i) {
      feature_steps_.data()[i] = 127 / ranges->features[i];
    }
  }
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Recurrent& layer = network.layers[i];
    if (formula_of(layer) == Formula::gru_reset_first) {
      throw Error("recurrent layer " + std::to_string(i + 1) +
                      (layer.node.empty() ? "" : " (" + layer.node + ")") +
                      " is a GRU with linear_before_reset=0, which the engine has in fp32 only.",
                  "Use fp32, or export the model from PyTorch, which writes "
                  "linear_before_reset=1.");
    }
    auto& ways = layers_.emplace_back();
    for (int d = 0; d < layer.directions; ++d) ways.push_back(pack(network, int(i), d, ranges));
  }
}

}  // namespace steelyard::cpu
