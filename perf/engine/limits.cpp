// SPDX-License-Identifier: Apache-2.0
// What one core can do at most: multiply-adds a second, and bytes a second from each cache level.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

#ifdef __x86_64__
namespace {

using Clock = std::chrono::steady_clock;

template <class F>
double best_seconds(F run) {
  double best = 1e9;
  for (int i = 0; i < 25; ++i) {
    const auto begin = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

// 16 independent chains hide the latency of 4 cycles on two ports.
#define FMA16(op, mem)                                                                        \
  op(0, mem) op(1, mem) op(2, mem) op(3, mem) op(4, mem) op(5, mem) op(6, mem) op(7, mem) op( \
      8, mem) op(9, mem) op(10, mem) op(11, mem) op(12, mem) op(13, mem) op(14, mem) op(15, mem)
#define REGISTER_FMA(i, mem) "vfmadd231ps %%zmm17,%%zmm16,%%zmm" #i "\n"
#define MEMORY_FMA(i, mem) "vfmadd231ps 64*" #i "(%1),%%zmm16,%%zmm" #i "\n"
#define CLOBBERS                                                                           \
  "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10", \
      "zmm11", "zmm12", "zmm13", "zmm14", "zmm15", "memory"

__attribute__((target("avx512f"))) double fma_per_second() {
  constexpr long kLoops = 500000;
  const double s = best_seconds([] {
    long n = kLoops;
    asm volatile("1:\n" FMA16(REGISTER_FMA, ) "dec %0\njnz 1b" : "+r"(n)::CLOBBERS);
  });
  return kLoops * 16 * 16 / s;
}

__attribute__((target("avx512f"))) double bytes_per_second(std::size_t bytes) {
  char* memory = static_cast<char*>(std::aligned_alloc(4096, bytes));
  std::memset(memory, 0, bytes);
  const long repeats = std::max<long>(1, (32 << 20) / long(bytes));
  const double s = best_seconds([&] {
    for (long r = 0; r < repeats; ++r) {
      long n = long(bytes) / 1024;
      const char* p = memory;
      asm volatile("1:\n" FMA16(MEMORY_FMA, ) "add $1024,%1\ndec %0\njnz 1b"
                   : "+r"(n), "+r"(p)::CLOBBERS);
    }
  });
  std::free(memory);
  return double(repeats) * double(bytes) / s;
}

}  // namespace

int main(int argc, char** argv) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(argc > 1 ? std::stoi(argv[1]) : 1, &cores);
  sched_setaffinity(0, sizeof cores, &cores);
  if (!__builtin_cpu_supports("avx512f")) {
    fmt::print("{{\"reason\":\"this CPU has no AVX-512\"}}\n");
    return 0;
  }
  fmt::print("{{\"fp32_gflops\":{:.1f},\"read_gb_per_second\":{{", 2e-9 * fma_per_second());
  const char* separator = "";
  for (const int kb : {16, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 1536, 2048, 4096}) {
    fmt::print("{}\"{}\":{:.1f}", separator, kb, 1e-9 * bytes_per_second(std::size_t(kb) * 1024));
    separator = ",";
  }
  fmt::print("}}}}\n");
}
#else
int main() { fmt::print("{{\"reason\":\"limits are measured on x86 only\"}}\n"); }
#endif
