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

// One input of all windows, as the model takes it.
struct FeedTensor {
  std::string name;
  ElementType type = ElementType::f32;
  std::size_t bytes = 0;           // of one window
  std::vector<std::byte> content;  // window after window; one alone is every window's
};

// The windows that a model is asked about.
struct Feed {
  std::uint64_t windows = 0;
  int window = 8;                  // rows a window
  std::vector<float> inputs;       // [windows][window][features]; empty: `others` hold all
  std::vector<FeedTensor> others;  // of a model without recipe; lengths of windows
  std::vector<float> calibration;  // training windows in the same layout; may be empty
  Truth truth;                     // without reference; empty when the model carries no recipe
  bool generated = false;          // there is no recipe: inputs are from files or the seed
  int sequence = 1;  // Streaming: windows on end that belong together, the state carried along
};

std::string shape_text(const std::vector<std::int64_t>&);  // "[1,8,5]", an open axis as "?"

// Test windows by the model's recipe from `data`. A model without a recipe gets what was given, and
// otherwise random inputs drawn from `seed`, so that it can at least be timed. Throws Error.
Feed load_feed(const Model&, const std::filesystem::path& data, const std::string& ticker,
               std::uint64_t seed, const std::vector<GivenInput>& given = {});

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
  void fill(const FeedTensor&, const TensorInfo& tensor, std::size_t offset);

  std::uint64_t windows_;
  std::size_t batch_;
  std::size_t width_ = 0;                            // of one window's output
  TensorInfo output_;                                // the first
  std::size_t output_outer_ = 1, output_inner_ = 1;  // around the batch axis
  std::vector<std::byte> inputs_, outputs_;
  Ring ring_;
};

}  // namespace steelyard
