// SPDX-License-Identifier: Apache-2.0
// The one list of every record's fields, in the order in which they are written. A visitor V is
// called with each name and member; whatever turns records into something else (encode.cpp) walks
// this list. A new field is one line here.
#pragma once

#include <concepts>
#include <type_traits>

#include "steelyard/record/event.h"
#include "steelyard/record/message.h"
#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard {

// T or const T: the Writer walks constants, the Reader fills in.
template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

// Kept as a table, several fields a line.
// clang-format off
template <class V, Is<Quantity> T>
void fields(V& v, T& x) { v("name", x.name); v("value", x.value); v("unit", x.unit); }
template <class V, Is<Reason> T>
void fields(V& v, T& x) { v("code", x.code); v("values", x.values); v("quoted", x.quoted); }
template <class V, Is<Outcome> T>
void fields(V& v, T& x) { v("kind", x.kind); v("reason", x.reason); v("hint", x.hint); }
template <class V, Is<Availability> T>
void fields(V& v, T& x) { v("kind", x.kind); v("reason", x.reason); v("hint", x.hint); }
template <class V, Is<StandsFor> T>
void fields(V& v, T& x) { v("device", x.device); v("runtime", x.runtime); }
template <class V, Is<Device> T>
void fields(V& v, T& x) {
  v("backend", x.backend); v("id", x.id); v("name", x.name); v("runtime", x.runtime);
  v("physical_id", x.physical_id); v("precisions", x.precisions); v("provenance", x.provenance);
  v("stands_for", x.stands_for);
}
template <class V, Is<DeviceListing> T>
void fields(V& v, T& x) {
  v("spec", x.spec); v("backend", x.backend); v("name", x.name); v("availability", x.availability);
  v("physical_id", x.physical_id); v("runtime", x.runtime); v("precisions", x.precisions);
}
template <class V, Is<InstrumentListing> T>
void fields(V& v, T& x) {
  v("id", x.id); v("name", x.name); v("physical_id", x.physical_id); v("availability", x.availability);
  v("channels", x.channels);
}
template <class V, Is<Artefact> T>
void fields(V& v, T& x) {
  v("kind", x.kind); v("path", x.path); v("sha256", x.sha256); v("reference_sha256", x.reference_sha256);
}
template <class V, Is<FeatureScale> T>
void fields(V& v, T& x) { v("offset", x.offset); v("scale", x.scale); }
template <class V, Is<WindowRecipe> T>
void fields(V& v, T& x) {
  v("features", x.features); v("target", x.target); v("window", x.window); v("normalise", x.normalise);
  v("scales", x.scales); v("train_fraction", x.train_fraction); v("validation_fraction", x.validation_fraction);
  v("adjusted", x.adjusted); v("ticker", x.ticker); v("data_sha256", x.data_sha256);
}
template <class V, Is<Truth> T>
void fields(V& v, T& x) {
  v("id", x.id); v("unit", x.unit); v("target_name", x.target_name); v("target", x.target); v("naive", x.naive);
  v("scale", x.scale); v("offset", x.offset); v("reference", x.reference);
  v("no_reference_because", x.no_reference_because); v("original", x.original);
}
template <class V, Is<SingleStream> T>
void fields(V&, T&) {}
template <class V, Is<Offline> T>
void fields(V& v, T& x) { v("batch", x.batch); v("in_flight", x.in_flight); }
template <class V, Is<Server> T>
void fields(V& v, T& x) { v("rate_per_second", x.rate_per_second); v("in_flight", x.in_flight); }
template <class V, Is<FixedRate> T>
void fields(V& v, T& x) { v("rate_per_second", x.rate_per_second); v("in_flight", x.in_flight); }
template <class V, Is<PeakRate> T>
void fields(V& v, T& x) { v("p99_ns", x.p99); v("in_flight", x.in_flight); }
template <class V, Is<Streaming> T>
void fields(V&, T&) {}
template <class V, Is<Setting> T>
void fields(V& v, T& x) { v("key", x.key); v("value", x.value); }
template <class V, Is<GivenInput> T>
void fields(V& v, T& x) { v("name", x.name); v("shape", x.shape); v("file", x.file); v("sha256", x.sha256); }
template <class V, Is<Effort> T>
void fields(V& v, T& x) {
  v("name", x.name); v("min_queries", x.min_queries); v("min_duration_ns", x.min_duration);
  v("max_duration_ns", x.max_duration); v("warm_up_ns", x.warm_up); v("warm_up_queries", x.warm_up_queries);
  v("blocks", x.blocks); v("workers", x.workers); v("target_error", x.target_error);
}
template <class V, Is<Case> T>
void fields(V& v, T& x) {
  v("id", x.id); v("model", x.model); v("model_path", x.model_path); v("model_sha256", x.model_sha256);
  v("artefact", x.artefact); v("spec", x.spec); v("device", x.device); v("precision", x.precision);
  v("settings", x.settings); v("inputs", x.inputs); v("scenario", x.scenario); v("truth", x.truth);
}
template <class V, Is<HostState> T>
void fields(V& v, T& x) {
  v("clock_mhz", x.clock_mhz); v("temperature_c", x.temperature_c); v("load", x.load);
}
template <class V, Is<Manifest> T>
void fields(V& v, T& x) {
  v("tool_version", x.tool_version); v("command", x.command); v("started_at", x.started_at); v("host", x.host);
  v("boot_id", x.boot_id); v("kernel", x.kernel); v("cpu", x.cpu); v("cores", x.cores); v("governor", x.governor);
  v("smt", x.smt); v("boost", x.boost); v("before", x.before);
  v("build", x.build); v("since_1970_ns", x.since_1970);
}
template <class V, Is<EnergyPlan> T>
void fields(V& v, T& x) { v("meter", x.meter); v("marks", x.marks); }
template <class V, Is<Plan> T>
void fields(V& v, T& x) {
  v("campaign", x.campaign); v("seed", x.seed); v("effort", x.effort); v("data_path", x.data_path);
  v("ticker", x.ticker); v("memory_limit", x.memory_limit); v("energy", x.energy); v("manifest", x.manifest);
  v("cases", x.cases); v("truths", x.truths);
}
template <class V, Is<Channel> T>
void fields(V& v, T& x) {
  v("name", x.name); v("unit", x.unit); v("boundary", x.boundary); v("definition", x.definition);
  v("period_ns", x.period); v("provenance", x.provenance); v("low", x.low); v("high", x.high);
  v("average_ns", x.average);
}
template <class V, Is<Gap> T>
void fields(V& v, T& x) {
  v("channel", x.channel); v("begin_ns", x.begin); v("end_ns", x.end); v("reason", x.reason);
}
template <class V, Is<Alignment> T>
void fields(V& v, T& x) {
  v("method", x.method); v("shift_seconds", x.shift_seconds); v("drift_ppm", x.drift_ppm); v("quality", x.quality);
}
template <class V, Is<EnteredPower> T>
void fields(V& v, T& x) {
  v("idle_watts", x.idle_watts); v("active_watts", x.active_watts); v("boundary", x.boundary); v("note", x.note);
}
template <class V, Is<Attachment> T>
void fields(V& v, T& x) {
  v("host", x.host); v("spec", x.spec); v("campaign", x.campaign); v("file", x.file); v("attached_at", x.attached_at);
  v("alignment", x.alignment); v("channel", x.channel); v("readings", x.readings); v("entered", x.entered);
}
template <class V, Is<Moments> T>
void fields(V& v, T& x) {
  v("count", x.count);
  if (x.count == 0) return;  // min and max of nothing are not numbers
  v("mean", x.mean); v("m2", x.m2); v("min", x.min); v("max", x.max);
}
template <class V, Is<Block> T>
void fields(V& v, T& x) {
  v("worker", x.worker); v("order", x.order); v("phase", x.phase); v("begin_ns", x.begin); v("end_ns", x.end);
  v("count", x.count); v("items", x.items); v("first_window", x.first_window); v("cpu_time_ns", x.cpu_time);
  v("latency", x.latency); v("histogram", x.histogram); v("queries", x.queries); v("readings", x.readings);
  v("gaps", x.gaps); v("other_load", x.other_load); v("send_delay", x.send_delay); v("late", x.late);
  v("rate_per_second", x.rate_per_second); v("prepare", x.prepare); v("host", x.host); v("throttled", x.throttled);
  v("cool_down_ns", x.cool_down);
}
template <class V, Is<Startup> T>
void fields(V& v, T& x) {
  v("load_ns", x.load); v("first_query_ns", x.first_query); v("warm_up_ns", x.warm_up);
  v("warm_up_queries", x.warm_up_queries);
}
template <class V, Is<Reported> T>
void fields(V& v, T& x) { v("by", x.by); v("figures", x.figures); }
template <class V, Is<TimePart> T>
void fields(V& v, T& x) { v("name", x.name); v("mean_ns", x.mean_ns); v("definition", x.definition); }
template <class V, Is<Measurement> T>
void fields(V& v, T& x) {
  v("campaign", x.campaign); v("case", x.what); v("effort", x.effort); v("manifest", x.manifest);
  v("outcome", x.outcome); v("startup", x.startup); v("memory_bytes", x.memory_bytes); v("obtained", x.obtained);
  v("channels", x.channels); v("blocks", x.blocks); v("output_width", x.output_width); v("outputs", x.outputs);
  v("seen", x.seen);
  v("remarks", x.remarks); v("parts", x.parts); v("reported", x.reported);
}

