// SPDX-License-Identifier: Apache-2.0
// Machine formats. Pure functions over summaries; the caller writes files. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/record/advice.h"
#include "steelyard/record/comparison.h"
#include "steelyard/record/record.h"
#include "steelyard/record/summary.h"

namespace steelyard {

enum class ExportFormat { json, csv, google_benchmark, bmf };
std::optional<ExportFormat> export_format_from(std::string_view);

// UTF-8, ends with a line end; numbers read back as the same doubles.
//
// json: {"schema_version":1,"cases":[...]}, one case a line, keys as in docs/design.md section 6
// and a few more. A
//   missing value (or one that is not finite) is null beside its reason
//   {"code","values":{...},"quoted"}. Precision is what was asked for; "obtained_precision" what
//   the runtime used.
// csv: tidy (RFC 4180), one line a (case, metric, statistic):
//   model,spec,settings,host,scenario,provenance,campaign,metric,statistic,value,unit,lower,upper,
//   boundary_or_definition,reason
//   A verdict (outcome, trust, correctness) stands in `statistic` and has no value. A reason is its
//   code and, in brackets, name=value pairs and quoted text divided by semicolons.
// google-benchmark: what Google Benchmark's own --benchmark_format=json has, with percentiles,
//   power and energy as counters; its compare.py reads it.
// bmf: Bencher Metric Format: benchmark -> measure -> value with bounds.
std::string export_as(const std::vector<Summary>&, ExportFormat);

// Chrome trace events (Perfetto): a process a case, blocks and kept queries as spans, sensor
// channels as counters; long ones are thinned, their peaks kept.
std::string export_trace(const std::vector<Measurement>&);

// {"schema_version":1,"a","b","cases":[{"model_a","model_b","spec","host",...,"metrics":[{"metric",
// "a","b","ratio","low","high","level","verdict","gate_percent","gate","longer","reason"}]}]}
std::string export_json(const Comparison&);

// {"schema_version":1,"advice":[{"model","question","by","expected","systems":[...],...}]}:
// docs/cli.md
std::string export_json(const std::vector<Advice>&);

// JSON Schema (draft 2020-12) of the three above; docs/schema holds them as files.
std::string results_schema();
std::string comparison_schema();
std::string advice_schema();

// What the user says about another tool's file; what is empty is taken from the file, or stays
// unsaid.
struct ImportOptions {
  std::string format;  // one of import_formats(); empty: by content
  std::string model, device, host;
  Precision precision = Precision::fp32;
};
std::vector<std::string> import_formats();
// Another tool's results as measurements of provenance `imported`. What the file does not say stays
// missing, and the summary's reasons say so. Throws Error with one sentence for anything that is
// not such a file, however damaged.
std::vector<Measurement> import_text(const std::string& name, std::string_view text,
                                     const ImportOptions&);

}  // namespace steelyard
