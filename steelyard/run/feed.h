// SPDX-License-Identifier: Apache-2.0
// What queries read and where they write: the windows of a case, packed as its Signature wants
// them, and the outputs gathered back into window order. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/model/model.h"
#include "steelyard/record/record.h"
#include "steelyard/run/timed_loop.h"

namespace steelyard {

// The windows that a model is asked about.
struct Feed {
  std::uint64_t windows = 0;
  int window = 8;                  // rows a window
  std::vector<float> inputs;       // [windows][window][features]
  std::vector<float> calibration;  // training windows in the same layout; may be empty
  Truth truth;                     // without reference; empty when the model carries no recipe
  bool generated = false;          // random inputs, because there is no recipe
};

// Test windows by the model's recipe from `data`; a model without a recipe gets random inputs drawn
// from `seed`, so that it can at least be timed. Throws Error.
Feed load_feed(const Model&, const std::filesystem::path& data, const std::string& ticker,
               std::uint64_t seed);

// Numbers of the first output that belong to one window.
std::uint32_t output_width(const Signature&, int batch);

// Inputs of all queries, packed; room for their outputs. A query holds `batch` windows; slot j
// begins at window j * batch and wraps around at the end.
class FeedRing {
 public:
  // Throws Error when the signature does not take windows of this size.
  FeedRing(const Feed&, const Signature&, int batch, int depth);
  const Ring& ring() const { return ring_; }
  std::size_t slot_of(std::uint64_t window) const;
  // Copies the outputs of `slot` to their windows and marks those as seen.
  void collect(std::size_t slot, std::vector<float>& outputs,
               std::vector<std::uint8_t>& seen) const;

 private:
  std::uint64_t first_window(std::size_t slot) const;
  void fill(const Feed&, const TensorInfo& tensor, std::size_t offset);
  void fill_others(const Signature&, std::size_t chosen);

  std::uint64_t windows_;
  std::size_t batch_;
  std::size_t width_ = 0;                            // of one window's output
  TensorInfo output_;                                // the first
  std::size_t output_outer_ = 1, output_inner_ = 1;  // around the batch axis
  std::vector<std::byte> inputs_, outputs_;
  Ring ring_;
};

}  // namespace steelyard
