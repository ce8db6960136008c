// SPDX-License-Identifier: Apache-2.0
// Taking weights apart: see matrix_pack.h. Thread-safe.
#include "steelyard/engine/cpu/matrix_pack.h"

#include <bit>

#include "steelyard/engine/cpu/pack.h"

namespace steelyard::cpu {
namespace {

// So few features are laid out side by side.
constexpr int kSpreadFeatures = kMatrixLanes;

// Part number `part` of a number that is cut into parts, or the number rounded to one part.
std::uint16_t part_of(float w, int part, bool rounded) {
  auto bits = std::bit_cast<std::uint32_t>(w);
  if (rounded) return std::uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  for (; part > 0; --part) {
    w -= std::bit_cast<float>(bits & 0xffff0000);
    bits = std::bit_cast<std::uint32_t>(w);
  }
  return std::uint16_t(bits >> 16);
}

// The tiles of one block for one operand. `weight`(gate, unit, k) gives the weights.
template <class Weight>
std::uint16_t* pack_operand(const MatrixPacked& p, const MatrixOperand& operand, int block,
                            Weight weight, std::uint16_t* to) {
  const int parts = weight_parts(operand.products);
  const bool spread = operand.products == Products::spread;
  for (int tile = 0; tile < operand.tiles(); ++tile) {
    for (int gate = 0; gate < gates_of(p.formula); ++gate) {
      for (int part = 0; part < parts; ++part, to += kMatrixTile) {
        for (int lane = 0; lane < kMatrixLanes; ++lane) {
          const int unit = block * kMatrixLanes + lane;
          for (int depth = 0; unit < p.hidden && depth < kMatrixDepth; ++depth) {
            const int at = tile * kMatrixDepth + depth, product = spread ? at / operand.width : 0;
            const int k = at - product * operand.width;
            if (product >= kSpread || k >= operand.width) continue;
            to[depth / 2 * 2 * kMatrixLanes + lane * 2 + depth % 2] =
                part_of(weight(gate, unit, k), spread ? kWeightPart[product] : part,
                        operand.products == Products::two);
          }
        }
      }
    }
  }
  return to;
}

std::ptrdiff_t halves_of(const MatrixPacked& p, const MatrixOperand& operand) {
  return std::ptrdiff_t(operand.tiles()) * gates_of(p.formula) * weight_parts(operand.products) *
         kMatrixTile;
}

void pack_biases(const MatrixPacked& p, const Matrices& m, float* bias) {
  for (int unit = 0; unit < p.hidden; ++unit) {
    float* to = bias + unit / kMatrixLanes * kMatrixRows * kMatrixLanes + unit % kMatrixLanes;
    for (int g = 0; g < gates_of(p.formula); ++g) {
      const bool apart = p.formula == Formula::gru && g == 2;
      to[g * kMatrixLanes] = m.bias(g, unit, true) + (apart ? 0 : m.bias(g, unit, false));
      if (apart) to[3 * kMatrixLanes] = m.bias(g, unit, false);
    }
  }
}

}  // namespace

MatrixWeights::OneWay MatrixWeights::pack(const Network& network, int index, int direction,
                                          Products products) {
  const Recurrent& layer = network.layers[index];
  OneWay one;
  MatrixPacked& p = one.packed;
  p.formula = formula_of(layer);
  p.hidden = layer.hidden;
  p.blocks = (layer.hidden + kMatrixLanes - 1) / kMatrixLanes;
  p.h = {products, layer.hidden};
  p.operands = index == 0 ? 1 : network.layers[index - 1].directions;
  for (int i = 0; i < p.operands; ++i) {
    const bool few = index == 0 && layer.input <= kSpreadFeatures;
    p.x[i] = {few ? Products::spread : products, layer.input / p.operands};
    p.block_words += halves_of(p, p.x[i]);
  }
  p.block_words += halves_of(p, p.h);
  one.words = Buffer(times(p.block_words, p.blocks) / 2);
  one.bias = Buffer(times(p.blocks, kMatrixRows * kMatrixLanes));
  const Matrices m{layer, direction, p.formula};
  auto* words = reinterpret_cast<std::uint16_t*>(one.words.data());
  p.words = words;
  for (int block = 0; block < p.blocks; ++block) {
    for (int i = 0; i < p.operands; ++i) {
      const int first = i * p.x[0].width;
      words = pack_operand(
          p, p.x[i], block, [&](int g, int unit, int k) { return m.w(g, unit, first + k); }, words);
    }
    words = pack_operand(
        p, p.h, block, [&](int g, int unit, int k) { return m.r(g, unit, k); }, words);
  }
  pack_biases(p, m, one.bias.data());
  p.bias = one.bias.data();
  return one;
}

MatrixWeights::MatrixWeights(const Network& network, Products products) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    auto& ways = layers_.emplace_back();
    for (int d = 0; d < network.layers[i].directions; ++d)
      ways.push_back(pack(network, int(i), d, products));
  }
}

}  // namespace steelyard::cpu
