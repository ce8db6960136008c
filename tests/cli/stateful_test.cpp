// SPDX-License-Identifier: Apache-2.0
// Models that take and give states, lengths and whole sequences, through the program: what is said
// of them, and that they are measured under every load.
#include <gmock/gmock.h>

#include "tests/cli/bench.h"
#include "tests/engine/reference.h"
#include "tests/fakes/stateful_model.h"

namespace steelyard {
namespace {

using Form = StatefulForm;
using testing::HasSubstr;

class Stateful : public Bench {
 protected:
  Network network_of(Cell cell, int directions = 1) {
    reference::Shape shape;
    shape.cell = cell;
    shape.layers = 2;
    shape.directions = directions;
    Random random(1);
    Network network = reference::random_network(shape, random);
    network.window = 6;
    return network;
  }
  void write(const Network& network, const Form& form) {
    StatefulModel(network, form).write(folder_ / "stateful.onnx");
  }
  Json case_of(const std::vector<std::string>& more,
               const std::vector<std::string>& devices = {"native-cpu"}) {
    std::vector<std::string> words{"run",  "--model", "stateful.onnx", "--json",
                                   "--db", "m.db",    "--device"};
    words.insert(words.end(), devices.begin(), devices.end());
    std::filesystem::remove(folder_ / "m.db");
    words = quickly(std::move(words));
    words.insert(words.end(), more.begin(), more.end());
    const Said said = program_.run(words);
    return cases_of(said).at(0);
  }
  std::string described() { return program_.run({"describe", "stateful.onnx"}).out; }
};

TEST_F(Stateful, DescribeSaysWhatGoesAlongWithWindows) {
  write(network_of(Cell::lstm, 2), {.before = Form::sliced, .after = Form::joined});
  const std::string both = described();
  EXPECT_THAT(both, HasSubstr("  network   BiLSTM 5, BiLSTM 5, dense 1\n"));
  EXPECT_THAT(both, HasSubstr("  begins    with h of layer 1, h of layer 2 by h0\n"));
  EXPECT_THAT(both, HasSubstr("  begins    with c of layer 1, c of layer 2 by c0\n"));
  EXPECT_THAT(both, HasSubstr("  leaves    h of layer 1, h of layer 2 by hn\n"));

  Network network = network_of(Cell::gru);
  network.readout = Readout::every_step;
  for (Recurrent& layer : network.layers) {
    layer.ends_early = true;
    layer.initial_h.assign(5, 0.5f);
    layer.functions = {{GateFunction::hard_sigmoid, 0.2f, 0.5f}, {GateFunction::relu}};
  }
  write(network, {.before = Form::constant, .lengths = Form::input});
  const std::string own = described();
  EXPECT_THAT(own, HasSubstr("GRU 5 (HardSigmoid, Relu), GRU 5 (HardSigmoid, Relu), dense 1\n"));
  EXPECT_THAT(own, HasSubstr("  begins    with states of the file in layer 2\n"));
  EXPECT_THAT(own, HasSubstr("  lengths   of windows by lengths\n"));
  EXPECT_THAT(own, HasSubstr("  answers   every time step\n"));
}

TEST_F(Stateful, IsMeasuredUnderEveryLoad) {
  for (const bool states_come_first : {false, true}) {
    Form form{.before = Form::sliced, .after = Form::joined};
    form.last_comes_first = states_come_first;
    write(network_of(Cell::lstm), form);
    for (const std::vector<std::string>& load : std::vector<std::vector<std::string>>{
             {}, {"--scenario", "Offline", "--batch", "7"}, {"--scenario", "Streaming"}}) {
      const Json row = case_of(load);
      EXPECT_EQ(row.at("outcome").at("kind"), "Completed") << row.at("outcome");
      EXPECT_GE(row.at("queries").get<int>(), 50);
    }
  }
}

TEST_F(Stateful, StatesThatNothingGivesBackAreMadeUpAndAreNotTakenForWindows) {
  Form form{.before = Form::each};
  form.last_comes_first = true;
  write(network_of(Cell::gru), form);
  for (const char* load : {"SingleStream", "Streaming"})
    EXPECT_EQ(case_of({"--scenario", load}).at("outcome").at("kind"), "Completed") << load;
}

TEST_F(Stateful, LengthsAreMadeUpWithinTheWindow) {
  Network network = network_of(Cell::gru, 2);
  for (Recurrent& layer : network.layers) layer.ends_early = true;
  for (const auto lengths : {Form::input, Form::wide_input}) {
    write(network, {.lengths = lengths});
    EXPECT_EQ(case_of({}).at("outcome").at("kind"), "Completed");
    EXPECT_EQ(case_of({"--scenario", "Offline", "--batch", "5"}).at("outcome").at("kind"),
              "Completed");
  }
  network = network_of(Cell::gru);
  for (Recurrent& layer : network.layers) layer.ends_early = true;
  write(network, {.lengths = Form::input});
  const Json row = case_of({"--scenario", "Streaming"});
  EXPECT_EQ(row.at("outcome").at("kind"), "Skipped");
  EXPECT_THAT(row.at("outcome").at("reason").dump(), HasSubstr("lengths of windows"));
}

TEST_F(Stateful, IsSkippedByNameWhereOnlyPlainNetworksRun) {
  write(network_of(Cell::gru), {.after = Form::joined});
  const Json row = case_of({}, {"simulated:steady"});
  EXPECT_EQ(row.at("outcome").at("kind"), "Skipped");
  EXPECT_THAT(row.at("outcome").at("reason").dump(), HasSubstr("gives its states as outputs"));
  const Said said = program_.run({"convert", "stateful.onnx", "--to", "unrolled"});
  EXPECT_EQ(said.code, 1);
  EXPECT_THAT(said.err, HasSubstr("cannot be unrolled: it gives its states as outputs"));
}

}  // namespace
}  // namespace steelyard
