// SPDX-License-Identifier: Apache-2.0
// Compiles the kernels once for every instruction set and chooses among them at run time.
// Thread-safe.

// SSE 4 is the first that is worth a copy; the compiler's own baseline is always there.
#define HWY_DISABLED_TARGETS HWY_SSSE3
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "steelyard/engine/cpu/targets.cpp"
#include <hwy/foreach_target.h>
// The targets come first: the header below needs to know which one it is compiled for.
#include "steelyard/engine/cpu/abreast-inl.h"
#include "steelyard/engine/cpu/cell-inl.h"
#include "steelyard/engine/cpu/dense-inl.h"
#include "steelyard/engine/cpu/layer-inl.h"
#include "steelyard/engine/cpu/narrow.h"

HWY_BEFORE_NAMESPACE();
namespace steelyard::cpu {
namespace HWY_NAMESPACE {

const Kernels& kernels() {
  static const Kernels kKernels = {hwy::TargetName(HWY_TARGET),
                                   kLanes,
                                   &tiling,
                                   &run_layer,
                                   &run_dense,
                                   &run_abreast,
                                   kMostVectors,
                                   &plain_narrow_kernels(),
                                   nullptr,
                                   &run_cell};
  return kKernels;
}

}  // namespace HWY_NAMESPACE
}  // namespace steelyard::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <cstdlib>

#include "steelyard/base/error.h"
#include "steelyard/engine/cpu/matrix.h"

namespace steelyard::cpu {

namespace {

// Highway's names; AVX3 with what newer CPUs have besides gets names of its own.
std::vector<Kernels> find_kernels() {
  std::vector<Kernels> all;
  const auto supported = hwy::SupportedTargets();
#define STEELYARD_ADD(target, space) \
  if (supported & target) all.push_back(space::kernels());
#if HWY_TARGETS & HWY_AVX3
  if (supported & HWY_AVX3) {
    const auto add = [&](const char* name, const NarrowKernels* narrow,
                         const MatrixKernels* matrix) {
      all.push_back(N_AVX3::kernels());
      all.back().name = name;
      all.back().matrix = matrix;
      if (narrow) all.back().narrow = narrow;
    };
    const NarrowKernels *vnni = avx512_narrow_kernels(), *fp16 = avx512_fp16_narrow_kernels();
    if (amx_kernels()) add("AMX", fp16 ? fp16 : vnni, amx_kernels());
    if (fp16) add("AVX3_FP16", fp16, nullptr);
    add("AVX3", vnni, nullptr);
  }
#endif
#if HWY_TARGETS & HWY_AVX2
  STEELYARD_ADD(HWY_AVX2, N_AVX2)
#endif
#if HWY_TARGETS & HWY_SSE4
  STEELYARD_ADD(HWY_SSE4, N_SSE4)
#endif
#if HWY_TARGETS & HWY_NEON
  STEELYARD_ADD(HWY_NEON, N_NEON)
#endif
#if HWY_TARGETS & HWY_SCALAR
  all.push_back(N_SCALAR::kernels());
#elif HWY_TARGETS & HWY_EMU128
  all.push_back(N_EMU128::kernels());
#endif
#undef STEELYARD_ADD
  return all;
}

}  // namespace

std::vector<const Kernels*> available_kernels() {
  static const std::vector<Kernels> kAll = find_kernels();
  std::vector<const Kernels*> all;
  for (const Kernels& kernels : kAll) all.push_back(&kernels);
  return all;
}

const Kernels& choose_kernels(const std::string& wanted) {
  const char* forced = std::getenv("STEELYARD_CPU_TARGET");
  const std::string name = forced && *forced ? forced : wanted;
  const auto all = available_kernels();
  if (name.empty()) return *all.front();
  std::string known;
  for (const Kernels* k : all) {
    if (name == k->name) return *k;
    known += (known.empty() ? "" : ", ") + std::string(k->name);
  }
  throw Error("this CPU has no instruction set called '" + name + "'.",
              std::string("Choose one of ") + known +
                  (forced && *forced ? ", or unset STEELYARD_CPU_TARGET." : "."));
}

}  // namespace steelyard::cpu
#endif
