// SPDX-License-Identifier: Apache-2.0
// Which kernels can run a network on a device, best first. Pure host code; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "steelyard/engine/cuda/cuda_engine.h"
#include "steelyard/engine/cuda/kernels.h"

namespace steelyard::cuda {

enum class Way {
  warp,     // persistent, one warp a direction
  block,    // persistent, one SM a direction
  cluster,  // persistent, several SMs a direction
  stack,    // persistent, one SM a layer and direction
  tick,     // persistent, one SM, one time step a query
  matrix,   // one launch, tensor cores
  tile,     // one launch, fp32 weights in registers
  layers,   // a launch for each layer, any shape
};
constexpr bool is_persistent(Way way) { return way < Way::matrix; }

struct Plan {
  Way way = Way::layers;
  Kernel kernel;        // warp, block, cluster, tick, tile
  MatrixKernel matrix;  // matrix
  int ranks = 1;
  std::string words() const;  // "persistent, a cluster of 2 SMs, 256 threads each"
};

// The kernels there are; tests pass their own.
struct Shelf {
  std::vector<Kernel> warps, blocks, clusters, stacks, ticks, tiles;
  std::vector<MatrixKernel> matrices;
};
const Shelf& shelf();

// Never empty: Way::layers takes every network that check_network lets through. Throws Error when
// options.mode is persistent and no such kernel fits, saying why.
std::vector<Plan> plans_for(const Network&, int batch, int window, const CudaOptions&,
                            const CudaDevice&);
std::vector<Plan> plans_for(const Network&, int batch, int window, const CudaOptions&,
                            const CudaDevice&, const Shelf&);

// The same for sessions of one time step a query. Throws Error when a direction needs the whole
// window.
std::vector<Plan> plans_for_steps(const Network&, int batch, const CudaOptions&, const CudaDevice&);
std::vector<Plan> plans_for_steps(const Network&, int batch, const CudaOptions&, const CudaDevice&,
                                  const Shelf&);

// Floats of dynamic shared memory of a stack's blocks.
std::size_t stack_floats(const Network&, const Geometry&, int window);

// How far the last layer's directions go to give what the network reads.
Walk walk_of(const Recurrent&, Readout, int direction, int window);

// Results of the device for each direction and window: the first dense layer's, or the states.
int device_outputs(const Network&);
bool head_on_device(const Network&);

}  // namespace steelyard::cuda
