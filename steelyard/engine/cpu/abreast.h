// SPDX-License-Identifier: Apache-2.0
// Whole windows of narrow networks, many samples abreast: the batch in groups of a few vectors.
// Belongs to one session.
#pragma once

#include <vector>

#include "steelyard/engine/cpu/head.h"

namespace steelyard::cpu {

class Abreast {
 public:
  // Whether it is faster than samples one after the other.
  static bool suits(const Network&, const Kernels&, int batch, int window);

  // `row`: how many samples stand side by side in the caller's input, at least `batch`.
  Abreast(const Network&, const Kernels&, PackCache&, int batch, int window, int row);
  void infer(const float* input, float* output);

 private:
  struct Pass {
    AbreastJob job;
    bool from_last_step = false;
    Buffer weights, h, c, sequence;
  };
  Pass make_pass(const Network&, int layer, int direction) const;
  void run_group(const float* input, int samples, float* output);

  const Kernels& kernels_;
  int batch_, window_, width_;  // width_: samples of a group
  int outputs_;
  int last_;  // first pass of the last layer
  Operand input_;
  Buffer columns_, rows_;
  std::vector<Pass> passes_;
  std::vector<int> first_pass_;
  Head head_;
};

}  // namespace steelyard::cpu
