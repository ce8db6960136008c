// SPDX-License-Identifier: Apache-2.0
// What the charts of a report share, and the groups of them. Pure.
#pragma once

#include <optional>
#include <vector>

#include "steelyard/report/document.h"
#include "steelyard/report/figures.h"

namespace steelyard {

Series series_of(const Context&, const Column&);
const PercentileFigure* percentile(const Summary&, double p);

// charts_loads.cpp: throughput and p99 against batch, queries in flight and offered rate.
std::vector<Chart> load_charts(const Context&, const ModelView&, int number);
// charts_time.cpp: forecast beside what came; parts of the latency; watts and clocks over time.
std::optional<Chart> forecast_chart(const Context&, const ModelView&, int number);
std::optional<Chart> parts_chart(const Context&, const ModelView&, int number);
std::vector<Chart> time_charts(const Context&, const ModelView&, int number);

}  // namespace steelyard
