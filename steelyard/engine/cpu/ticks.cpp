// SPDX-License-Identifier: Apache-2.0
// Plans and runs single steps. All memory is taken when the plan is made. Belongs to one session.
#include "steelyard/engine/cpu/ticks.h"

#include <cstring>

namespace steelyard::cpu {

Ticks::Ticks(const Network& network, const Kernels& kernels, PackCache& cache, int batch)
    : kernels_(kernels),
      batch_(batch),
      features_(network.features),
      head_(network, kernels, cache, batch) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    layers_.push_back(make_layer(network, int(i), cache));
  }
  reset();
}

Ticks::Layer Ticks::make_layer(const Network& network, int index, PackCache& cache) const {
  Layer layer;
  layer.packed = cache.layer(index, 0, batch_ == 1);
  LayerJob& job = layer.job;
  job.w = &layer.packed->packed();
  job.operands = 1;
  job.steps = 1;
  job.samples = batch_;
  const std::size_t state = times(job.w->padded(), batch_);
  layer.h = Buffer(times(state, 2));
  if (network.layers[index].cell == Cell::lstm) layer.c = Buffer(state);
  job.c = layer.c.data();
  if (job.w->formula == Formula::gru_reset_first) {
    layer.scratch = Buffer(times(state, 3));
    job.scratch = layer.scratch.data();
  } else {
    layer.sums = Buffer(times(state, gates_of(job.w->formula)));
  }
  if (job.w->formula == Formula::gru) layer.sums_n = Buffer(state);
  if (!network.layers[index].functions.empty()) {
    layer.stepwise =
        std::make_unique<Stepwise>(network, index, 0, kernels_, cache, batch_, batch_ == 1);
  }
  layer.place = StatePlace(network, index, 0);
  return layer;
}

void Ticks::run(Layer& layer, const Operand& x) {
  LayerJob& job = layer.job;
  const bool ready = prepared_ && layer.sums;
  const std::ptrdiff_t padded = job.w->padded();
  job.x[0] = x;
  job.h = layer.state;
  job.h_next[0] = layer.state == layer.h.data() ? layer.h.data() + batch_ * padded : layer.h.data();
  job.recurrent = !ready;
  job.start = ready ? Operand{layer.sums.data(), 0, padded * gates_of(job.w->formula), 0}
                    : Operand{job.w->bias, 0, 0, 0};
  job.start_n =
      ready ? Operand{layer.sums_n.data(), 0, padded, 0} : Operand{job.w->bias_n, 0, 0, 0};
  layer.state = layer.stepwise ? layer.stepwise->run(job, nullptr) : kernels_.layer(job);
}

void Ticks::step(const float* input, float* output, const Carried* carried) {
  Operand x{input, 0, features_, features_};
  for (Layer& layer : layers_) {
    run(layer, x);
    const std::ptrdiff_t padded = layer.job.w->padded();
    x = {layer.state, 0, padded, layer.job.w->hidden};
    if (!carried || !carried->after) continue;
    const StatePlace& at = layer.place;
    write_rows(*carried, at.h, at.hidden, batch_, layer.state, padded);
    if (layer.c) write_rows(*carried, at.c, at.hidden, batch_, layer.c.data(), padded);
  }
  prepared_ = false;
  head_.run(&x, 1, batch_, output);
}

void Ticks::prepare() {
  if (prepared_) return;
  for (Layer& layer : layers_) {
    if (!layer.sums) continue;
    LayerJob job = layer.job;
    job.operands = 0;
    job.recurrent = true;
    job.h = layer.state;
    job.h_next[0] = layer.h.data();
    job.start = {job.w->bias, 0, 0, 0};
    job.start_n = {job.w->bias_n, 0, 0, 0};
    job.keep = layer.sums.data();
    job.keep_n = layer.sums_n.data();
    kernels_.layer(job);
  }
  prepared_ = true;
}

void Ticks::reset(const Carried& carried) {
  for (Layer& layer : layers_) {
    const std::ptrdiff_t padded = layer.job.w->padded();
    const StatePlace& at = layer.place;
    layer.state = nullptr;
    if (layer.c) std::memset(layer.c.data(), 0, layer.c.size() * sizeof(float));
    if (!carried.before) continue;
    read_rows(carried, at.h, at.hidden, batch_, padded, layer.h.data());
    if (layer.c) read_rows(carried, at.c, at.hidden, batch_, padded, layer.c.data());
    layer.state = layer.h.data();
  }
  prepared_ = false;
}

}  // namespace steelyard::cpu
