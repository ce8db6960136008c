// SPDX-License-Identifier: Apache-2.0
// The head as dot products and plain layers. Belongs to one session.
#include "steelyard/engine/cpu/head.h"

#include <algorithm>
#include <cstring>

namespace steelyard::cpu {

Head::Head(const Network& network, const Kernels& kernels, PackCache& cache, int samples)
    : kernels_(kernels), outputs_(network.outputs()) {
  int directions = network.layers.back().directions;
  for (std::size_t i = 0; i < network.head.size(); ++i) {
    stages_.push_back(make_stage(network.head[i], int(i), directions, samples, cache));
    directions = 1;
  }
}

Head::Stage Head::make_stage(const Dense& dense, int index, int directions, int samples,
                             PackCache& cache) const {
  Stage stage;
  const int lanes = kernels_.lanes;
  const std::size_t width = std::size_t(dense.output + lanes - 1) / lanes * lanes;
  stage.y = Buffer(times(width, samples));
  stage.dot = dense.output * 2 <= lanes || lanes == 1;
  if (stage.dot) {
    stage.weights = dense_rows(dense, directions, lanes);
    stage.bias = Buffer(dense.output);
    std::copy(dense.b.begin(), dense.b.end(), stage.bias.data());
    stage.dense.operands = directions;
    stage.dense.outputs = dense.output;
    stage.dense.w = stage.weights.data();
    stage.dense.b = stage.bias.data();
    stage.dense.activation = dense.activation;
    stage.dense.y = stage.y.data();
    stage.dense.y_sample = std::ptrdiff_t(width);
    return stage;
  }
  stage.packed = cache.head(index);
  stage.layer.w = &stage.packed->packed();
  stage.layer.operands = directions;
  stage.layer.steps = 1;
  stage.layer.recurrent = false;
  stage.layer.start.data = stage.layer.w->bias;
  stage.layer.h_next[0] = stage.layer.h_next[1] = stage.y.data();
  return stage;
}

void Head::run(const Operand* states, int directions, int samples, float* output) {
  Operand x[2] = {states[0], states[directions - 1]};
  for (Stage& stage : stages_) {
    const bool last = &stage == &stages_.back();
    if (stage.dot) {
      DenseJob& job = stage.dense;
      std::copy(x, x + 2, job.x);
      job.samples = samples;
      if (last) {
        job.y = output;
        job.y_sample = job.outputs;
      }
      kernels_.dense(job);
      x[0] = {job.y, 0, job.y_sample, job.outputs};
      if (last) return;
    } else {
      LayerJob& job = stage.layer;
      std::copy(x, x + 2, job.x);
      job.samples = samples;
      x[0] = {kernels_.layer(job), 0, job.w->padded(), job.w->hidden};
    }
    directions = 1;
  }
  for (int s = 0; s < samples; ++s) {
    for (int d = 0; d < directions; ++d) {
      std::memcpy(output, x[d].data + s * x[d].sample, x[d].width * sizeof(float));
      output += x[d].width;
    }
  }
}

void Head::run_steps(const Operand* states, int directions, int samples, int steps,
                     bool batch_first, int row, float* output) {
  const int turns = batch_first ? samples : steps, each = batch_first ? steps : samples;
  const std::ptrdiff_t apart = std::ptrdiff_t(batch_first ? steps : row) * outputs_;
  for (int i = 0; i < turns; ++i) {
    Operand x[2];
    for (int d = 0; d < directions; ++d) {
      const Operand& from = states[d];
      x[d] = {from.data + i * (batch_first ? from.sample : from.time), 0,
              batch_first ? from.time : from.sample, from.width};
    }
    run(x, directions, each, output + i * apart);
  }
}

}  // namespace steelyard::cpu
