// SPDX-License-Identifier: Apache-2.0
// Energy on instruments whose truth is known: what the device really drew is a function of time,
// each instrument shows of it what such instruments show, and the figure is either within one
// percent of the integral or withheld.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "steelyard/stats/stats.h"
#include "tests/stats/made.h"

namespace steelyard {
namespace {

using Power = std::function<double(double seconds)>;

struct Instrument {
  std::string name;
  double update = 0.1, window = 0.1;  // seconds
  double told = -1;                   // Channel::average; -1: the truth
  bool counter = false;
  double poll = 0;     // seconds between readings of a real instrument; 0: each update
  double phase = 0;    // of the updates
  double quantum = 0;  // W or J
};

struct Pass {
  double idle = 10, context = 10, load = 10, rest = 10;
  double begin() const { return idle + context; }
  double end() const { return begin() + load; }
};

// Cumulative joules of a power, looked up between steps of 0.5 ms.
class Integral {
 public:
  Integral(const Power& power, double until) {
    joules_.push_back(0);
    for (double t = 0; t < until; t += kStep)
      joules_.push_back(joules_.back() + kStep * power(t + kStep / 2));
  }
  double until(double t) const {
    if (t <= 0) return joules_[1] / kStep * t;
    const double at = t / kStep;
    const auto i = std::min(static_cast<std::size_t>(at), joules_.size() - 2);
    return joules_[i] + (at - double(i)) * (joules_[i + 1] - joules_[i]);
  }
  double between(double a, double b) const { return until(b) - until(a); }

