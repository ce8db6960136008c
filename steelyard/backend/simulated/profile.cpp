// SPDX-License-Identifier: Apache-2.0
// Reading and checking one device profile.
#include "steelyard/backend/simulated/profile.h"

#include <fmt/format.h>

#include "steelyard/backend/simulated/profile_fields.h"
#include "steelyard/base/error.h"

namespace steelyard::simulated {

namespace {

constexpr double kMillisecond = 1e6;
constexpr double kHour = 3600e9;

Band band_of(Fields& parent) {
  Fields fields = parent.table("band");
  Band band{fields.number("low", Range::positive), fields.number("high", Range::positive)};
  fields.source();
  fields.done();
  if (band.low > 1 || band.high < 1)
    fields.refuse(fields.here(), "must hold the prediction: low at most 1, high at least 1");
  return band;
}

double time_of(Fields& fields, std::string_view key) {
  const double ns = fields.quantity(key, Dimension::time);
  if (ns > kHour) fields.refuse(fields.item(key), "is longer than an hour");
  return ns;
}

NodeCount node_count_of(Fields& nodes, std::string_view cell) {
  Fields fields = nodes.table(cell);
  NodeCount count{fields.numbers("steps"), fields.numbers("count")};
  fields.source();
  fields.done();
  if (count.steps.size() != count.count.size())
    fields.refuse(fields.here(), fmt::format("has {} steps, but {} counts", count.steps.size(),
                                             count.count.size()));
  for (std::size_t i = 0; i < count.steps.size(); ++i) {
    if (count.steps[i] < 1 || (i > 0 && count.steps[i] <= count.steps[i - 1]))
      fields.refuse(fields.item("steps"), "must rise, from 1 on");
    if (i > 0 && count.count[i] < count.count[i - 1])
      fields.refuse(fields.item("count"), "must not fall as the steps rise");
  }
  return count;
}

void read_nodes(Fields& top, Profile& profile) {
  Fields fields = top.table("nodes");
  constexpr std::pair<const char*, Cell> cells[] = {
      {"rnn", Cell::rnn}, {"gru", Cell::gru}, {"lstm", Cell::lstm}};
  for (const auto& [name, cell] : cells)
    if (fields.has(name)) profile.nodes[cell] = node_count_of(fields, name);
  if (profile.nodes.empty())
    fields.refuse(fields.here(), "needs at least one of the keys 'rnn', 'gru' and 'lstm'");
  profile.nodes_per_dense = fields.quantity("dense", Dimension::count);
  fields.done();
}

Tail tail_of(Fields& latency) {
  Fields fields = latency.table("tail");
  Tail tail{fields.numbers("percent"), fields.numbers("factor")};
  fields.source();
  fields.done();
  if (tail.percent.size() != tail.factor.size())
    fields.refuse(fields.here(), fmt::format("has {} percentiles, but {} factors",
                                             tail.percent.size(), tail.factor.size()));
  if (tail.percent.size() < 2 || tail.percent.front() != 0 || tail.percent.back() != 100)
    fields.refuse(fields.item("percent"), "must begin with 0 and end with 100");
  for (std::size_t i = 0; i < tail.percent.size(); ++i) {
    if (i > 0 && tail.percent[i] <= tail.percent[i - 1])
      fields.refuse(fields.item("percent"), "must rise");
    if (tail.factor[i] <= 0 || tail.factor[i] > 1e6)
      fields.refuse(fields.item("factor"), "must be greater than zero and at most a million");
    if (i > 0 && tail.factor[i] < tail.factor[i - 1])
      fields.refuse(fields.item("factor"), "must not fall");
  }
  return tail;
}

void read_latency(Fields& top, Profile& profile) {
  Fields fields = top.table("latency");
  LatencyProfile& latency = profile.latency;
  latency.fixed_ns = time_of(fields, "fixed");
  latency.per_node_ns = time_of(fields, "per_node");
  latency.per_window_ns = time_of(fields, "per_window");
  latency.input_bytes_per_ns = fields.quantity("input", Dimension::bandwidth, Range::positive);
  latency.output_bytes_per_ns = fields.quantity("output", Dimension::bandwidth, Range::positive);
  latency.macs_per_ns = fields.quantity("arithmetic", Dimension::arithmetic, Range::positive);
  latency.tail = tail_of(fields);
  latency.band = band_of(fields);
  fields.done();
  if (latency.fixed_ns + latency.per_node_ns <= 0)
    fields.refuse(fields.here(), "must take time: fixed and per_node are both zero");
}

void read_in_flight(Fields& top, Profile& profile) {
  Fields fields = top.table("in_flight");
  profile.in_flight = fields.whole("depth", 1, 1024);
  profile.serial_share = fields.quantity("serial", Dimension::share, Range::positive);
  fields.done();
}

void read_startup(Fields& top, Profile& profile) {
  Fields fields = top.table("startup");
  profile.load_ns = time_of(fields, "load");
  profile.first_query_ns = time_of(fields, "first_query");
  fields.done();
}

PowerProfile::Sensor power_sensor_of(Fields& power) {
  Fields fields = power.table("sensor");
  const double update = fields.quantity("update", Dimension::time, Range::positive);
  const double average = fields.quantity("average", Dimension::time, Range::positive);
  const auto is_multiple = [](double a, double b) {
    const double n = a / b;
    return n >= 1 && n == static_cast<double>(static_cast<std::int64_t>(n));
  };
  if (update > kHour || !is_multiple(update, kMillisecond))
    fields.refuse(fields.item("update"), "must be a whole number of milliseconds, at least 1");
  if (average > 1000 * update || !is_multiple(average, update))
    fields.refuse(fields.item("average"), "must be 1 to 1000 whole updates");
  PowerProfile::Sensor sensor;
  sensor.update = nanoseconds(static_cast<std::int64_t>(update));
  sensor.average = nanoseconds(static_cast<std::int64_t>(average));
  sensor.gain = fields.quantity("gain", Dimension::count, Range::positive);
  sensor.offset_watts = fields.quantity("offset", Dimension::power, Range::any);
  fields.done();
  return sensor;
}

void read_power(Fields& top, Profile& profile) {
  Fields fields = top.table("power");
  PowerProfile& power = profile.power;
  power.boundary = fields.text("boundary");
  power.idle_watts = fields.quantity("idle", Dimension::power);
  power.context_watts = fields.quantity("context", Dimension::power);
  power.active_watts = fields.quantity("active", Dimension::power);
  power.limit_watts = fields.quantity("limit", Dimension::power);
  power.joules_per_mac = fields.quantity("per_mac", Dimension::energy);
  power.rise_ns = time_of(fields, "rise");
  power.fall_ns = time_of(fields, "fall");
  power.band = band_of(fields);
  if (fields.has("sensor")) power.sensor = power_sensor_of(fields);
  fields.done();
  if (power.idle_watts > power.context_watts || power.context_watts > power.active_watts ||
      power.active_watts > power.limit_watts)
    fields.refuse(fields.here(), "must not fall from idle over context and active to limit");
}

void read_utilisation(Fields& top, Profile& profile) {
  Fields fields = top.table("utilisation");
  UtilisationProfile& utilisation = profile.utilisation;
  utilisation.definition = fields.text("definition");
  utilisation.per_query_ns = time_of(fields, "per_query");
  utilisation.per_node_ns = time_of(fields, "per_node");
  utilisation.units = fields.quantity("units", Dimension::count, Range::positive);
  utilisation.units_in_use = fields.quantity("units_in_use", Dimension::count, Range::positive);
  utilisation.band = band_of(fields);
  fields.done();
  if (utilisation.units_in_use > utilisation.units)
    fields.refuse(fields.item("units_in_use"), "is more than the units that there are");
}

void read_memory(Fields& top, Profile& profile) {
  Fields fields = top.table("memory");
  MemoryProfile memory;
  memory.boundary = fields.text("boundary");
  memory.fixed_bytes = fields.quantity("fixed", Dimension::memory);
  memory.per_weight_byte = fields.quantity("per_weight_byte", Dimension::count);
  fields.done();
  profile.memory = memory;
}

void read_quantisation(Fields& top, Profile& profile) {
  Fields fields = top.table("quantisation");
  const auto bits = [&](std::string_view key) {
    const int value = fields.whole(key, 4, 16);
    if (value != 4 && value != 8 && value != 16)
      fields.refuse(fields.item(key), fmt::format("is {}, but it must be 4, 8 or 16", value));
    return value;
  };
  QuantisationProfile quantisation;
  quantisation.input_bits = bits("input_bits");
  quantisation.activation_bits = bits("activation_bits");
  quantisation.state_bits = bits("state_bits");
  quantisation.output_bits = bits("output_bits");
  quantisation.weight_bits = bits("weight_bits");
  const std::string scale = fields.text("weight_scale");
  if (scale != "tensor" && scale != "channel")
    fields.refuse(fields.item("weight_scale"), "must be \"tensor\" or \"channel\"");
  quantisation.weights_per_channel = scale == "channel";
  quantisation.calibration_windows = fields.whole("calibration_windows", 1, 65536);
  fields.done();
  profile.quantisation = quantisation;
}

void read_precisions(Fields& top, Profile& profile) {
  for (const std::string& name : top.texts("precisions")) {
    const auto precision = precision_from(name);
    if (precision != Precision::fp32 && precision != Precision::int8)
      top.refuse(
          top.item("precisions"),
          fmt::format("names \"{}\", but outputs can be computed at \"fp32\" and \"int8\"", name));
    for (const Precision known : profile.precisions)
      if (known == *precision)
        top.refuse(top.item("precisions"), fmt::format("names \"{}\" twice", name));
    profile.precisions.push_back(*precision);
    if (precision == Precision::int8 && !top.has("quantisation"))
      top.refuse(top.item("precisions"), "names \"int8\", which needs the table [quantisation]");
  }
}

void read_stands_for(Fields& top, Profile& profile) {
  Fields fields = top.table("stands_for");
  profile.stands_for.device = fields.text("device");
  profile.stands_for.runtime = fields.text("runtime");
  fields.done();
}

}  // namespace

double NodeCount::at(double wanted) const {
  if (wanted <= steps.front() || steps.size() == 1) return count.front() * wanted / steps.front();
  std::size_t i = 1;
  while (i + 1 < steps.size() && wanted > steps[i]) ++i;
  const double slope = (count[i] - count[i - 1]) / (steps[i] - steps[i - 1]);
  return count[i - 1] + (wanted - steps[i - 1]) * slope;
}

double Tail::mean() const {
  double sum = 0;
  for (std::size_t i = 1; i < percent.size(); ++i)
    sum += (percent[i] - percent[i - 1]) * (factor[i] + factor[i - 1]) / 200;
  return sum;
}

Profile load_profile(const std::filesystem::path& file) {
  const ProfileText text = read_profile_text(file);
  Fields top(text, text.root);
  Profile profile;
  profile.id = file.stem().string();
  profile.file = file;
  profile.name = top.text("name");
  read_stands_for(top, profile);
  read_precisions(top, profile);
  read_nodes(top, profile);
  read_latency(top, profile);
  read_in_flight(top, profile);
  read_startup(top, profile);
  read_power(top, profile);
  read_utilisation(top, profile);
  if (top.has("memory")) read_memory(top, profile);
  if (top.has("quantisation")) read_quantisation(top, profile);
  top.done();
  return profile;
}

}  // namespace steelyard::simulated
