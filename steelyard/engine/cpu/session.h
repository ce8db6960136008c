// SPDX-License-Identifier: Apache-2.0
// What all sessions of an engine share: checks of what comes in, and a batch in pieces with a
// thread each. Belongs to one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "steelyard/engine/cpu/split.h"
#include "steelyard/engine/cpu/states.h"
#include "steelyard/engine/engine.h"

namespace steelyard::cpu {

// How many values a query and a step have.
struct SessionSizes {
  SessionSizes(const Network&, int batch, int window);
  std::size_t inputs, outputs, tick_inputs, tick_outputs;
};

// A session that may be one piece of a split batch: what it is given is checked by the session as a
// whole, which may be this one.
class Piece : public EngineSession {
 public:
  // `states` are those of the session as a whole.
  Piece(const SessionSizes& sizes, std::shared_ptr<const SessionStates> states)
      : sizes_(sizes), states_(std::move(states)) {}

  // With null, nothing goes along.
  virtual void infer_unchecked(const float* input, float* output, const Carried*) = 0;
  virtual void step_unchecked(const float* input, float* output, const Carried*) = 0;
  virtual void reset_unchecked(const Carried&) = 0;

  void reset(std::span<const float> before) final;

 protected:
  // Whether a query has the right sizes and nothing goes along with it.
  bool is_plain(std::size_t input, std::size_t output, const EngineStates& states) const {
    return input == sizes_.inputs && output == sizes_.outputs && states_->is_plain(states);
  }
  bool is_plain_step(std::size_t input, std::size_t output, std::size_t after) const {
    return input == sizes_.tick_inputs && output == sizes_.tick_outputs && after == 0;
  }
  // Throws Error for sizes, states and lengths that do not fit.
  Carried checked(std::size_t input, std::size_t output, const EngineStates& states) const;
  Carried checked_step(std::size_t input, std::size_t output, std::span<float> after) const;

 private:
  SessionSizes sizes_;
  std::shared_ptr<const SessionStates> states_;
};

// A piece of the class `Own`, which is final: from the caller to its plans without a look at a
// table.
template <class Own>
class PieceOf : public Piece {
 public:
  using Piece::Piece;

  void infer(std::span<const float> input, std::span<float> output,
             const EngineStates& states) final {
    if (is_plain(input.size(), output.size(), states)) [[likely]] {
      return own().infer_unchecked(input.data(), output.data(), nullptr);
    }
    const Carried carried = checked(input.size(), output.size(), states);
    own().infer_unchecked(input.data(), output.data(), &carried);
  }
  void step(std::span<const float> input, std::span<float> output, std::span<float> after) final {
    if (is_plain_step(input.size(), output.size(), after.size())) [[likely]] {
      return own().step_unchecked(input.data(), output.data(), nullptr);
    }
    const Carried carried = checked_step(input.size(), output.size(), after);
    own().step_unchecked(input.data(), output.data(), &carried);
  }

 private:
  Own& own() { return static_cast<Own&>(*this); }
};

// A batch in pieces, each with a thread.
class SplitSession final : public EngineSession {
 public:
  struct Share {
    std::unique_ptr<Piece> piece;
    std::ptrdiff_t first;                   // sample of the batch
    std::size_t input, tick_input, output;  // where its part of the caller's spans begins
    std::size_t tick_output;
  };
  SplitSession(std::vector<Share> shares, const SessionSizes& sizes,
               std::shared_ptr<const SessionStates> states)
      : shares_(std::move(shares)),
        sizes_(sizes),
        states_(std::move(states)),
        split_(int(shares_.size())) {}

  void infer(std::span<const float> input, std::span<float> output,
             const EngineStates& states) override;
  void step(std::span<const float> input, std::span<float> output, std::span<float> after) override;
  void prepare() override;
  void reset(std::span<const float> before) override;

 private:
  std::vector<Share> shares_;
  SessionSizes sizes_;
  std::shared_ptr<const SessionStates> states_;
  const float* input_ = nullptr;
  float* output_ = nullptr;
  std::optional<Carried> carried_;  // none: nothing goes along
  Split split_;
};

}  // namespace steelyard::cpu