template <class V, Is<CaseBegin> T>
void fields(V& v, T& x) {
  v("channels", x.channels); v("startup", x.startup); v("device", x.device); v("obtained", x.obtained);
  v("output_width", x.output_width); v("windows", x.windows);
  v("remarks", x.remarks); v("parts", x.parts); v("reported", x.reported);
}

template <class V, Is<PercentileFigure> T>
void fields(V& v, T& x) { v("p", x.p); v("ns", x.ns); v("upper_ns", x.upper_ns); v("reason", x.reason); }
template <class V, Is<IntervalFigure> T>
void fields(V& v, T& x) { v("low", x.low); v("high", x.high); v("level", x.level); }
template <class V, Is<LatencyFigures> T>
void fields(V& v, T& x) {
  v("mean", x.mean); v("stddev", x.stddev); v("min", x.min); v("max", x.max);
  v("mean_ci", x.mean_ci); v("median_ci", x.median_ci); v("percentiles", x.percentiles);
  v("curve_ns", x.curve_ns); v("curve_share", x.curve_share); v("prepare_ns", x.prepare_ns);
}
template <class V, Is<RateFigures> T>
void fields(V& v, T& x) {
  v("offered", x.offered); v("peak", x.peak); v("peak_ci", x.peak_ci);
  v("send_delay_mean_ns", x.send_delay_mean_ns); v("send_delay_max_ns", x.send_delay_max_ns);
  v("late_percent", x.late_percent); v("reason", x.reason);
}
template <class V, Is<StartupFigures> T>
void fields(V& v, T& x) {
  v("load_ns", x.load_ns); v("first_query_ns", x.first_query_ns); v("warm_up_ns", x.warm_up_ns);
}
template <class V, Is<AccuracyFigures> T>
void fields(V& v, T& x) {
  v("rmse", x.rmse); v("rmse_naive", x.rmse_naive); v("skill", x.skill); v("unit", x.unit);
  v("max_abs_error_vs_reference", x.max_abs_error_vs_reference); v("rmse_vs_reference", x.rmse_vs_reference);
  v("reason", x.reason);
}
template <class V, Is<UtilisationFigures> T>
void fields(V& v, T& x) {
  v("percent", x.percent); v("definition", x.definition); v("low_percent", x.low_percent);
  v("high_percent", x.high_percent); v("reason", x.reason);
}
template <class V, Is<MemoryFigures> T>
void fields(V& v, T& x) { v("bytes", x.bytes); v("boundary", x.boundary); v("reason", x.reason); }
template <class V, Is<PowerFigures> T>
void fields(V& v, T& x) {
  v("watts", x.watts); v("idle_watts", x.idle_watts); v("low_watts", x.low_watts); v("high_watts", x.high_watts);
  v("context_idle_watts", x.context_idle_watts); v("boundary", x.boundary); v("definition", x.definition);
  v("provenance", x.provenance); v("reason", x.reason);
}
template <class V, Is<EnergyFigures> T>
void fields(V& v, T& x) {
  v("joules_per_query", x.joules_per_query); v("dynamic_joules_per_query", x.dynamic_joules_per_query);
  v("low_joules_per_query", x.low_joules_per_query); v("high_joules_per_query", x.high_joules_per_query);
  v("low_dynamic_joules_per_query", x.low_dynamic_joules_per_query);
  v("high_dynamic_joules_per_query", x.high_dynamic_joules_per_query);
  v("seconds_per_query", x.seconds_per_query); v("rate_per_second", x.rate_per_second);
  v("joules_per_day", x.joules_per_day); v("updates", x.updates); v("method", x.method);
  v("boundary", x.boundary); v("definition", x.definition); v("provenance", x.provenance);
  v("alignment", x.alignment); v("dynamic_reason", x.dynamic_reason); v("reason", x.reason);
}
template <class V, Is<Finding> T>
void fields(V& v, T& x) { v("kind", x.kind); v("reason", x.reason); }
template <class V, Is<TrustFigures> T>
void fields(V& v, T& x) { v("kind", x.kind); v("findings", x.findings); }
template <class V, Is<CorrectnessFigures> T>
void fields(V& v, T& x) { v("kind", x.kind); v("reason", x.reason); }
template <class V, Is<PhaseSpan> T>
void fields(V& v, T& x) {
  v("phase", x.phase); v("begin_seconds", x.begin_seconds); v("end_seconds", x.end_seconds);
}
template <class V, Is<ChannelTrace> T>
void fields(V& v, T& x) {
  v("name", x.name); v("unit", x.unit); v("boundary", x.boundary); v("definition", x.definition);
  v("provenance", x.provenance); v("seconds", x.seconds); v("values", x.values);
}
template <class V, Is<TimelineFigures> T>
void fields(V& v, T& x) { v("phases", x.phases); v("channels", x.channels); }
template <class V, Is<ForecastFigures> T>
void fields(V& v, T& x) {
  v("first_window", x.first_window); v("actual", x.actual); v("naive", x.naive); v("forecast", x.forecast);
}
template <class V, Is<Summary> T>
void fields(V& v, T& x) {
  v("remarks", x.remarks); v("parts", x.parts);
  v("case_id", x.case_id); v("campaign", x.campaign); v("model", x.model); v("model_sha256", x.model_sha256);
  v("truth", x.truth); v("artefact", x.artefact); v("spec", x.spec); v("host", x.host); v("backend", x.backend);
  v("device", x.device); v("precision", x.precision); v("obtained", x.obtained); v("settings", x.settings);
  v("inputs", x.inputs);
  v("scenario", x.scenario); v("provenance", x.provenance); v("manifest", x.manifest);
  v("after", x.after); v("effort", x.effort);
  v("outcome", x.outcome); v("queries", x.queries); v("windows", x.windows); v("workers", x.workers);
  v("measured_seconds", x.measured_seconds); v("latency_ns", x.latency_ns);
  v("throughput_per_second", x.throughput_per_second); v("rate_per_second", x.rate_per_second);
  v("startup", x.startup);
  v("harness_overhead_ns", x.harness_overhead_ns); v("accuracy", x.accuracy); v("utilisation", x.utilisation);
  v("memory", x.memory); v("power", x.power); v("energy", x.energy); v("trust", x.trust);
  v("correctness", x.correctness); v("timeline", x.timeline); v("forecast", x.forecast);
}

