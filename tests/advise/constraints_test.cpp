// SPDX-License-Identifier: Apache-2.0
// Constraint sets with known answers, by table: possible and impossible ones, ties, and figures
// that are missing.
#include <gtest/gtest.h>

#include <map>

#include "steelyard/base/error.h"
#include "tests/advise/made.h"

namespace steelyard {
namespace {

constexpr double kNone = -1;

struct Row {
  const char* name;
  double p99_ms = kNone, rate = kNone, watts = kNone, loss = kNone, budget = kNone;
  double tariff = kNone;
  const char* by = "";
  // "Frugal Fast Coarse": p passes, u undecided, f fails
  const char* verdicts = "ppp";
  const char* first = "";  // who may be first, by initial: F(rugal) S(fast) C(oarse); "" = nobody
  const char* relax = "";  // metrics of the first relaxation
};

// Frugal: p99 2.2 ms (bound 2.31), 500/s, 1..26 W, 100 USD. Fast: p99 0.12 ms (bound 0.126),
// 10,000/s, 11..111 W, 900 USD. Coarse: as Frugal in INT8 with RMSE 3 % worse, 1 ms, simulated.
const Row kRows[] = {
    {"nothing asked"},
    {"p99 all", 3, kNone, kNone, kNone, kNone, kNone, "", "ppp", "S"},
    {"p99 one", 0.2, kNone, kNone, kNone, kNone, kNone, "", "fpf", "S"},
    {"p99 two", 1.2, kNone, kNone, kNone, kNone, kNone, "", "fpp", "S"},
    {"p99 none", 0.1, kNone, kNone, kNone, kNone, kNone, "", "fff", "", "latency.p99"},
    {"p99 within the bound of Frugal", 2.25, kNone, kNone, kNone, kNone, kNone, "", "upp", "S"},
    {"p99 at the bound of Frugal", 2.32, kNone, kNone, kNone, kNone, kNone, "", "ppp", "S"},
    {"p99 within the bound of Fast", 0.123, kNone, kNone, kNone, kNone, kNone, "", "fuf", "",
     "latency.p99"},
    {"rate small", kNone, 1, kNone, kNone, kNone, kNone, "", "ppp", "FC"},
    {"rate small, by latency", kNone, 1, kNone, kNone, kNone, kNone, "latency", "ppp", "S"},
    {"rate of one", kNone, 5000, kNone, kNone, kNone, kNone, "", "fpf", "S"},
    {"rate of two, tied by the band", kNone, 800, kNone, kNone, kNone, kNone, "", "fpp", "SC"},
    {"rate of none", kNone, 20000, kNone, kNone, kNone, kNone, "", "fff", "", "rate"},
    {"rate at the capacity", kNone, 500, kNone, kNone, kNone, kNone, "", "ppp", "SC"},
    {"rate beyond break-even", kNone, 300, kNone, kNone, kNone, kNone, "", "ppp", "SC"},
    {"rate below break-even", kNone, 200, kNone, kNone, kNone, kNone, "", "ppp", "FC"},
    {"power of two", kNone, kNone, 60, kNone, kNone, kNone, "", "pfp", "C"},
    {"power of all", kNone, kNone, 120, kNone, kNone, kNone, "", "ppp", "S"},
    {"power of none", kNone, kNone, 5, kNone, kNone, kNone, "", "fff", "", "power"},
    {"power in the band of Coarse", kNone, kNone, 30, kNone, kNone, kNone, "", "pfu", "F"},
    {"power and rate", kNone, 20, 60, kNone, kNone, kNone, "", "pfp", "FC"},
    {"power and rate exclude each other", kNone, 5000, 30, kNone, kNone, kNone, "", "fff", "",
     "power"},
    {"loss of all", kNone, kNone, kNone, 5, kNone, kNone, "", "ppp", "S"},
    {"loss of FP32", kNone, kNone, kNone, 1, kNone, kNone, "", "ppf", "S"},
    {"loss at the edge", kNone, kNone, kNone, 3.001, kNone, kNone, "", "ppp", "S"},
    {"loss zero", kNone, kNone, kNone, 0, kNone, kNone, "", "ppf", "S"},
    {"loss and power", kNone, kNone, 60, 1, kNone, kNone, "", "pff", "F"},
    {"loss, power and p99", 1.5, kNone, 60, 1, kNone, kNone, "", "fff", "", "latency.p99"},
    {"budget of Frugal", kNone, kNone, kNone, kNone, 100, kNone, "", "pfu", "F"},
    {"budget of all", kNone, kNone, kNone, kNone, 1000, kNone, "", "ppu", "S"},
    {"budget of none", kNone, kNone, kNone, kNone, 50, kNone, "", "ffu", "", "budget"},
    {"budget and rate", kNone, 5000, kNone, kNone, 500, kNone, "", "fff", "", "budget"},
    {"cost at a small rate", kNone, 1, kNone, kNone, kNone, 0.2, "", "ppp", "F"},
    {"cost, free energy", kNone, 300, kNone, kNone, kNone, 0, "cost", "ppp", "F"},
    {"cost, dear energy", kNone, 450, kNone, kNone, kNone, 500, "cost", "ppp", "S"},
    {"cost below the budget", kNone, 10, kNone, kNone, 500, 0.2, "", "pfu", "F"},
    {"everything possible", 3, 20, 30, 1, 500, 0.2, "", "pff", "F"},
    {"everything for Fast", 0.2, 5000, 200, 1, 1000, 0.2, "", "fpf", "S"},
    {"everything impossible", 0.05, 20000, 5, 0, 50, 0.2, "", "fff", "", "*"},
    {"p99 and rate of Fast", 0.2, 5000, kNone, kNone, kNone, kNone, "", "fpf", "S"},
    {"p99 and power exclude each other", 0.2, kNone, 60, kNone, kNone, kNone, "", "fff", "",
     "power"},
    {"energy asked by name", kNone, 20, kNone, kNone, kNone, 0.2, "energy", "ppp", "FC"},
};

class Constraints : public testing::TestWithParam<Row> {};

Question question_of(const Row& row) {
  Question q;
  if (row.p99_ms != kNone) q.latency = {{99, row.p99_ms * 1e6}};
  const auto set = [](double from, std::optional<double>& to) {
    if (from != kNone) to = from;
  };
  set(row.rate, q.rate);
  set(row.watts, q.max_watts);
  set(row.loss, q.max_rmse_loss);
  set(row.budget, q.budget);
  set(row.tariff, q.price_per_kwh);
  q.by = row.by;
  return q;
}

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::vector<Summary> three() {
  // Coarse has no entry in the table: its price is missing. Its band holds Frugal's power.
  const Made coarse{"Coarse", 1, 1.1, 1, 27, 2.06, Precision::int8, Provenance::simulated, 2};
  return {made_row(kFrugal), made_row(kFast), made_row(coarse)};
}

TEST_P(Constraints, HaveTheKnownAnswer) {
  const Row& row = GetParam();
  const Advice advice = advise(three(), question_of(row), made_table()).at(0);
  std::map<std::string, const Candidate*> by_spec;
  for (const Candidate& c : advice.candidates) by_spec[c.spec] = &c;
  const char* specs[] = {"fake:Frugal", "fake:Fast", "fake:Coarse"};
  std::string verdicts, first;
  for (int i = 0; i < 3; ++i) {
    const Candidate& c = *by_spec.at(specs[i]);
    verdicts += to_string(c.verdict)[0];
    if (c.first_place == 1) first += "FSC"[i];
  }
  EXPECT_EQ(verdicts, row.verdicts);
  if (std::string(row.name) != "nothing asked") {
    EXPECT_EQ(first, row.first);
  }
  const bool any = verdicts.find('p') != std::string::npos;
  EXPECT_EQ(advice.relaxations.empty(), any);
  if (*row.relax != '\0' && *row.relax != '*') {
    EXPECT_EQ(advice.relaxations.at(0).checks.at(0).metric, row.relax);
  }
}

// Who is told what to relax, and does so, passes.
TEST_P(Constraints, AreMetOnceRelaxedAsAdvised) {
  Question q = question_of(GetParam());
  const Advice advice = advise(three(), q, made_table()).at(0);
  if (advice.relaxations.empty()) return;
  for (const Check& check : advice.relaxations[0].checks) {
    const double value = check.metric == "rate" ? check.value->low : check.value->high;
    if (check.metric == "rate") q.rate = value;
    if (check.metric == "power") q.max_watts = value;
    if (check.metric == "budget") q.budget = value;
    if (check.metric == "rmse_loss") q.max_rmse_loss = value;
    if (check.metric == "latency.p99") q.latency = {{99, value}};
  }
  const std::string spec = advice.candidates[advice.relaxations[0].candidate].spec;
  for (const Candidate& c : advise(three(), q, made_table()).at(0).candidates)
    if (c.spec == spec) {
      EXPECT_EQ(c.verdict, Verdict::passes);
    }
}

INSTANTIATE_TEST_SUITE_P(Table, Constraints, testing::ValuesIn(kRows), [](const auto& info) {
  std::string name = info.param.name;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

TEST(Constraints, AreAtLeastForty) { EXPECT_GE(std::size(kRows), 40u); }

TEST(Advise, CallsAnAnswerOnSimulatedRowsExpectedAndNamesTheMeasurement) {
  Made npu{"Hailo-8L", 1.3, 1.1, 0.65, 1.5, 2, Precision::int8, Provenance::simulated};
  Summary row = made_row(npu, "module");
  row.device.stands_for = StandsFor{"Hailo-8L", "hailort"};
  Question q;
  q.rate = 20;
  const Advice advice = advise({row}, q, built_in_systems()).at(0);
  EXPECT_TRUE(advice.expected);
  ASSERT_FALSE(advice.needs.empty());
  EXPECT_EQ(advice.needs[0].why, "expected");
  EXPECT_NE(advice.needs[0].command.find("--device hailort:0"), std::string::npos);
  EXPECT_EQ(advice.candidates[0].name, "Raspberry Pi 5 + Hailo-8L (runtime, int8)");
}

TEST(Advise, TellsAHostWithoutACpuRowWhatToRun) {
  const Made npu{"Hailo-8L", 1.3, 1.1, 0.65, 1.5};
  const Advice advice = advise({made_row(npu, "module")}, {}, built_in_systems()).at(0);
  const auto need = std::find_if(advice.needs.begin(), advice.needs.end(),
                                 [](const Need& n) { return n.why == "no_cpu_row"; });
  ASSERT_NE(need, advice.needs.end());
  EXPECT_EQ(need->name, "Raspberry Pi 5");
  EXPECT_NE(need->command.find("--device native-cpu"), std::string::npos);
}

TEST(Advise, DoesNotAskForTheCpuRowThatIsThere) {
  const Made npu{"Hailo-8L", 1.3, 1.1, 0.65, 1.5};
  Summary cpu = made_row({"Cortex-A76", 0.02, 1.1, 1, 2}, "");
  cpu.device.physical_id = "cpu";
  cpu.power = {};
  cpu.energy = {};
  cpu.utilisation.percent = 100;
  const Advice advice = advise({made_row(npu, "module"), cpu}, {}, built_in_systems()).at(0);
  for (const Need& need : advice.needs) EXPECT_NE(need.why, "no_cpu_row");
  const auto pi = std::find_if(advice.candidates.begin(), advice.candidates.end(),
                               [](const Candidate& c) { return c.spec == "fake:Cortex-A76"; });
  EXPECT_EQ(pi->name, "Raspberry Pi 5 (runtime)");
  // The table's core for as long as an inference takes, over the table's idle power.
  EXPECT_NEAR(pi->busy_watts->value, 3.3 + 1.3, 1e-9);
}

TEST(Advise, PutsARealDeviceInPlaceOfTheSimulatedOne) {
  Summary simulated = made_row({"Hailo-8L", 1.3, 1.1, 0.65, 1.5}, "module");
  simulated.provenance = Provenance::simulated;
  simulated.spec = "simulated:hailo-8l";
  simulated.device.stands_for = StandsFor{"Hailo-8L", "hailort"};
  Summary real = made_row({"Hailo-8L", 1.4, 1.1, 0.65, 1.5}, "module");
  real.spec = "hailort:0";
  real.backend = "hailort";
  real.device.runtime = "HailoRT 4.23.0";
  const Advice advice = advise({simulated, real}, {}, built_in_systems()).at(0);
  ASSERT_EQ(advice.candidates.size(), 1u);
  EXPECT_EQ(advice.candidates[0].spec, "hailort:0");
  EXPECT_FALSE(advice.expected);
}

TEST(Advise, DoesNotLetWrongOutputsPassOrStandOnTheFront) {
  Summary wrong = made_row(kFast);
  wrong.correctness.kind = "WRONG";
  const Advice advice = advise({wrong, made_row(kFrugal)}, {}, made_table()).at(0);
  EXPECT_EQ(advice.candidates.back().spec, "fake:Fast");
  EXPECT_EQ(advice.candidates.back().verdict, Verdict::fails);
  EXPECT_FALSE(advice.candidates.back().on_front);
  EXPECT_TRUE(advice.candidates.front().on_front);
}

TEST(Advise, TakesWhatIsBeatenInEverythingOffTheFront) {
  Made worse = kFast;
  worse.name = "Worse";
  worse.latency_ms *= 1.1;
  worse.busy_watts *= 1.1;
  worse.idle_watts *= 1.1;
  Question q;
  q.rate = 20;
  for (const Candidate& c :
       advise({made_row(worse), made_row(kFast), made_row(kFrugal)}, q, {}).at(0).candidates)
    EXPECT_EQ(c.on_front, c.spec != "fake:Worse") << c.spec;
}

TEST(Advise, TakesTheLatencyUnderLoadWhereItWasMeasured) {
  const Summary alone = made_row(kFrugal);
  Summary busy = alone, busier = alone;
  busy.case_id = "busy";
  busy.scenario = Server{100, 1};
  busy.latency_ns.percentiles[1] = {99, 7e6, 7.5e6, {}};
  busier.case_id = "busier";
  busier.scenario = FixedRate{400, 1};
  busier.latency_ns.percentiles[1] = {99, 40e6, 41e6, {}};
  const std::vector<Summary> rows{alone, busier, busy};
  const auto asked = [&](double rate, double limit_ms) {
    Question q;
    q.rate = rate;
    q.latency = {{99, limit_ms * 1e6}};
    return advise(rows, q, {}).at(0).candidates.at(0);
  };
  EXPECT_EQ(asked(100, 5).verdict, Verdict::fails);
  EXPECT_EQ(asked(100, 5).latency_ns->value, 7e6);
  EXPECT_EQ(rate_of(asked(100, 5).load), 100);
  EXPECT_EQ(asked(100, 8).verdict, Verdict::passes);
  EXPECT_EQ(asked(60, 5).verdict, Verdict::undecided) << "100 a second is more than was asked";
  EXPECT_EQ(asked(60, 8).verdict, Verdict::passes);
  EXPECT_EQ(rate_of(asked(300, 50).load), 400);
  EXPECT_EQ(rate_of(asked(450, 50).load), 0) << "no such row: one query at a time";
}

TEST(Advise, RefusesWhatItCannotAnswer) {
  Question q;
  q.currency = "XYZ";
  EXPECT_THROW(advise(three(), q, made_table()), UsageError);
  q = {};
  q.by = "beauty";
  EXPECT_THROW(advise(three(), q, made_table()), UsageError);
  q = {};
  q.model = "LSTM";
  EXPECT_THROW(advise(three(), q, made_table()), UsageError);
  q = {};
  q.by = "cost";
  EXPECT_THROW(advise(three(), q, made_table()), UsageError);
}

TEST(SystemTable, HasASourceADateAndARangeForEveryNumber) {
  const auto check = [](const std::optional<Sourced>& s) {
    if (!s) return;
    EXPECT_FALSE(s->source.empty());
    EXPECT_FALSE(s->as_of.empty());
    EXPECT_LE(s->value.low, s->value.value);
    EXPECT_GE(s->value.high, s->value.value);
  };
  for (const auto& [id, host] : built_in_systems().hosts)
    for (const auto* one : {&host.idle_watts, &host.core_watts, &host.efficiency, &host.price})
      check(*one);
  for (const auto& [id, entry] : built_in_systems().accelerators) check(entry.price);
}

}  // namespace
}  // namespace steelyard
