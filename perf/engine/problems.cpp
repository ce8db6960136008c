// SPDX-License-Identifier: Apache-2.0
// Random networks, inputs like slow walks, and the reference's answers.
#include "perf/engine/problems.h"

#include "perf/engine/onnx_file.h"
#include "tests/engine/reference.h"

namespace steelyard::perf {
namespace {

constexpr int kQueries = 64, kMany = 1024;

struct Row {
  const char* name;
  Cell cell;
  int window, features, hidden, layers, directions;
  bool stream;
  double bar, prepared_bar;
};

constexpr Row kRows[] = {
    {"GRU T8 H5", Cell::gru, 8, 5, 5, 1, 1, false, 0.50, 0},
    {"LSTM T8 H5", Cell::lstm, 8, 5, 5, 1, 1, false, 0.50, 0},
    {"BiLSTM T8 H5", Cell::lstm, 8, 5, 5, 1, 2, false, 0.40, 0},
    {"GRU T32 H32", Cell::gru, 32, 5, 32, 1, 1, false, 0.60, 0},
    {"GRU T60 H64", Cell::gru, 60, 5, 64, 1, 1, false, 0.40, 0},
    {"LSTM T60 H64", Cell::lstm, 60, 5, 64, 1, 1, false, 0.50, 0},
    {"LSTM T60 H128", Cell::lstm, 60, 5, 128, 1, 1, false, 0.65, 0},
    {"LSTM T60 H256", Cell::lstm, 60, 5, 256, 1, 1, false, 0.65, 0},
    {"stream 128-96-96", Cell::lstm, 1, 128, 96, 2, 1, true, 0.60, 0.40},
};

std::vector<std::vector<float>> walks(const Problem& p, Random& random, int count = kQueries) {
  std::vector<std::vector<float>> queries(count);
  const std::size_t width = std::size_t(p.batch) * p.network.features;
  for (auto& q : queries) {
    std::vector<double> level(width);
    for (int t = 0; t < p.window; ++t) {
      for (double& v : level) {
        // The sum of three is near enough to normal.
        const double noise = random.uniform() + random.uniform() + random.uniform() - 1.5;
        v = 0.9 * v + 0.9 * noise;
        q.push_back(float(v));
      }
    }
  }
  return queries;
}

Case make_case(Problem problem, const reference::Shape& shape, std::uint64_t seed,
               const std::filesystem::path& folder, int most_checked = kQueries) {
  Random random(seed);
  Case c;
  c.problem = std::move(problem);
  Problem& p = c.problem;
  p.network = reference::random_network(shape, random);
  p.network.batch_first = false;
  p.onnx = folder / (p.name + " b" + std::to_string(p.batch) + ".onnx");
  write_onnx(p, p.onnx);
  c.queries = walks(p, random);
  // Other walks than those that are measured.
  Problem one = p;
  one.batch = 1;
  if (p.stream) one.window = 64;
  p.calibration_window = one.window;
  for (const auto& walk : walks(one, random)) {
    p.calibration.insert(p.calibration.end(), walk.begin(), walk.end());
  }
  if (p.batch == 1 && most_checked == kQueries) c.many = walks(p, random, kMany);
  if (!p.stream) {
    // Enough of a large batch to find an error in any of its rows.
    const int checked = p.batch == 1 ? most_checked : 1;
    c.queries.resize(p.batch == 1 ? kQueries : 4);
    for (int q = 0; q < checked; ++q) {
      c.truth.push_back(reference::infer(p.network, c.queries[q], p.batch, p.window));
    }
    return c;
  }
  std::vector<float> all;
  for (const auto& q : c.queries) {
    all.insert(all.end(), q.begin(), q.end());
    c.truth.push_back(reference::infer(p.network, all, 1, int(c.truth.size()) + 1));
  }
  return c;
}

reference::Shape shape_of(Cell cell, int features, int hidden, int layers, int directions) {
  reference::Shape s;
  s.cell = cell;
  s.features = features;
  s.hidden = hidden;
  s.layers = layers;
  s.directions = directions;
  s.readout = Readout::final_state;
  return s;
}

}  // namespace

std::vector<Case> tuned_cases(int batch, const std::string& only,
                              const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const Row& r : kRows) {
    Problem p;
    p.name = r.name;
    p.window = r.window;
    p.batch = batch;
    p.stream = r.stream;
    if (p.name.find(only) == std::string::npos || (r.stream && batch > 1)) continue;
    cases.push_back(make_case(p, shape_of(r.cell, r.features, r.hidden, r.layers, r.directions),
                              r.hidden + r.window, folder));
    cases.back().bar = r.bar;
    cases.back().prepared_bar = r.prepared_bar;
  }
  return cases;
}

std::vector<Case> random_cases(int count, std::uint64_t seed, const std::filesystem::path& folder) {
  Random random(seed);
  std::vector<Case> cases;
  for (int i = 0; i < count; ++i) {
    Problem p;
    const Cell cell = random.below(2) ? Cell::lstm : Cell::gru;
    const int hidden = 1 + int(random.below(300)), features = 1 + 2 * int(random.below(20));
    const int layers = 1 + int(random.below(3)), directions = 1 + int(random.below(4) == 0);
    p.window = 1 + 2 * int(random.below(32));
    p.name = std::string(directions == 2 ? "Bi" : "") + (cell == Cell::lstm ? "LSTM" : "GRU") +
             " T" + std::to_string(p.window) + " I" + std::to_string(features) + " H" +
             std::to_string(hidden) + " L" + std::to_string(layers);
    // 200 networks in double precision would take longer than measuring them.
    cases.push_back(make_case(p, shape_of(cell, features, hidden, layers, directions),
                              random.next(), folder, 2));
  }
  return cases;
}

}  // namespace steelyard::perf
