// SPDX-License-Identifier: Apache-2.0
// The part of a campaign that concerns one case alone.
#include "steelyard/run/case_state.h"

#include <algorithm>
#include <utility>

#include "steelyard/run/stopping.h"

namespace steelyard {
namespace {

// Blocks at most, as times the planned ones.
constexpr std::uint32_t kMostBlocks = 3;

}  // namespace

void CaseState::resume(const Resume& resume, const std::string& case_id) {
  ended = resume.finished_cases.contains(case_id);
  for (const auto& [id, count] : resume.finished_blocks)
    if (id == case_id) blocks_done = processes = count;
  if (const auto figures = resume.figures.find(case_id); figures != resume.figures.end())
    precise.blocks = figures->second;
}

void CaseState::merge(const FetchAnswer& fetched) {
  const std::size_t windows = fetched.seen.size();
  if (windows == 0) return;
  const std::size_t width = fetched.outputs.size() / windows;
  outputs.resize(fetched.outputs.size());
  seen.resize(windows);
  for (std::size_t i = 0; i < windows; ++i) {
    if (fetched.seen[i] == 0) continue;
    seen[i] = 1;
    std::copy_n(fetched.outputs.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                outputs.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
}

void CaseState::remember(const Block& block) {
  Block figures = block;
  figures.queries.clear();
  figures.readings.clear();
  precise.blocks.push_back(std::move(figures));
}

bool CaseState::wants_more(const Effort& effort) const {
  const std::uint32_t planned = blocks_per_case(effort);
  return blocks_done < planned ||
         (blocks_done < kMostBlocks * planned && needs_longer(precise, effort));
}

void CaseState::finish() {
  const auto leaving = std::move(process);
  if (!leaving) return;
  try {
    leaving->ask(FinishRequest{}, std::chrono::seconds(10));
  } catch (const WorkerLost&) {
    // Everything that it measured is here already; a library that crashes at its end harms nobody.
  }
}

}  // namespace steelyard
