// SPDX-License-Identifier: Apache-2.0
// The persistent kernel of a cluster (2 to 8 SMs) a direction, for layers whose weights do not fit
// one SM's registers: each block has a share of the units, and new states travel by st.async into
// every block's shared memory, where an mbarrier counts their bytes. Compute capability 9.0 on.
#include "steelyard/engine/cuda/mailbox.cuh"
#include "steelyard/engine/cuda/step.cuh"

namespace steelyard::cuda {
namespace {

#if __CUDA_ARCH__ >= 900
__device__ __forceinline__ unsigned shared_address(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}
__device__ __forceinline__ unsigned cluster_rank() {
  unsigned rank;
  asm("mov.u32 %0,%%cluster_ctarank;" : "=r"(rank));
  return rank;
}
__device__ __forceinline__ unsigned address_in(unsigned address, unsigned rank) {
  unsigned mapped;
  asm("mapa.shared::cluster.u32 %0,%1,%2;" : "=r"(mapped) : "r"(address), "r"(rank));
  return mapped;
}
__device__ __forceinline__ void expect(unsigned barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _,[%0],%1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void await(unsigned barrier, unsigned parity) {
  unsigned done = 0;
  while (!done)
    asm volatile(
        "{.reg .pred q; mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 q,[%1],%2; "
        "selp.u32 %0,1,0,q;}"
        : "=r"(done)
        : "r"(barrier), "r"(parity)
        : "memory");
}
__device__ __forceinline__ void cluster_sync() {
  asm volatile("barrier.cluster.arrive.release.aligned; barrier.cluster.wait.acquire.aligned;" ::
                   : "memory");
}

// Sends the states of a warp's units to one block: each sending lane takes `width` neighbours.
template <int lanes, int units>
struct Exchange {
  static constexpr int warp_units = 32 / lanes * units, width = warp_units < 4 ? warp_units : 4;
  static constexpr int chunks = warp_units / width;
  bool sends;
  int first_lane[width];    // who holds the neighbours' states
  unsigned to, barrier[2];  // in the receiving block

  __device__ __forceinline__ Exchange(const float* hidden, const unsigned long long* bars,
                                      int ranks, int unit_of_warp) {
    const int lane = threadIdx.x & 31, chunk = lane / ranks % chunks;
    const unsigned rank = lane % ranks;
    sends = lane < ranks * chunks;
#pragma unroll
    for (int i = 0; i < width; i++) {
      const int u = chunk * width + i;
      first_lane[i] = units == 2 ? u / 2 * lanes + (u & 1) : u * lanes;
    }
    to = address_in(shared_address(hidden + unit_of_warp + chunk * width), rank);
#pragma unroll
    for (int b = 0; b < 2; b++) barrier[b] = address_in(shared_address(bars + b), rank);
  }

  __device__ __forceinline__ void send(float h, unsigned offset, int buffer) const {
    unsigned v[4];
#pragma unroll
    for (int i = 0; i < width; i++) v[i] = __float_as_uint(__shfl_sync(~0u, h, first_lane[i]));
    if (!sends) return;
    const unsigned address = to + offset, bar = buffer ? barrier[1] : barrier[0];
    if constexpr (width == 4)
      asm volatile(
          "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 "
          "[%0],{%1,%2,%3,%4},[%5];" ::"r"(address),
          "r"(v[0]), "r"(v[1]), "r"(v[2]), "r"(v[3]), "r"(bar)
          : "memory");
    else if constexpr (width == 2)
      asm volatile(
          "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v2.b32 "
          "[%0],{%1,%2},[%3];" ::"r"(address),
          "r"(v[0]), "r"(v[1]), "r"(bar)
          : "memory");
    else
      asm volatile(
          "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.b32 [%0],%1,[%2];" ::"r"(
              address),
          "r"(v[0]), "r"(bar)
          : "memory");
  }
};
#endif

template <int gates, int slice, int lanes, int units, bool approximate, int most_threads>
__global__ void __launch_bounds__(most_threads)
    persistent_cluster(const __grid_constant__ PersistentArgs args) {
#if __CUDA_ARCH__ >= 900
  using Weights = Slice<gates, slice, lanes, units>;
  constexpr int padded = slice * lanes;
  __shared__ __align__(16) float hidden[2][padded];
  __shared__ __align__(8) unsigned long long bars[2];
  extern __shared__ __align__(16) float dynamic[];
  const int thread = threadIdx.x, lane = thread % lanes, owner = lane / units;
  const int rank = cluster_rank(), direction = blockIdx.x / args.ranks;
  const int warp_units = 32 / lanes * units, block_units = blockDim.x / 32 * warp_units;
  const Walk walk = args.walk[direction];
  float* rows = dynamic;
  float* head = dynamic + (args.window + 1) * kRowFloats;
  const unsigned bytes = args.ranks * block_units * sizeof(float);

  Weights weights;
  weights.load(args.weights + static_cast<std::size_t>(blockIdx.x) * Weights::slots * blockDim.x,
               blockDim.x, thread);
  for (int i = thread; i < (args.window + 1) * kRowFloats; i += blockDim.x) rows[i] = 0.f;
  if (args.head != nullptr && rank == 0)
    for (int i = thread; i < args.outputs * padded; i += blockDim.x)
      head[i] = args.head[direction * args.outputs * padded + i];
  for (int i = thread; i < padded; i += blockDim.x) hidden[0][i] = hidden[1][i] = 0.f;
  if (thread == 0) {
    for (int b = 0; b < 2; b++)
      asm volatile("mbarrier.init.shared::cta.b64 [%0],1;" ::"r"(shared_address(bars + b)));
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    for (int b = 0; b < 2; b++) expect(shared_address(bars + b), bytes);
  }
  const Exchange<lanes, units> exchange(hidden[0], bars, args.ranks,
                                        rank * block_units + thread / 32 * warp_units);
  cluster_sync();

  unsigned sent = 0;  // steps so far, over all queries: its bits say buffer and barrier phase
  for (std::uint32_t sequence = args.first;; sequence = next_sequence(sequence)) {
    const bool stop = receive<2>(args, mail_of(args, blockIdx.x), walk, sequence, rows);
    if (__syncthreads_or(stop)) break;
    Cell<gates> cell;
    float input[gates], candidate;
    weights.input_part(rows, owner, input, candidate);
    for (int t = 0; t < walk.steps; t++) {
      float acc[units][gates], sum[gates];
#pragma unroll
      for (int u = 0; u < units; u++)
#pragma unroll
        for (int g = 0; g < gates; g++) acc[u][g] = 0.f;
      if (t)
        weights.recurrent_part(reinterpret_cast<const float4*>(hidden[(sent + 1) & 1]), lane, acc);
      weights.reduce(acc, input, lane, sum);
      const float now = candidate;
      weights.input_part(rows + (t + 1) * kRowFloats, owner, input, candidate);
      cell.template advance<approximate>(sum, now, args.relu);
      const int buffer = sent & 1;
      exchange.send(cell.h, buffer * padded * sizeof(float), buffer);
      await(shared_address(bars + buffer), (sent >> 1) & 1);
      if (thread == 0) expect(shared_address(bars + buffer), bytes);
      sent++;
    }
    if (rank == 0)
      answer_all(args, head, hidden[(sent + 1) & 1], padded, direction, sequence, blockDim.x);
    __syncthreads();  // nobody takes the next window while a neighbour still reads this one
  }
  cluster_sync();  // nobody leaves while a neighbour may still write here
#endif
}

template <int gates, int slice, int lanes, int units, bool approximate, int most_threads>
Kernel kernel() {
  return {reinterpret_cast<const void*>(
              &persistent_cluster<gates, slice, lanes, units, approximate, most_threads>),
          Geometry{gates, slice, lanes, units}, approximate, most_threads};
}

template <int gates, int slice, int lanes, int units>
void add(std::vector<Kernel>& kernels) {
  kernels.push_back(kernel<gates, slice, lanes, units, false, 256>());
  kernels.push_back(kernel<gates, slice, lanes, units, true, 256>());
}

template <int gates>
void add_sizes(std::vector<Kernel>& kernels) {
  add<gates, 32, 4, 1>(kernels);   // 128 units
  add<gates, 16, 8, 2>(kernels);   // 128, two units a thread
  add<gates, 24, 8, 1>(kernels);   // 192
  add<gates, 32, 8, 1>(kernels);   // 256
  add<gates, 16, 16, 2>(kernels);  // 256, two units a thread
}

}  // namespace

std::vector<Kernel> cluster_kernels() {
  std::vector<Kernel> kernels;
  add_sizes<3>(kernels);
  add_sizes<4>(kernels);
  return kernels;
}

}  // namespace steelyard::cuda
