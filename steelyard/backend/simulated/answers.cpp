// SPDX-License-Identifier: Apache-2.0
// Remembered outputs.
#include "steelyard/backend/simulated/answers.h"

#include <algorithm>
#include <cstring>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/simulated/quantised.h"
#include "steelyard/engine/engine.h"

namespace steelyard::simulated {

namespace {

constexpr std::size_t kMostBytes = 256u << 20;
constexpr std::size_t kRoom = 4096;  // windows, made before anything is timed

// Eight bytes at a time into four independent lanes, so that long windows are read at memory
// speed. Collisions cost time only: contents are compared.
std::uint64_t hash_of(const float* values, std::size_t count) {
  constexpr std::uint64_t k = 0x9e3779b97f4a7c15u;
  std::uint64_t lanes[4] = {k, 2 * k, 3 * k, 4 * k};
  const char* bytes = reinterpret_cast<const char*>(values);
  std::size_t rest = count * sizeof(float);
  const auto mix = [](std::uint64_t lane, std::uint64_t word) {
    lane = (lane ^ word) * k;
    return lane ^ (lane >> 29);
  };
  for (; rest >= 32; rest -= 32, bytes += 32) {
    std::uint64_t words[4];
    std::memcpy(words, bytes, 32);
    for (int i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  for (; rest > 0; rest -= 4, bytes += 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes, 4);
    lanes[0] = mix(lanes[0], word);
  }
  return mix(mix(mix(lanes[0], lanes[1]), lanes[2]), lanes[3]);
}

}  // namespace

struct Answers::Arithmetic {
  std::unique_ptr<EngineSession> engine;      // fp32
  std::unique_ptr<QuantisedNetwork> integer;  // int8
};

Answers::Answers(const Network& network, const Profile& profile, Precision precision, int window,
                 std::span<const float> calibration)
    : input_size_(static_cast<std::size_t>(window) * network.features),
      output_size_(network.outputs()),
      arithmetic_(std::make_unique<Arithmetic>()) {
  if (precision == Precision::int8) {
    arithmetic_->integer =
        std::make_unique<QuantisedNetwork>(network, *profile.quantisation, window, calibration);
  } else {
    // The network may come time-first; windows reach the engine one by one, where that is the same.
    Network one_by_one = network;
    one_by_one.batch_first = true;
    arithmetic_->engine = Engine::compile(one_by_one)->open(1, window);
  }
  const std::size_t bytes = (input_size_ + output_size_) * sizeof(float) + 16;
  most_ = std::clamp<std::size_t>(kMostBytes / bytes, 1, 1u << 24);
  const std::size_t room = std::min(kRoom, most_);
  inputs_.reserve(room * input_size_);
  outputs_.reserve(room * output_size_);
  hashes_.reserve(room);
  table_.assign(4 * kRoom, 0);
}

Answers::~Answers() = default;

std::uint32_t* Answers::slot_of(std::uint64_t hash, const float* input) {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const std::uint32_t found = table_[at];
    if (found == 0) return &table_[at];
    if (hashes_[found - 1] == hash &&
        std::memcmp(&inputs_[(found - 1) * input_size_], input, input_size_ * sizeof(float)) == 0)
      return &table_[at];
  }
}

void Answers::grow() {
  table_.assign(table_.size() * 2, 0);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    std::size_t at = hashes_[i] & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

void Answers::answer(const float* input, float* output) {
  const std::uint64_t hash = hash_of(input, input_size_);
  std::uint32_t* slot = slot_of(hash, input);
  if (*slot != 0) {
    std::memcpy(output, &outputs_[(*slot - 1) * output_size_], output_size_ * sizeof(float));
    return;
  }
  const std::span<const float> in(input, input_size_);
  const std::span<float> out(output, output_size_);
  if (arithmetic_->engine)
    arithmetic_->engine->infer(in, out);
  else
    arithmetic_->integer->answer(in, out);
  if (hashes_.size() == most_) return;
  inputs_.insert(inputs_.end(), in.begin(), in.end());
  outputs_.insert(outputs_.end(), out.begin(), out.end());
  hashes_.push_back(hash);
  *slot = static_cast<std::uint32_t>(hashes_.size());
  if (hashes_.size() * 2 > table_.size()) grow();
}

}  // namespace steelyard::simulated
