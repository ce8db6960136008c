// SPDX-License-Identifier: Apache-2.0
// Rounding of weights: see narrow_pack.h. Thread-safe.
#include "steelyard/engine/cpu/narrow_pack.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "steelyard/base/error.h"
#include "steelyard/engine/cpu/pack.h"

namespace steelyard::cpu {
namespace {

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

// Where word (block, group, gate, lane) goes, of `block_words` for each block.
std::size_t word_at(const NarrowPacked& p, std::ptrdiff_t block_words, int block, int group,
                    int gate, int lane) {
  const int first = block / kNarrowBlocks * kNarrowBlocks;
  const int wide = std::min(kNarrowBlocks, p.blocks - first);
  return std::size_t(first) * block_words +
         (std::size_t(group * gates_of(p.formula) + gate) * wide + (block - first)) * kNarrowLanes +
         lane;
}

// The same among the input's fp32 weights.
std::size_t input_at(const NarrowPacked& p, int block, int k, int gate, int lane) {
  return word_at(p, std::ptrdiff_t(p.widths[0]) * gates_of(p.formula) * kNarrowLanes, block, k,
                 gate, lane);
}

// The columns of a row in the order of the words, 0 where an operand's last group is not full.
std::vector<float> padded_row(const NarrowPacked& p, const Matrices& m, int gate, int unit,
                              int each) {
  std::vector<float> row;
  const auto fill = [&] { row.resize((row.size() + each - 1) / each * each, 0.0f); };
  int k = 0;
  for (int i = 0; i < (p.wx ? 0 : p.operands); ++i) {
    for (int j = 0; j < p.widths[i]; ++j) row.push_back(m.w(gate, unit, k++));
    fill();
  }
  for (int j = 0; j < p.hidden; ++j) row.push_back(m.r(gate, unit, j));
  fill();
  return row;
}

// Rounds row[begin, end) to bytes, returns what one step of them is worth. What is so small that no
// float can be its step counts as zero.
float to_steps(std::vector<float>& row, std::size_t begin, std::size_t end, std::int32_t& sum) {
  float largest = 0;
  for (std::size_t k = begin; k < end; ++k) largest = std::max(largest, std::abs(row[k]));
  const bool is_zero = largest / 127 < std::numeric_limits<float>::min();
  const float step = is_zero ? 1.0f : largest / 127;
  sum = 0;
  for (std::size_t k = begin; k < end; ++k) {
    row[k] = std::nearbyint(row[k] / step);
    sum += std::int32_t(row[k]);
  }
  return step;
}

// fp16 multiplies at most ones: tanh and sigmoids keep the states there.
bool states_are_bounded(const Network& network) {
  return std::all_of(network.layers.begin(), network.layers.end(), [](const Recurrent& layer) {
    return layer.cell != Cell::rnn || layer.activation == Activation::tanh;
  });
}

}  // namespace

std::uint16_t half_of(float f) {
  if (std::isnan(f)) return 0x7e00;
  const std::uint32_t bits = bits_of(f), sign = bits >> 16 & 0x8000;
  const int exponent = int(bits >> 23 & 0xff) - 127 + 15;
  // Of 24 bits of fraction 11 stay, fewer of a denormal. A carry goes on into the exponent.
  const int dropped = exponent > 0 ? 13 : 14 - exponent;
  if (dropped > 24) return std::uint16_t(sign);
  const std::uint32_t fraction = (bits & 0x7fffff) | 0x800000;
  const std::uint32_t even = fraction >> dropped & 1;
  const std::uint32_t nearest = (fraction + (1u << (dropped - 1)) - 1 + even) >> dropped;
  return std::uint16_t(sign |
                       (exponent > 0 ? (std::uint32_t(exponent - 1) << 10) + nearest : nearest));
}

std::vector<std::vector<float>> NarrowWeights::input_ranges(const Network& network, int layer,
                                                            const NarrowRanges* ranges) const {
  std::vector<std::vector<float>> all;
  if (layer == 0) {
    all.push_back(ranges ? ranges->features : std::vector<float>(network.features));
    return all;
  }
  const Recurrent& before = network.layers[layer - 1];
  for (int d = 0; d < before.directions; ++d) {
    all.push_back(ranges ? ranges->states[layer - 1][d] : std::vector<float>(before.hidden));
  }
  return all;
}

namespace {

// The factor by which a row is divided before its weights are rounded to bf16. Their steps double
// at every power of two, so it decides how many of them lie just below one, where steps are
// smallest.
float bf16_scale(const std::vector<float>& row) {
  constexpr int kTries = 16;
  double least = INFINITY;
  float best = 1;
  for (int i = 0; i < kTries; ++i) {
    const float scale = std::exp2(float(i) / kTries);
    double wrong = 0;
    for (const float w : row) {
      const float scaled = w / scale;
      const double e = double(scaled) - std::bit_cast<float>(bf16_before(scaled, 0) << 16);
      wrong += e * e;
    }
    wrong *= double(scale) * scale;
    if (wrong < least) {
      least = wrong;
      best = scale;
    }
  }
  return best;
}

}  // namespace

void NarrowWeights::pack_input(OneWay& one, const Recurrent& layer, int direction) {
  NarrowPacked& p = one.packed;
  const int G = gates_of(p.formula);
  one.wx = Buffer(times(times(std::size_t(layer.input) * G, kNarrowLanes), p.blocks));
  const Matrices m{layer, direction, p.formula};
  for (int unit = 0; unit < p.hidden; ++unit) {
    const int block = unit / kNarrowLanes, lane = unit % kNarrowLanes;
    for (int g = 0; g < G; ++g) {
      for (int k = 0; k < layer.input; ++k) {
        one.wx.data()[input_at(p, block, k, g, lane)] = m.w(g, unit, k);
      }
    }
  }
  p.wx = one.wx.data();
}

NarrowWeights::OneWay NarrowWeights::pack(const Network& network, int index, int direction,
                                          const NarrowRanges* ranges) const {
  const Recurrent& layer = network.layers[index];
  const auto inputs = input_ranges(network, index, ranges);
  const int each = weights_a_word(kind_);
  OneWay one;
  NarrowPacked& p = one.packed;
  p.formula = formula_of(layer);
  p.activation = layer.activation;
  p.hidden = layer.hidden;
  p.blocks = (layer.hidden + kNarrowLanes - 1) / kNarrowLanes;
  p.operands = int(inputs.size());
  const int G = gates_of(p.formula);
  int input_groups = 0;
  std::vector<float> column_ranges;  // padded as a row is
  p.widths[0] = int(inputs[0].size());
  if (index == 0 && p.widths[0] <= kNarrowFeatures) pack_input(one, layer, direction);
  for (int i = 0; i < (p.wx ? 0 : p.operands); ++i) {
    p.widths[i] = int(inputs[i].size());
    input_groups += (p.widths[i] + each - 1) / each;
    column_ranges.insert(column_ranges.end(), inputs[i].begin(), inputs[i].end());
    column_ranges.resize(std::size_t(input_groups) * each, 0.0f);
  }
  const int groups = input_groups + (p.hidden + each - 1) / each;
  p.block_words = std::ptrdiff_t(groups) * G * kNarrowLanes;
  one.words = Buffer(times(p.block_words, p.blocks));
  p.words = reinterpret_cast<const std::uint32_t*>(one.words.data());
  pack_biases(one, layer, direction);
  const std::size_t inputs_end = column_ranges.size();
  if (kind_ == Narrow::bf16) pack_bf16(one, layer, direction, groups);
  if (kind_ == Narrow::halves) pack_halves(one, layer, direction, inputs_end);
  if (kind_ != Narrow::int8) return one;
  const auto& states = ranges->states[index][direction];
  one.steps = Buffer(std::size_t(p.padded()));
  for (int i = 0; i < p.hidden; ++i) one.steps.data()[i] = 127 / states[i];
  p.state_steps = one.steps.data();
  column_ranges.insert(column_ranges.end(), states.begin(), states.end());
  column_ranges.resize(std::size_t(groups) * each, 0.0f);
  pack_int8(one, layer, direction, column_ranges, inputs_end);
  return one;
}

void NarrowWeights::pack_biases(OneWay& one, const Recurrent& layer, int direction) {
  NarrowPacked& p = one.packed;
  const int G = gates_of(p.formula), R = narrow_rows_of(p.formula);
  one.bias = Buffer(times(std::size_t(p.blocks) * R, kNarrowLanes));
  p.bias = one.bias.data();
  const Matrices m{layer, direction, p.formula};
  for (int unit = 0; unit < p.hidden; ++unit) {
    float* bias =
        one.bias.data() + std::size_t(unit / kNarrowLanes) * R * kNarrowLanes + unit % kNarrowLanes;
    for (int g = 0; g < G; ++g) {
      const bool apart = p.formula == Formula::gru && g == 2;
      bias[g * kNarrowLanes] = m.bias(g, unit, true) + (apart ? 0 : m.bias(g, unit, false));
      if (apart) bias[3 * kNarrowLanes] = m.bias(g, unit, false);
    }
  }
}

void NarrowWeights::pack_bf16(OneWay& one, const Recurrent& layer, int direction, int groups) {
  NarrowPacked& p = one.packed;
  const int G = gates_of(p.formula), R = narrow_rows_of(p.formula);
  one.scale = Buffer(times(std::size_t(p.blocks) * G, kNarrowLanes));
  p.scale = one.scale.data();
  auto* words = reinterpret_cast<std::uint32_t*>(one.words.data());
  const Matrices m{layer, direction, p.formula};
  for (int unit = 0; unit < p.hidden; ++unit) {
    const int block = unit / kNarrowLanes, lane = unit % kNarrowLanes;
    for (int g = 0; g < G; ++g) {
      std::vector<float> row = padded_row(p, m, g, unit, 2);
      const float scale = bf16_scale(row);
      one.scale.data()[(block * G + g) * kNarrowLanes + lane] = scale;
      for (int r = 0; r < R; ++r) {
        if (narrow_gate(p.formula, r) != g) continue;
        one.bias.data()[(block * R + r) * kNarrowLanes + lane] /= scale;
      }
      for (int k = 0; p.wx && k < p.widths[0]; ++k) {
        one.wx.data()[input_at(p, block, k, g, lane)] /= scale;
      }
      for (int k = 0; k < groups; ++k) {
        const std::uint32_t low = bf16_before(row[2 * k] / scale, 0);
        words[word_at(p, p.block_words, block, k, g, lane)] =
            bf16_before(row[2 * k + 1] / scale, low) << 16 | low;
      }
    }
  }
}

void NarrowWeights::pack_halves(OneWay& one, const Recurrent& layer, int direction,
                                std::size_t inputs_end) {
  NarrowPacked& p = one.packed;
  const int G = gates_of(p.formula);
  one.scale = Buffer(times(std::size_t(p.blocks) * 2 * G, kNarrowLanes));
  p.scale = one.scale.data();
  auto* words = reinterpret_cast<std::uint32_t*>(one.words.data());
  const Matrices m{layer, direction, p.formula};
  for (int unit = 0; unit < p.hidden; ++unit) {
    const int block = unit / kNarrowLanes, lane = unit % kNarrowLanes;
    for (int g = 0; g < G; ++g) {
      const std::vector<float> row = padded_row(p, m, g, unit, 2);
      for (int state = 0; state < 2; ++state) {
        const std::size_t begin = state ? inputs_end : 0, end = state ? row.size() : inputs_end;
        float largest = 0;
        for (std::size_t k = begin; k < end; ++k) largest = std::max(largest, std::abs(row[k]));
        const float scale = largest > 0 ? largest : 1;
        one.scale.data()[(std::size_t(block * 2 + state) * G + g) * kNarrowLanes + lane] = scale;
        for (std::size_t k = begin; k < end; ++k) {
          words[word_at(p, p.block_words, block, int(k / 2), g, lane)] |=
              std::uint32_t(half_of(row[k] / scale)) << (16 * (k % 2));
        }
      }
    }
  }
}

void NarrowWeights::pack_int8(OneWay& one, const Recurrent& layer, int direction,
                              const std::vector<float>& column_ranges, std::size_t inputs_end) {
  NarrowPacked& p = one.packed;
  const int G = gates_of(p.formula);
  one.scale = Buffer(times(std::size_t(p.blocks) * 2 * G, kNarrowLanes));
  one.start = Buffer(one.scale.size());
  p.scale = one.scale.data();
  auto* words = reinterpret_cast<std::uint32_t*>(one.words.data());
  auto* start = reinterpret_cast<std::int32_t*>(one.start.data());
  p.start = start;
  const Matrices m{layer, direction, p.formula};
  for (int unit = 0; unit < p.hidden; ++unit) {
    const int block = unit / kNarrowLanes, lane = unit % kNarrowLanes;
    for (int g = 0; g < G; ++g) {
      std::vector<float> row = padded_row(p, m, g, unit, 4);
      constexpr float kMost = std::numeric_limits<float>::max();
      for (std::size_t k = 0; k < row.size(); ++k)
        row[k] = std::clamp(row[k] * column_ranges[k], -kMost, kMost);
      for (int half = 0; half < 2; ++half) {
        const std::size_t at = (std::size_t(block * 2 + half) * G + g) * kNarrowLanes + lane;
        std::int32_t sum = 0;
        one.scale.data()[at] =
            to_steps(row, half ? inputs_end : 0, half ? row.size() : inputs_end, sum) / 127;
        start[at] = -128 * sum;
      }
      for (std::size_t k = 0; k < row.size(); ++k) {
        words[word_at(p, p.block_words, block, int(k / 4), g, lane)] |=
            std::uint32_t(std::uint8_t(int(row[k]))) << (8 * (k % 4));
      }
    }
  }
}

NarrowWeights::NarrowWeights(const Network& network, const NarrowKernels& kernels,
                             const NarrowRanges* ranges)
    : kind_(ranges                                          ? Narrow::int8
            : kernels.halves && states_are_bounded(network) ? Narrow::halves
                                                            : Narrow::bf16) {
  if (ranges && network.features > kNarrowFeatures) {
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
    if (!layer.functions.empty()) {
      throw Error("recurrent layer " + std::to_string(i + 1) +
                      (layer.node.empty() ? "" : " (" + layer.node + ")") +
                      " has other activations than sigmoid and tanh, which the engine has in fp32 "
                      "only.",
                  "Use fp32, or train the model with the standard activations.");
    }
    auto& ways = layers_.emplace_back();
    for (int d = 0; d < layer.directions; ++d) ways.push_back(pack(network, int(i), d, ranges));
  }
}

}  // namespace steelyard::cpu
