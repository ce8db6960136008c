// SPDX-License-Identifier: Apache-2.0
// See stepwise.h.
#include "steelyard/engine/cpu/stepwise.h"

#include <algorithm>
#include <cstring>

#include "steelyard/engine/cpu/states.h"

namespace steelyard::cpu {

Stepwise::Stepwise(const Network& network, int index, int direction, const Kernels& kernels,
                   PackCache& cache, int samples, bool one_sample)
    : kernels_(kernels) {
  const Recurrent& layer = network.layers[index];
  const std::shared_ptr<const PackedWeights> packed = cache.layer(index, direction, one_sample);
  const Packed& p = packed->packed();
  const std::size_t state = times(p.padded(), samples);
  if (!layer.functions.empty()) {
    functions_ = layer.functions.data() + std::ptrdiff_t(direction) * functions_of(layer.cell);
    sums_ = Buffer(times(state, gates_of(p.formula)));
    if (p.formula == Formula::gru) sums_n_ = Buffer(state);
    if (p.formula == Formula::gru_reset_first) {
      product_ = cache.candidate(index, direction, one_sample);
    }
  }
  if (layer.ends_early) {
    left_ = Buffer(state);
    if (layer.cell == Cell::lstm) old_c_ = Buffer(state);
  }
}

const float* Stepwise::run(const LayerJob& job, const std::int32_t* lengths) {
  if (!left_) lengths = nullptr;  // a layer that takes none
  if (!lengths && !functions_) return kernels_.layer(job);
  const std::ptrdiff_t padded = job.w->padded();
  LayerJob one = job;
  one.steps = 1;
  one.reverse = false;
  one.sequence = nullptr;
  const float* h = job.h;
  const int most = lengths ? *std::max_element(lengths, lengths + job.samples) : job.steps;
  for (int i = 0; i < job.steps; ++i) {
    const int time = job.reverse ? job.steps - 1 - i : i;
    if (time >= most) continue;  // no sample's
    for (int k = 0; k < job.operands; ++k) one.x[k].data = job.x[k].data + time * job.x[k].time;
    one.start.data = job.start.data + time * job.start.time;
    one.start_n.data = job.start_n.data + time * job.start_n.time;
    one.h = h;
    float* next = job.sequence ? job.sequence + time * job.sequence_time : job.h_next[i & 1];
    one.h_next[0] = next;
    if (lengths && old_c_) {
      std::memcpy(old_c_.data(), job.c, sizeof(float) * job.samples * padded);
    }
    step(one);
    if (lengths) {
      keep_old(lengths, time, job.samples, padded, h, next);
      if (old_c_) keep_old(lengths, time, job.samples, padded, old_c_.data(), job.c);
    }
    h = next;
  }
  return lengths ? end_early(job, h, lengths) : h;
}

void Stepwise::step(LayerJob& job) {
  if (!functions_) {
    kernels_.layer(job);
    return;
  }
  const bool reset_first = job.w->formula == Formula::gru_reset_first;
  job.keep = sums_.data();
  job.keep_n = sums_n_.data();
  kernels_.layer(job);
  CellJob cell;
  cell.formula = job.w->formula;
  cell.functions = functions_;
  cell.samples = job.samples;
  cell.blocks = job.w->blocks;
  cell.sums = sums_.data();
  cell.sums_n = sums_n_.data();
  cell.h = job.h;
  cell.h_next = job.h_next[0];
  cell.c = job.c;
  cell.scratch = job.scratch;
  kernels_.cell(cell);
  if (!reset_first) return;
  // n's product with r h, on top of what the input gives to n.
  const std::ptrdiff_t padded = job.w->padded(), stack = job.samples * padded;
  LayerJob product;
  product.w = &product_->packed();
  product.steps = 1;
  product.samples = job.samples;
  product.start = {job.scratch + 2 * stack, 0, padded, 0};
  product.start_n = product.start;
  product.h = job.h ? job.scratch : nullptr;
  product.h_next[0] = product.h_next[1] = job.h_next[0];
  product.keep = sums_.data();
  kernels_.layer(product);
  cell.candidate = true;
  kernels_.cell(cell);
}

const float* Stepwise::end_early(const LayerJob& job, const float* h, const std::int32_t* lengths) {
  const std::ptrdiff_t padded = job.w->padded();
  if (h) std::memcpy(left_.data(), h, sizeof(float) * job.samples * padded);
  clear_empty(lengths, job.samples, padded, left_.data());
  if (job.c) clear_empty(lengths, job.samples, padded, job.c);
  for (int t = 0; job.sequence && t < job.steps; ++t) {
    keep_old(lengths, t, job.samples, padded, nullptr, job.sequence + t * job.sequence_time);
  }
  return left_.data();
}

}  // namespace steelyard::cpu
