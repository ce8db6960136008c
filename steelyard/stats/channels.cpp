// SPDX-License-Identifier: Apache-2.0
// Utilisation, memory and power: means of what instruments and profiles said while queries
// ran. Thread-safe.
#include <algorithm>

#include "steelyard/stats/figures.h"

namespace steelyard::stats {
namespace {

struct ChannelMean {
  const Channel* channel = nullptr;
  double value = 0;
};

std::vector<const Block*> blocks_of(const Measurement& m, Phase phase) {
  std::vector<const Block*> blocks;
  for (const Block& block : m.blocks)
    if (block.phase == phase) blocks.push_back(&block);
  return blocks;
}

// Mean of the readings that a named channel gave inside some blocks; empty when there were none.
std::optional<ChannelMean> mean_of(const Measurement& m, std::string_view name,
                                   const std::vector<const Block*>& blocks) {
  for (std::size_t c = 0; c < m.channels.size(); ++c) {
    if (m.channels[c].name != name) continue;
    Moments moments;
    for (const Block* block : blocks)
      for (const Reading& reading : block->readings)
        if (reading.channel == c && reading.time >= block->begin && reading.time <= block->end)
          moments.add(reading.value);
    if (moments.count > 0) return ChannelMean{&m.channels[c], moments.mean};
  }
  return {};
}

struct Band {
  std::optional<double> low, high;
};
Band band_of(const ChannelMean& mean) {
  if (mean.channel->low <= 0 || mean.channel->high <= 0) return {};
  return {mean.value * mean.channel->low, mean.value * mean.channel->high};
}

bool has_channel(const Measurement& m, std::string_view name) {
  return std::any_of(m.channels.begin(), m.channels.end(),
                     [&](const Channel& c) { return c.name == name; });
}

}  // namespace

UtilisationFigures utilisation_of(const Measurement& m, const Totals& totals) {
  UtilisationFigures figures;
  // A real instrument may need longer than a block to show anything: the load of the energy pass.
  auto blocks = is_simulated(m) ? std::vector<const Block*>{} : blocks_of(m, Phase::load);
  if (!mean_of(m, "utilisation", blocks)) blocks = totals.blocks;
  if (const auto mean = mean_of(m, "utilisation", blocks)) {
    figures.percent = mean->value;
    figures.definition = mean->channel->definition;
    const Band band = band_of(*mean);
    figures.low_percent = band.low;
    if (band.high) figures.high_percent = std::min(*band.high, std::max(100.0, mean->value));
    return figures;
  }
  // The process that plays a simulated device, or feeds an accelerator, says nothing about it.
  const std::string& silicon = m.what.device.physical_id;
  const bool is_cpu = silicon.empty() || silicon.starts_with("cpu");
  if (is_simulated(m) || !is_cpu || has_channel(m, "utilisation") ||
      totals.wall <= nanoseconds(0)) {
    figures.reason = reason(ReasonCode::not_reported, {}, "utilisation");
    return figures;
  }
  figures.percent = 100 * seconds_of(totals.cpu) / seconds_of(totals.wall);
  figures.definition = "CPU time of the measuring process / wall time; 100 % = one core";
  return figures;
}

MemoryFigures memory_of(const Measurement& m, const Totals& totals) {
  MemoryFigures figures;
  if (const auto mean = mean_of(m, "memory", totals.blocks)) {
    figures.bytes = mean->value;
    figures.boundary = mean->channel->boundary;
  } else if (!is_simulated(m) && m.memory_bytes > 0) {
    figures.bytes = static_cast<double>(m.memory_bytes);
    figures.boundary = "process";
  } else {
    figures.reason = reason(ReasonCode::not_reported, {}, "memory");
  }
  return figures;
}

PowerFigures power_of(const Measurement& m, const Totals& totals) {
  PowerFigures figures;
  if (const auto idle = mean_of(m, "power", blocks_of(m, Phase::idle))) {
    figures.idle_watts = idle->value;
    figures.boundary = idle->channel->boundary;
  }
  const auto mean = mean_of(m, "power", totals.blocks);
  if (!mean) {
    figures.reason = has_channel(m, "power") ? reason(ReasonCode::not_reported, {}, "power")
                                             : reason(ReasonCode::no_sensor);
    return figures;
  }
  figures.watts = mean->value;
  figures.boundary = mean->channel->boundary;
  figures.definition = mean->channel->definition;
  figures.provenance = mean->channel->provenance;
  const Band band = band_of(*mean);
  figures.low_watts = band.low;
  figures.high_watts = band.high;
  return figures;
}

}  // namespace steelyard::stats
