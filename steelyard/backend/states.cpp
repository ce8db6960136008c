// SPDX-License-Identifier: Apache-2.0
// See states.h.
#include "steelyard/backend/states.h"

#include <cstring>
#include <utility>

namespace steelyard {

std::size_t offset_of(const std::vector<TensorInfo>& tensors, std::size_t index) {
  const auto end = tensors.begin() + static_cast<std::ptrdiff_t>(index);
  return Signature{{tensors.begin(), end}, {}}.input_bytes();
}

namespace {

class FedBack final : public Session {
 public:
  explicit FedBack(std::unique_ptr<Session> session) : session_(std::move(session)) {
    const Signature& signature = session_->signature();
    for (const StatePair& pair : signature.state) {
      const std::size_t bytes = Signature{{signature.inputs[pair.input]}, {}}.input_bytes();
      moves_.push_back({offset_of(signature.inputs, pair.input),
                        offset_of(signature.outputs, pair.output), bytes});
    }
    in_.resize(signature.input_bytes());
    output_bytes_ = signature.output_bytes();
  }

  const Signature& signature() const override { return session_->signature(); }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), in_.size(), output_bytes_);
    // The state lies in in_ already; everything else is the caller's.
    std::size_t from = 0;
    for (const Move& move : moves_) {
      std::memcpy(in_.data() + from, in.data() + from, move.input - from);
      if (fresh_) std::memcpy(in_.data() + move.input, in.data() + move.input, move.bytes);
      from = move.input + move.bytes;
    }
    std::memcpy(in_.data() + from, in.data() + from, in_.size() - from);
    session_->infer(in_, out);
    for (const Move& move : moves_)
      std::memcpy(in_.data() + move.input, out.data() + move.output, move.bytes);
    fresh_ = false;
  }

  void reset() override {
    session_->reset();
    fresh_ = true;
  }

 private:
  struct Move {
    std::size_t input, output, bytes;  // offsets in the packed tensors
  };
  std::unique_ptr<Session> session_;
  std::vector<Move> moves_;  // in the order of the inputs, as state_pairs() lists them
  std::vector<std::byte> in_;
  std::size_t output_bytes_ = 0;
  bool fresh_ = true;
};

}  // namespace

std::unique_ptr<Session> feed_back(std::unique_ptr<Session> session) {
  if (session->signature().state.empty())
    throw Unsupported(
        "the model has no state that goes in and comes out, so it cannot stream here",
        "export it with its state as an input and an output of one name and shape (h and h_out), "
        "or measure it with another scenario");
  return std::make_unique<FedBack>(std::move(session));
}

}  // namespace steelyard
