// SPDX-License-Identifier: Apache-2.0
// See session.h.
#include "steelyard/engine/cpu/session.h"

#include <fmt/format.h>

#include "steelyard/base/error.h"

namespace steelyard::cpu {
namespace {

void check_span(const char* what, std::size_t has, std::size_t needs) {
  if (has == needs) return;
  throw Error(
      fmt::format("the engine got {} {} values, but its session needs {}.", has, what, needs),
      "Open a session for the batch and window that you pass.");
}

}  // namespace

SessionSizes::SessionSizes(const Network& network, int batch, int window)
    : inputs(std::size_t(batch) * network.features * window),
      outputs(std::size_t(batch) * network.outputs() * network.answers(window)),
      tick_inputs(std::size_t(batch) * network.features),
      tick_outputs(std::size_t(batch) * network.outputs()) {}

Carried Piece::checked(std::size_t input, std::size_t output, const EngineStates& states) const {
  check_span("input", input, sizes_.inputs);
  check_span("output", output, sizes_.outputs);
  return states_->checked(states);
}

Carried Piece::checked_step(std::size_t input, std::size_t output, std::span<float> after) const {
  check_span("input", input, sizes_.tick_inputs);
  check_span("output", output, sizes_.tick_outputs);
  return states_->checked({{}, after, {}});
}

void Piece::reset(std::span<const float> before) {
  reset_unchecked(states_->checked({before, {}, {}}));
}

void SplitSession::infer(std::span<const float> input, std::span<float> output,
                         const EngineStates& states) {
  check_span("input", input.size(), sizes_.inputs);
  check_span("output", output.size(), sizes_.outputs);
  carried_.reset();
  if (!states_->is_plain(states)) carried_ = states_->checked(states);
  input_ = input.data();
  output_ = output.data();
  split_.run(
      [](void* self, int i) {
        auto& s = *static_cast<SplitSession*>(self);
        Share& share = s.shares_[i];
        const CarriedPart part(s.carried_ ? &*s.carried_ : nullptr, share.first);
        share.piece->infer_unchecked(s.input_ + share.input, s.output_ + share.output, part.get());
      },
      this);
}

void SplitSession::step(std::span<const float> input, std::span<float> output,
                        std::span<float> after) {
  check_span("input", input.size(), sizes_.tick_inputs);
  check_span("output", output.size(), sizes_.tick_outputs);
  carried_.reset();
  if (!after.empty()) carried_ = states_->checked({{}, after, {}});
  shares_[0].piece->prepare();  // refuses here what cannot be stepped, not in a thread
  input_ = input.data();
  output_ = output.data();
  split_.run(
      [](void* self, int i) {
        auto& s = *static_cast<SplitSession*>(self);
        Share& share = s.shares_[i];
        const CarriedPart part(s.carried_ ? &*s.carried_ : nullptr, share.first);
        share.piece->step_unchecked(s.input_ + share.tick_input, s.output_ + share.tick_output,
                                    part.get());
      },
      this);
}

void SplitSession::prepare() {
  shares_[0].piece->prepare();
  split_.run(
      [](void* self, int i) { static_cast<SplitSession*>(self)->shares_[i].piece->prepare(); },
      this);
}

void SplitSession::reset(std::span<const float> before) {
  const Carried carried = states_->checked({before, {}, {}});
  for (Share& share : shares_) share.piece->reset_unchecked(carried.from(share.first));
}

}  // namespace steelyard::cpu