 private:
  static constexpr double kStep = 0.0005;
  std::vector<double> joules_;
};

double quantised(double value, double quantum) {
  return quantum > 0 ? std::round(value / quantum) * quantum : value;
}

Block watched(const Instrument& instrument, const Integral& truth, Phase phase, double begin,
              double end) {
  Block block;
  block.phase = phase;
  block.begin = from_seconds(begin);
  block.end = from_seconds(end);
  const auto value_at = [&](double tick) {
    const double value = instrument.counter
                             ? truth.until(tick)
                             : truth.between(tick - instrument.window, tick) / instrument.window;
    // A real instrument is never quite still.
    const double noise =
        instrument.poll > 0 && !instrument.counter ? 5e-4 * std::sin(31 * tick) : 0;
    return quantised(value * (1 + noise), instrument.quantum);
  };
  const double each = instrument.poll > 0 ? instrument.poll : instrument.update;
  const double offset = instrument.poll > 0 ? begin : instrument.phase;
  for (double k = std::ceil((begin - offset) / each); offset + k * each <= end; ++k) {
    const double t = offset + k * each;
    const double tick =
        instrument.phase +
        std::floor((t - instrument.phase) / instrument.update + 1e-9) * instrument.update;
    block.readings.push_back({0, from_seconds(t), value_at(tick)});
  }
  return block;
}

// `query` seconds busy, `pause` seconds waiting, over and over.
void add_queries(Block& load, double query, double pause) {
  for (nanoseconds t = load.begin; t + from_seconds(query) <= load.end;
       t += from_seconds(query + pause)) {
    load.queries.push_back({t, t, t + from_seconds(query)});
    ++load.count;
  }
  load.items = load.count;
}

Measurement weigh(const Power& power, const Instrument& instrument, const Pass& pass = {},
                  double query = 0.001, double pause = 0) {
  const Integral truth(power, pass.end() + pass.rest + 1);
  Channel channel;
  channel.name = instrument.counter ? "energy" : "power";
  channel.unit = instrument.counter ? "J" : "W";
  channel.boundary = "board";
  channel.period = from_seconds(instrument.update);
  channel.average = from_seconds(instrument.counter     ? 0
                                 : instrument.told >= 0 ? instrument.told
                                                        : instrument.window);
  if (instrument.poll == 0) channel.provenance = Provenance::simulated;
  Measurement m = measurement_of({block_of(std::vector<std::int64_t>(100, 1'000'000))});
  m.channels = {channel};
  m.blocks.push_back(watched(instrument, truth, Phase::idle, 0, pass.idle));
  m.blocks.push_back(watched(instrument, truth, Phase::context, pass.idle, pass.begin()));
  m.blocks.push_back(watched(instrument, truth, Phase::load, pass.begin(), pass.end()));
  m.blocks.push_back(watched(instrument, truth, Phase::rest, pass.end(), pass.end() + pass.rest));
  add_queries(m.blocks[3], query, pause);
  return m;
}

struct Truth {
  double total, dynamic;
};
Truth truth_of(const Power& power, const Measurement& m, const Pass& pass) {
  const Integral truth(power, pass.end() + pass.rest + 1);
  const double all = truth.between(pass.begin(), pass.end());
  const double items = double(m.blocks[3].items);
  return {all / items, (all - pass.load * truth.between(0, pass.idle) / pass.idle) / items};
}

// Within one percent, or withheld with a reason. Returns whether there was a figure.
bool hold_to_truth(const Power& power, const Measurement& m, const Pass& pass,
                   const std::string& what) {
  const EnergyFigures energy = summarize(m).energy;
  const Truth truth = truth_of(power, m, pass);
  EXPECT_EQ(energy.joules_per_query.has_value(), !energy.reason) << what;
  if (!energy.joules_per_query) return false;
  EXPECT_NEAR(*energy.joules_per_query / truth.total, 1, 0.01) << what;
  EXPECT_EQ(energy.dynamic_joules_per_query.has_value(), !energy.dynamic_reason) << what;
  if (energy.dynamic_joules_per_query) {
    EXPECT_NEAR(*energy.dynamic_joules_per_query / truth.dynamic, 1, 0.01) << what;
  }
  return true;
}

// Idle, then what waits for work, then `load` of the time since its beginning, then waiting again.
Power trace(const Pass& pass, double idle, double context, std::function<double(double)> load) {
  return [=](double t) {
    if (t < pass.idle) return idle;
    if (t < pass.begin() || t >= pass.end()) return context;
    return load(t - pass.begin());
  };
}

const Instrument kTicks{.name = "100 ms ticks"};
const Instrument kPolled{
    .name = "100 ms ticks, polled every 50 ms", .poll = 0.05, .phase = 0.03, .quantum = 0.001};
const Instrument kAverage{.name = "1 s moving average", .window = 1};
const Instrument kAverageUntold{.name = "1 s moving average that nobody told of",
                                .window = 1,
                                .told = 0,
                                .poll = 0.05,
                                .quantum = 0.001};
const Instrument kPart{.name = "25 of 100 ms", .window = 0.025};
const Instrument kCounter{.name = "counter, 100 ms ticks", .counter = true};
const Instrument kCounterPolled{.name = "counter, 100 ms ticks, polled",
                                .counter = true,
                                .poll = 0.05,
                                .phase = 0.03,
                                .quantum = 0.001};
const Instrument kFine{.name = "counter, 1 ms ticks, polled every 20 ms",
                       .update = 0.001,
                       .counter = true,
                       .poll = 0.02,
                       .quantum = 1e-6};
const Instrument kInstruments[] = {kTicks, kPolled,  kAverage,       kAverageUntold,
                                   kPart,  kCounter, kCounterPolled, kFine};

struct Shape {
  const char* name;
  std::function<double(double)> load;
};
const Shape kShapes[] = {
    {"constant", [](double) { return 140.0; }},
    {"ramp up", [](double t) { return 60 + 12 * t; }},
    {"ramp down", [](double t) { return 200 - 11 * t; }},
    {"late step", [](double t) { return t < 6.37 ? 90.0 : 210.0; }},
    {"slow rise to a limit", [](double t) { return 220 - 140 * std::exp(-t / 0.9); }},
    {"sawtooth of 3 s", [](double t) { return 100 + 40 * std::fmod(t, 3.0); }},
};

TEST(Energy, OfEveryShapeOnEveryInstrumentIsWithinOnePercentOrWithheld) {
  const Pass pass;
  int figures = 0, all = 0;
  for (const Shape& shape : kShapes)
    for (const Instrument& instrument : kInstruments) {
      const Power power = trace(pass, 18, 82, shape.load);
      const Measurement m = weigh(power, instrument, pass);
      figures += hold_to_truth(power, m, pass, instrument.name + ", " + shape.name);
      ++all;
    }
  // Only the instrument that nobody told of may be refused.
  EXPECT_GE(figures, all - static_cast<int>(std::size(kShapes)));
}

TEST(Energy, HoldsAlsoWhereTheLoadBeginsBetweenTicks) {
  for (const double shift : {0.013, 0.049, 0.077, 0.0999})
    for (const Instrument& instrument : kInstruments) {
      const Pass pass{10 + shift, 10, 10 + 3 * shift, 10};
      const Power power = trace(pass, 18, 82, kShapes[1].load);
      hold_to_truth(power, weigh(power, instrument, pass), pass, instrument.name);
    }
}

TEST(Energy, KeepsContextIdlePowerApart) {
  const Pass pass;
  const Power power = trace(pass, 18, 82, kShapes[0].load);
  const Summary s = summarize(weigh(power, kAverage, pass));
  EXPECT_NEAR(*s.power.idle_watts, 18, 0.01);
  EXPECT_NEAR(*s.power.context_idle_watts, 82, 0.01);
  EXPECT_NEAR(*s.power.watts, 140, 0.1);
  EXPECT_NEAR(*s.energy.joules_per_query, 0.140, 0.0002);
  EXPECT_NEAR(*s.energy.dynamic_joules_per_query, 0.122, 0.0002) << "over cold idle";
  EXPECT_EQ(s.energy.method, "integral");
  EXPECT_EQ(s.energy.boundary, "board");
  EXPECT_NEAR(*s.energy.seconds_per_query, 0.001, 1e-9);
}

TEST(Energy, TheAverageOfAnInstrumentIsNotTakenForWhatItShowsNow) {
  // The plain mean of the readings of a 1 s average is 4 % low here.
  const Pass pass;
  const Power power = trace(pass, 10, 20, kShapes[0].load);
  const Measurement m = weigh(power, kAverage, pass);
  double plain = 0;
  for (const Reading& reading : m.blocks[3].readings) plain += reading.value;
  plain /= double(m.blocks[3].readings.size());
  EXPECT_LT(plain, 0.96 * 140);
  EXPECT_TRUE(hold_to_truth(power, m, pass, "constant"));
}

TEST(Energy, AnAverageThatNobodyToldOfIsWithheldUntilTheLoadIsLongEnough) {
  const Pass brief;
  const Power power = trace(brief, 18, 20, kShapes[0].load);
  const Summary s = summarize(weigh(power, kAverageUntold, brief));
  ASSERT_TRUE(s.energy.reason);
  EXPECT_EQ(s.energy.reason->code, ReasonCode::sensor_lags);
  const Pass enough{10, 10, s.energy.reason->values[1].value, 10};
  const Power again = trace(enough, 18, 20, kShapes[0].load);
  EXPECT_TRUE(
      hold_to_truth(again, weigh(again, kAverageUntold, enough), enough, "as long as told"));
}

TEST(Energy, FewerThanTwentyUpdatesAreInsufficientAndSayHowLongToRun) {
  for (const Instrument& instrument : {kTicks, kPolled, kCounter, kCounterPolled}) {
    const Pass brief{10, 10, 1.5, 10};
    const Power power = trace(brief, 18, 82, kShapes[0].load);
    const Summary s = summarize(weigh(power, instrument, brief));
    EXPECT_FALSE(s.energy.joules_per_query);
    EXPECT_FALSE(s.power.watts);
    ASSERT_TRUE(s.energy.reason) << instrument.name;
    EXPECT_EQ(s.energy.reason->code, ReasonCode::too_few_updates) << instrument.name;
    const double n = s.energy.reason->values[0].value, longer = s.energy.reason->values[2].value;
    EXPECT_NEAR(n, 15, 1);
    EXPECT_GE(s.energy.reason->values[1].value, 20);
    EXPECT_EQ(longer, 10) << "never less than ten seconds";
    const Pass enough{10, 10, longer, 10};
    const Power again = trace(enough, 18, 82, kShapes[0].load);
    EXPECT_TRUE(hold_to_truth(again, weigh(again, instrument, enough), enough, instrument.name));
  }
}

TEST(Energy, ASlowMeterIsGivenAsLongAsItNeeds) {
  Instrument slow{.name = "1 s ticks", .update = 1, .window = 1};
  const Pass brief;
  const Power power = trace(brief, 18, 82, kShapes[0].load);
  const Summary s = summarize(weigh(power, slow, brief));
  ASSERT_TRUE(s.energy.reason);
  EXPECT_NEAR(s.energy.reason->values[0].value, 10, 1);
  EXPECT_NEAR(s.energy.reason->values[2].value, 23, 3);
}

TEST(Energy, APartTimeInstrumentInStepWithTheQueriesIsWithheld) {
  // Busy 60 of every 100 ms, and the instrument always looks at the same quarter.
  const Pass pass;
  const Power power =
      trace(pass, 18, 30, [](double t) { return std::fmod(t, 0.1) < 0.06 ? 150.0 : 30.0; });
  const Summary s = summarize(weigh(power, kPart, pass, 0.06, 0.04));
  ASSERT_TRUE(s.energy.reason);
  EXPECT_EQ(s.energy.reason->code, ReasonCode::sensor_phase);
  EXPECT_TRUE(hold_to_truth(power, weigh(power, kTicks, pass, 0.06, 0.04), pass, "full time"));
}

TEST(Energy, APartTimeInstrumentSeesShortQueriesWell) {
  const Pass pass;
  const Power power =
      trace(pass, 18, 30, [](double t) { return std::fmod(t, 0.0005) < 0.0003 ? 150.0 : 30.0; });
  hold_to_truth(power, weigh(power, kPart, pass, 0.0003, 0.0002), pass, "0.5 ms");
}

TEST(Energy, IdlePowerThatWandersTakesTheDynamicFigureOnly) {
  const Pass pass;
  const Power steady = trace(pass, 18, 82, kShapes[0].load);
  const Power power = [=](double t) { return t < pass.idle ? 18 + 4 * t : steady(t); };
  const EnergyFigures energy = summarize(weigh(power, kTicks, pass)).energy;
  EXPECT_TRUE(energy.joules_per_query);
  EXPECT_FALSE(energy.dynamic_joules_per_query);
  EXPECT_EQ(energy.dynamic_reason->code, ReasonCode::unsteady_idle);
}

TEST(Energy, AGapInTheLoadWithholdsTheFigureInTheInstrumentsOwnWords) {
  const Pass pass;
  const Power power = trace(pass, 18, 82, kShapes[0].load);
  Measurement m = weigh(power, kTicks, pass);
  m.blocks[3].gaps.push_back({0,
                              m.blocks[3].begin + nanoseconds(1'000'000'000),
                              m.blocks[3].begin + nanoseconds(2'000'000'000),
                              {ReasonCode::sensor_lost, {}, "GPU is lost"}});
  const EnergyFigures energy = summarize(m).energy;
  ASSERT_TRUE(energy.reason);
  EXPECT_EQ(energy.reason->code, ReasonCode::sensor_lost);
  EXPECT_EQ(energy.reason->quoted, "GPU is lost");
}

TEST(Energy, SilenceThatNobodyNotedIsFoundToo) {
  const Pass pass;
  const Power power = trace(pass, 18, 82, kShapes[0].load);
  Measurement m = weigh(power, kTicks, pass);
  auto& readings = m.blocks[3].readings;
  readings.erase(readings.begin() + 40, readings.begin() + 55);
  EXPECT_EQ(summarize(m).energy.reason->code, ReasonCode::sensor_lost);
}

TEST(Energy, CarriesTheKnownErrorOfItsInstrument) {
  const Pass pass;
  const Power power = trace(pass, 20, 60, [](double) { return 100.0; });
  Measurement m = weigh(power, kTicks, pass);
  m.channels[0].low = 1.0;
  m.channels[0].high = 1.045;
  const EnergyFigures energy = summarize(m).energy;
  EXPECT_NEAR(*energy.low_joules_per_query, 0.100, 1e-4);
  EXPECT_NEAR(*energy.high_joules_per_query, 0.1045, 1e-4);
  EXPECT_NEAR(*energy.high_dynamic_joules_per_query, 0.0836, 1e-4);
}

TEST(Energy, OfADayCountsTheWaitingBetweenQueries) {
  const Pass pass;
  const Power power = trace(pass, 20, 60, [](double) { return 100.0; });
  const Summary s = summarize(weigh(power, kTicks, pass, 0.010));
  EXPECT_NEAR(*s.energy.rate_per_second, 1, 0);
  EXPECT_NEAR(*s.energy.joules_per_day, 86400 * (60 + 0.010 * 40), 10);
  EXPECT_NEAR(*joules_per_day(s, 50), 86400 * (60 + 0.5 * 40), 100);
  EXPECT_FALSE(joules_per_day(s, 200)) << "it answers a hundred a second";
}

TEST(Energy, PrefersTheCounterAndFallsBackToPower) {
  const Pass pass;
  const Power power = trace(pass, 18, 82, kShapes[0].load);
  Measurement m = weigh(power, kTicks, pass);
  const Measurement counted = weigh(power, kCounter, pass);
  m.channels.push_back(counted.channels[0]);
  for (std::size_t b = 1; b < m.blocks.size(); ++b)
    for (Reading reading : counted.blocks[b].readings) {
      reading.channel = 1;
      m.blocks[b].readings.push_back(reading);
    }
  EXPECT_EQ(summarize(m).energy.method, "counter");
  m.blocks[3].gaps.push_back(
      {1, m.blocks[3].begin, m.blocks[3].end, {ReasonCode::sensor_lost, {}, {}}});
  EXPECT_EQ(summarize(m).energy.method, "integral");
}

TEST(Energy, WattsReadByEyeAreEnteredAndSayWho) {
  Measurement m = measurement_of({block_of(std::vector<std::int64_t>(1000, 1'000'000))});
  m.entered = EnteredPower{3.4, 4.6, "wall", "plug of the Pi, mean of a minute"};
  const Summary s = summarize(m);
  EXPECT_EQ(s.power.provenance, Provenance::entered);
  EXPECT_EQ(s.energy.provenance, Provenance::entered);
  EXPECT_EQ(s.energy.method, "entered");
  EXPECT_EQ(s.energy.boundary, "wall");
  EXPECT_NEAR(*s.energy.joules_per_query, 0.0046, 1e-9);
  EXPECT_NEAR(*s.energy.dynamic_joules_per_query, 0.0012, 1e-9);
  EXPECT_THAT(s.power.definition, testing::HasSubstr("plug of the Pi"));
}

TEST(Energy, OfAMeterThatFitsBadlyIsWithheld) {
  const Pass pass;
  const Power power = trace(pass, 18, 82, kShapes[0].load);
  Measurement m = weigh(power, kTicks, pass);
  m.channels[0].name = "meter";
  m.meter = Alignment{"time stamps", 0, 0, 0.55};
  EXPECT_EQ(summarize(m).energy.reason->code, ReasonCode::misaligned);
  m.meter->quality = 0.97;
  EXPECT_TRUE(summarize(m).energy.joules_per_query);
  EXPECT_EQ(summarize(m).energy.alignment->quality, 0.97);
}

// The bar: random traces, instruments, lengths and phases; no figure is wrong without a mark.
TEST(Energy, LongRandomTracesAreNeverWrongUnmarked) {
  Random random(20260101);
  int figures = 0, dynamic = 0;
  constexpr int kTrials = 3000;
  double worst = 0, worst_dynamic = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto draw = [&](double low, double high) {
      return low + (high - low) * random.uniform();
    };
    const Pass pass{draw(5, 12), draw(5, 12), draw(1, 25), draw(4, 12)};
    const double idle = draw(0.5, 60), context = idle + draw(0, 80);
    const double base = context + draw(1, 150), slope = draw(-1, 1) * base / pass.load * 0.5;
    const double step_at = draw(0, pass.load), step = draw(0, 100), wave = draw(0, 0.3) * base;
    const double period = std::pow(10, draw(-1, 1));
    const Power power = trace(pass, idle, context, [=](double t) {
      return base + slope * t + (t > step_at ? step : 0) + wave * std::sin(6.2832 * t / period);
    });
    Instrument instrument = kInstruments[trial % std::size(kInstruments)];
    instrument.phase = draw(0, instrument.update);
    const Measurement m = weigh(power, instrument, pass);
    const EnergyFigures energy = summarize(m).energy;
    if (!energy.joules_per_query) continue;
    ++figures;
    const Truth truth = truth_of(power, m, pass);
    worst = std::max(worst, std::abs(*energy.joules_per_query / truth.total - 1));
    EXPECT_NEAR(*energy.joules_per_query / truth.total, 1, 0.01)
        << trial << " " << instrument.name << " load " << pass.load << " s";
    if (!energy.dynamic_joules_per_query) continue;
    ++dynamic;
    worst_dynamic =
        std::max(worst_dynamic, std::abs(*energy.dynamic_joules_per_query / truth.dynamic - 1));
    EXPECT_NEAR(*energy.dynamic_joules_per_query / truth.dynamic, 1, 0.01)
        << trial << " " << instrument.name << " load " << pass.load << " s";
  }
  std::printf("%d traces: %d figures, worst %.3f %%; %d dynamic, worst %.3f %%\n", kTrials, figures,
              100 * worst, dynamic, 100 * worst_dynamic);
  EXPECT_GT(figures, kTrials / 3);
}

}  // namespace
}  // namespace steelyard