template <class V, Is<HelloRequest> T>
void fields(V& v, T& x) { v("protocol", x.protocol); }
template <class V, Is<ObserveRequest> T>
void fields(V& v, T& x) { v("case", x.what); v("duration_ns", x.duration); }
template <class V, Is<PrepareRequest> T>
void fields(V& v, T& x) {
  v("case", x.what); v("effort", x.effort); v("data_path", x.data_path); v("ticker", x.ticker);
  v("seed", x.seed);
}
template <class V, Is<BlockRequest> T>
void fields(V& v, T& x) {
  v("worker", x.worker); v("order", x.order); v("first_window", x.first_window); v("min_queries", x.min_queries);
  v("min_duration_ns", x.min_duration); v("max_duration_ns", x.max_duration); v("warm_up_ns", x.warm_up);
  v("warm_up_queries", x.warm_up_queries); v("keep_queries", x.keep_queries); v("seed", x.seed);
  v("celsius", x.celsius);
}
template <class V, Is<FetchRequest> T>
void fields(V&, T&) {}
template <class V, Is<FinishRequest> T>
void fields(V&, T&) {}
template <class V, Is<HelloAnswer> T>
void fields(V& v, T& x) {
  v("protocol", x.protocol); v("tool_version", x.tool_version); v("manifest", x.manifest);
}
template <class V, Is<ObserveAnswer> T>
void fields(V& v, T& x) { v("channels", x.channels); v("idle", x.idle); }
template <class V, Is<PrepareAnswer> T>
void fields(V& v, T& x) {
  v("startup", x.startup); v("device", x.device); v("obtained", x.obtained); v("channels", x.channels);
  v("windows", x.windows); v("output_width", x.output_width);
  v("remarks", x.remarks); v("parts", x.parts); v("celsius", x.celsius);
}
template <class V, Is<BlockAnswer> T>
void fields(V& v, T& x) { v("count", x.count); v("begin_ns", x.begin); v("end_ns", x.end); }
template <class V, Is<FetchAnswer> T>
void fields(V& v, T& x) {
  v("block", x.block); v("memory_bytes", x.memory_bytes); v("outputs", x.outputs); v("seen", x.seen);
  v("startup", x.startup);
}
template <class V, Is<FinishAnswer> T>
void fields(V&, T&) {}
template <class V, Is<ErrorAnswer> T>
void fields(V& v, T& x) { v("what", x.what); v("hint", x.hint); v("skipped", x.skipped); }

// clang-format on

}  // namespace steelyard
