// SPDX-License-Identifier: Apache-2.0
// The cost model of docs/profiles.md.
#include "steelyard/backend/simulated/prediction.h"

#include <fmt/format.h>

#include "steelyard/backend/backend.h"

namespace steelyard::simulated {

namespace {

constexpr double kHour = 3600e9;

double bytes_of(Precision precision) {
  switch (precision) {
    case Precision::int8:
      return 1;
    case Precision::fp16:
    case Precision::bf16:
      return 2;
    default:
      return 4;
  }
}

const char* name_of(Cell cell) {
  return cell == Cell::gru ? "GRU" : cell == Cell::lstm ? "LSTM" : "RNN";
}

double smaller(double a, double b) { return a < b ? a : b; }

}  // namespace

Work work_of(const Network& network, const Profile& profile, Precision precision, int window,
             int batch) {
  Work work;
  double weights = 0;
  for (const Recurrent& layer : network.layers) {
    const auto count = profile.nodes.find(layer.cell);
    if (count == profile.nodes.end())
      throw Unsupported(fmt::format("The profile {} counts no nodes for {} layers",
                                    profile.file.string(), name_of(layer.cell)),
                        fmt::format("add the count under [nodes] of that file, with its source"));
    const double gates = gates_of(layer.cell) * layer.hidden;
    const double per_step = layer.directions * gates * (layer.input + layer.hidden);
    work.nodes += layer.directions * count->second.at(window);
    work.macs += per_step * window;
    weights += per_step + layer.directions * 2 * gates;
  }
  for (const Dense& dense : network.head) {
    work.nodes += profile.nodes_per_dense;
    work.macs += static_cast<double>(dense.input) * dense.output;
    weights += (dense.input + 1.0) * dense.output;
  }
  work.input_bytes = static_cast<double>(window) * network.features * bytes_of(precision);
  work.output_bytes = network.outputs() * bytes_of(precision);
  work.weight_bytes = weights * bytes_of(precision);
  work.windows = batch;
  return work;
}

Prediction predict(const Profile& profile, const Work& work) {
  const LatencyProfile& latency = profile.latency;
  const UtilisationProfile& utilisation = profile.utilisation;
  const double arithmetic_ns = work.windows * work.macs / latency.macs_per_ns;
  const double further_ns = (work.windows - 1) * latency.per_window_ns;

  Prediction prediction;
  prediction.base_ns = latency.fixed_ns + work.nodes * latency.per_node_ns + further_ns +
                       work.windows * work.input_bytes / latency.input_bytes_per_ns +
                       work.windows * work.output_bytes / latency.output_bytes_per_ns +
                       arithmetic_ns;
  prediction.mean_ns = prediction.base_ns * latency.tail.mean();
  if (!(prediction.mean_ns < kHour))
    throw Error(fmt::format("{} predicts {:.3g} s a query, more than an hour",
                            profile.file.string(), prediction.mean_ns * 1e-9),
                "check the units under [latency]");
  const double in_use =
      (utilisation.per_query_ns + work.nodes * utilisation.per_node_ns + further_ns) *
          utilisation.units_in_use / utilisation.units +
      arithmetic_ns;
  prediction.utilisation = smaller(1, in_use / prediction.base_ns);
  const double mac_watts =
      profile.power.joules_per_mac * work.windows * work.macs / (prediction.base_ns * 1e-9);
  prediction.watts = smaller(profile.power.limit_watts, profile.power.active_watts + mac_watts);
  if (profile.memory)
    prediction.memory_bytes =
        profile.memory->fixed_bytes + profile.memory->per_weight_byte * work.weight_bytes;
  return prediction;
}

}  // namespace steelyard::simulated
