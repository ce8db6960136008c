// SPDX-License-Identifier: Apache-2.0
// A network's recurrent weights as tiles of bf16 parts. Immutable once made; may be shared by
// threads.
#pragma once

#include <vector>

#include "steelyard/engine/cpu/buffer.h"
#include "steelyard/engine/cpu/matrix.h"

namespace steelyard::cpu {

class MatrixWeights {
 public:
  // `products`: six or two. The layers must be GRUs or LSTMs whose reset comes after the product.
  MatrixWeights(const Network&, Products products);
  const MatrixPacked& packed(int layer, int direction) const {
    return layers_[layer][direction].packed;
  }

 private:
  struct OneWay {
    MatrixPacked packed;
    Buffer words, bias;
  };
  static OneWay pack(const Network&, int layer, int direction, Products);

  std::vector<std::vector<OneWay>> layers_;
};

}  // namespace steelyard::cpu
