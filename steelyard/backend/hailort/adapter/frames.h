// SPDX-License-Identifier: Apache-2.0
// The memory of one query: page-aligned buffers for every input and output of every frame, bound
// once. Copies between them and the packed tensors of a query. Belongs to one Session or slot.
#pragma once

#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/hailort/adapter/sdk.h"

namespace steelyard::hailo {

// A HEF configured for frames in bursts of `batch`.
struct Configured {
  std::shared_ptr<hailort::InferModel> model;
  hailort::ConfiguredInferModel runner;
  Signature signature;
  int batch = 1;
};

class Frames {
 public:
  explicit Frames(Configured&);
  std::vector<hailort::ConfiguredInferModel::Bindings>& bindings() { return bindings_; }
  void check_query(std::span<const std::byte> in, std::span<std::byte> out) const {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
  }
  void copy_in(std::span<const std::byte> in) const;
  void copy_out(std::span<std::byte> out) const;

 private:
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  // In the order of the packed tensors: input 0 of all frames, then input 1 ...
  std::vector<std::span<std::byte>> inputs_, outputs_;
  std::vector<std::unique_ptr<void, Free>> memory_;
  std::vector<hailort::ConfiguredInferModel::Bindings> bindings_;
  std::size_t input_bytes_ = 0, output_bytes_ = 0;
  std::span<std::byte> page_aligned(std::size_t bytes);
};

}  // namespace steelyard::hailo
