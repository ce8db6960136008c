// SPDX-License-Identifier: Apache-2.0
// A matrix unit in plain C++, so that packing and planning are tested on every CPU.
#pragma once

#include <bit>
#include <cmath>
#include <cstring>

#include "steelyard/engine/cpu/matrix.h"

namespace steelyard::cpu {

inline float widened(std::uint16_t half) { return std::bit_cast<float>(std::uint32_t(half) << 16); }

inline std::uint16_t high_part(float value) {
  return std::uint16_t(std::bit_cast<std::uint32_t>(value) >> 16);
}

struct PlainMatrix {
  // sum[gate row][lane] += one row of values times the tiles of one operand.
  static const std::uint16_t* add(const MatrixPacked& w, const MatrixOperand& operand, bool input,
                                  const std::uint16_t* values, const std::uint16_t* words,
                                  float (&sum)[kMatrixRows][kMatrixLanes]) {
    const int a = value_parts(operand.products), b = weight_parts(operand.products);
    for (int tile = 0; tile < operand.tiles(); ++tile, values += a * kMatrixTile) {
      for (int gate = 0; gate < gates_of(w.formula); ++gate, words += b * kMatrixTile) {
        const int row = w.formula == Formula::gru && gate == 2 && input ? 3 : gate;
        for (int i = 0; i < a; ++i)
          for (int k = 0; k < b; ++k)
            for (int at = 0; i + k < a && at < kMatrixTile; ++at)
              sum[row][at % 32 / 2] += widened(words[k * kMatrixTile + at]) *
                                       widened(values[i * kMatrixTile + at / 32 * 2 + at % 2]);
      }
    }
    return words;
  }

  static float sigmoid_of_half(float half) { return 0.5f + 0.5f * std::tanh(half); }

  static float next(const MatrixPacked& w, const float (&row)[kMatrixRows], float& state) {
    if (w.formula == Formula::lstm) {
      state = sigmoid_of_half(row[1]) * state + sigmoid_of_half(row[0]) * std::tanh(row[2]);
      return sigmoid_of_half(row[3]) * std::tanh(state);
    }
    const float n = std::tanh(row[3] + sigmoid_of_half(row[0]) * row[2]);
    return state = n + sigmoid_of_half(row[1]) * (state - n);
  }

  static void step(const MatrixStep& j) {
    const MatrixPacked& w = *j.w;
    for (int sample = 0; sample < j.samples; ++sample) {
      const int group = sample / kMatrixSamples, in_group = sample % kMatrixSamples;
      const auto of = [&](const std::uint16_t* values, const MatrixOperand& operand) {
        return values + group * operand.group() + in_group * kMatrixDepth;
      };
      for (int block = 0; block < w.blocks; ++block) {
        float sum[kMatrixRows][kMatrixLanes];
        std::memcpy(sum, w.bias + block * kMatrixRows * kMatrixLanes, sizeof sum);
        const std::uint16_t* words = w.words + block * w.block_words;
        for (int i = 0; i < w.operands; ++i)
          words = add(w, w.x[i], true, of(j.x[i], w.x[i]), words, sum);
        if (j.h) add(w, w.h, false, of(j.h, w.h), words, sum);
        for (int lane = 0; lane < kMatrixLanes; ++lane) {
          const float row[kMatrixRows] = {sum[0][lane], sum[1][lane], sum[2][lane], sum[3][lane]};
          float& state =
              j.state[((group * w.blocks + block) * kMatrixSamples + in_group) * kMatrixLanes +
                      lane];
          const float h = next(w, row, state);
          const int unit = block * kMatrixLanes + lane;
          if (j.output) j.output[sample * w.padded() + unit] = h;
          std::uint16_t* to = j.h_next + group * w.h.group() +
                              unit / kMatrixDepth * value_parts(w.h.products) * kMatrixTile +
                              in_group * kMatrixDepth + unit % kMatrixDepth;
          store_parts(h, value_parts(w.h.products), to);
        }
      }
    }
  }

  static void store_parts(float value, int parts, std::uint16_t* to) {
    for (int part = 0; part < parts; ++part) {
      to[part * kMatrixTile] = high_part(value);
      value -= widened(high_part(value));
    }
  }

  static void lay_out(const float* rows, std::ptrdiff_t stride, int samples,
                      const MatrixOperand& operand, std::uint16_t* tiles) {
    const bool spread = operand.products == Products::spread;
    for (int s = 0; s < samples; ++s) {
      for (int k = 0; k < operand.width; ++k) {
        std::uint16_t parts[3 * kMatrixTile];
        store_parts(rows[s * stride + k], 3, parts);
        for (int i = 0; i < (spread ? kSpread : value_parts(operand.products)); ++i) {
          const int at = spread ? i * operand.width + k : k;
          const int tile =
              at / kMatrixDepth * (spread ? 1 : value_parts(operand.products)) + (spread ? 0 : i);
          tiles[tile * kMatrixTile + s * kMatrixDepth + at % kMatrixDepth] =
              parts[(spread ? kValuePart[i] : i) * kMatrixTile];
        }
      }
    }
  }
};

inline const MatrixKernels& plain_matrix_kernels() {
  static const MatrixKernels kKernels = {[] {}, [] {}, &PlainMatrix::step, &PlainMatrix::lay_out};
  return kKernels;
}

}  // namespace steelyard::cpu
