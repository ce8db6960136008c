// SPDX-License-Identifier: Apache-2.0
// See frames.h. An output buffer must be whole pages, because the device writes whole pages.
#include "steelyard/backend/hailort/adapter/frames.h"

#include <cstring>
#include <new>

namespace steelyard::hailo {

Frames::Frames(Configured& configured) {
  const auto bind = [&](const auto& streams, auto stream_of, std::vector<std::span<std::byte>>& to,
                        std::size_t& sum) {
    for (const auto& stream : streams)
      for (auto& bindings : bindings_) {
        const auto memory = page_aligned(stream.get_frame_size());
        auto bound = take(stream_of(bindings, stream.name()), "bind " + stream.name());
        check(bound.set_buffer(hailort::MemoryView(memory.data(), memory.size())), "bind a buffer");
        to.push_back(memory);
        sum += memory.size();
      }
  };
  for (int i = 0; i < configured.batch; ++i)
    bindings_.push_back(take(configured.runner.create_bindings(), "bind buffers"));
  bind(
      configured.model->inputs(), [](auto& b, const std::string& name) { return b.input(name); },
      inputs_, input_bytes_);
  bind(
      configured.model->outputs(), [](auto& b, const std::string& name) { return b.output(name); },
      outputs_, output_bytes_);
}

std::span<std::byte> Frames::page_aligned(std::size_t bytes) {
  constexpr std::size_t kPage = 4096;
  void* const block = std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
  if (block == nullptr) throw std::bad_alloc();
  memory_.emplace_back(block);
  return {static_cast<std::byte*>(block), bytes};
}

void Frames::copy_in(std::span<const std::byte> in) const {
  for (const auto& memory : inputs_) {
    std::memcpy(memory.data(), in.data(), memory.size());
    in = in.subspan(memory.size());
  }
}

void Frames::copy_out(std::span<std::byte> out) const {
  for (const auto& memory : outputs_) {
    std::memcpy(out.data(), memory.data(), memory.size());
    out = out.subspan(memory.size());
  }
}

}  // namespace steelyard::hailo
