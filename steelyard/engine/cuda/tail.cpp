// SPDX-License-Identifier: Apache-2.0
// The end of the network on the host. One thread at a time.
#include "steelyard/engine/cuda/tail.h"

#include <algorithm>
#include <cmath>

namespace steelyard::cuda {
namespace {

float activated(float x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return std::max(x, 0.f);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::none:
      break;
  }
  return x;
}

}  // namespace

Tail::Tail(const Network& network, bool on_device, bool biased)
    : directions_(network.layers.back().directions),
      width_(on_device ? network.head.front().output : network.layers.back().hidden),
      on_device_(on_device),
      biased_(biased),
      head_(network.head) {
  const bool plain = head_.empty() || (on_device_ && head_.size() == 1 && biased_ &&
                                       head_.front().activation == Activation::none);
  nothing_to_do_ = directions_ == 1 && plain;
  // The longest vector, so that finish() does not allocate.
  std::size_t most = std::size_t(directions_) * width_;
  for (const Dense& dense : head_) most = std::max<std::size_t>(most, dense.output);
  values_.reserve(most);
  next_.reserve(most);
}

void Tail::dense(const Dense& dense, std::vector<float>& values) {
  next_.resize(dense.output);
  for (int n = 0; n < dense.output; ++n) {
    float sum = dense.b[n];
    for (int k = 0; k < dense.input; ++k)
      sum += dense.w[std::size_t(n) * dense.input + k] * values[k];
    next_[n] = activated(sum, dense.activation);
  }
  values.swap(next_);
}

void Tail::finish(const float* results, int batch, float* output) {
  const std::size_t stride = std::size_t(batch) * width_;
  for (int b = 0; b < batch; ++b) {
    const float* first = results + std::size_t(b) * width_;
    values_.clear();
    if (on_device_) {
      for (int n = 0; n < width_; ++n) {
        float sum = directions_ == 2 ? first[n] + first[stride + n] : first[n];
        if (!biased_) sum += head_.front().b[n];
        values_.push_back(activated(sum, head_.front().activation));
      }
    } else {
      for (int d = 0; d < directions_; ++d)
        values_.insert(values_.end(), first + d * stride, first + d * stride + width_);
    }
    for (std::size_t i = on_device_ ? 1 : 0; i < head_.size(); ++i) dense(head_[i], values_);
    output = std::copy(values_.begin(), values_.end(), output);
  }
}

}  // namespace steelyard::cuda
