// SPDX-License-Identifier: Apache-2.0
// A billion queries of a device on a virtual clock in one block, with latencies from a microsecond
// to a minute: what the block keeps in memory, and how large its histogram is. One thread.
//
//   ninja -C build perf_billion_queries && build/perf/billion_queries [QUERIES]   exits 1 above 2
//   MB
#include <fmt/format.h>
#include <malloc.h>

#include <cstdlib>
#include <memory>

#include "steelyard/base/random.h"
#include "steelyard/record/encode.h"
#include "steelyard/run/measure.h"

namespace {

using namespace steelyard;

constexpr double kBar = 2e6;  // bytes

Signature one_number() {
  Signature signature;
  signature.inputs = {{"input", ElementType::f32, {1, 1, 1}, 0}};
  signature.outputs = {{"output", ElementType::f32, {1, 1}, 0}};
  return signature;
}

// A latency has any number of doublings over a microsecond with the same chance: all buckets fill.
class Wide final : public CompiledModel, public Session {
 public:
  std::unique_ptr<Session> open(int) override { return std::make_unique<Wide>(); }
  Clock& clock() override { return time_; }
  const Signature& signature() const override { return signature_; }
  void infer(std::span<const std::byte>, std::span<std::byte>) override {
    const std::uint64_t drawn = random_.next();
    const std::uint64_t doublings = (drawn >> 40) % 26;
    time_.advance(nanoseconds((1000 + drawn % 1000) << doublings));
  }

 private:
  Signature signature_ = one_number();
  static inline VirtualClock time_{nanoseconds(0)};
  Random random_{1};
};

double heap() {
  const auto now = ::mallinfo2();
  return static_cast<double>(now.uordblks + now.hblkhd);  // small and large pieces
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t queries =
      argc > 1 ? std::strtoull(argv[1], nullptr, 10) : std::uint64_t{1'000'000'000};
  Wide model;
  Feed feed;
  feed.windows = 1;
  feed.window = 1;
  feed.inputs = {0};
  BlockRequest request;
  request.min_queries = queries;
  request.max_duration = nanoseconds::max() / 2;
  Instruments instruments;
  std::vector<float> outputs(1);
  std::vector<std::uint8_t> seen(1);
  const double before = heap();
  const Block block =
      measure_block(model, feed, SingleStream{}, request, instruments, outputs, seen).block;
  const double held = heap() - before;
  fmt::print("{} queries, {} to {} ns: {} buckets in use\n", block.count, block.latency.min,
             block.latency.max, block.histogram.buckets().size());
  fmt::print("the block holds {:.0f} bytes of memory, {} bytes when it is stored (bar {} bytes)\n",
             held, encode(block).size(), kBar);
  return block.count == queries && held <= kBar ? 0 : 1;
}
