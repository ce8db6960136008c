// SPDX-License-Identifier: Apache-2.0
// Our engine against the other runtimes on models that take and give states, lengths of windows and
// whole sequences, and on activations of all kinds: every output of every query alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/contract/allocations.h"
#include "tests/contract/subjects.h"
#include "tests/fakes/activations.h"
#include "tests/fakes/stateful_model.h"

namespace steelyard::contract {
namespace {

using Form = StatefulForm;

constexpr int kWindow = 6;

bool is_ready(const std::string& backend) {
  return registry().find(backend).availability().kind == Availability::Ready;
}

std::unique_ptr<CompiledModel> compile(const std::string& spec, const Model& model) {
  const Registry::Found found = registry().resolve(parse_spec(spec));
  CompileOptions options;
  options.window = kWindow;
  return found.backend->compile(model, nullptr, found.device, options);
}

// A query's inputs: floats within 1, lengths from 0 to the window.
std::vector<std::byte> inputs_for(const Signature& signature, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::byte> in(signature.input_bytes());
  std::size_t at = 0;
  for (const TensorInfo& tensor : signature.inputs) {
    const std::size_t size = size_of(tensor.type);
    for (const std::size_t end = at + Signature{{tensor}, {}}.input_bytes(); at < end; at += size) {
      const auto number = static_cast<float>(2 * random.uniform() - 1);
      const auto length = static_cast<std::int64_t>(random.below(kWindow + 1));
      if (tensor.type == ElementType::f32)
        std::memcpy(&in[at], &number, size);
      else
        std::memcpy(&in[at], &length, size);
    }
  }
  return in;
}

void expect_agreement(const std::string& spec, const Network& network, const Form& form,
                      const std::vector<int>& batches, double tolerance = 1e-5) {
  SCOPED_TRACE(testing::Message() << spec << " cell " << static_cast<int>(network.layers[0].cell)
                                  << " layers " << network.layers.size() << " directions "
                                  << network.layers[0].directions
                                  << (network.layers[0].reverse ? " reverse" : "") << " before "
                                  << form.before << " after " << form.after << " lengths "
                                  << form.lengths << " readout "
                                  << static_cast<int>(network.readout) << " batch first "
                                  << network.batch_first);
  const auto file = folder() / "stateful.onnx";
  StatefulModel(network, form).write(file);
  const Model model = load_model(file);
  const auto ours = compile("native-cpu", model), theirs = compile(spec, model);
  for (const int batch : batches) {
    const auto one = ours->open(batch), other = theirs->open(batch);
    ASSERT_EQ(one->signature().output_bytes(), other->signature().output_bytes());
    const auto in = inputs_for(one->signature(), static_cast<std::uint64_t>(batch));
    std::vector<float> a(one->signature().output_bytes() / sizeof(float)), b(a.size());
    one->infer(in, std::as_writable_bytes(std::span(a)));
    other->infer(in, std::as_writable_bytes(std::span(b)));
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(a[i], b[i], tolerance * std::max(1.0f, std::abs(b[i])))
          << "batch " << batch << " output " << i << " of " << a.size();
  }
}

struct Kind {
  Cell cell;
  int directions;
  bool reverse = false, linear_before_reset = true;
};
const std::vector<Kind> kKinds{{Cell::rnn, 1},       {Cell::rnn, 1, true},
                               {Cell::rnn, 2},       {Cell::gru, 1},
                               {Cell::gru, 1, true}, {Cell::gru, 2},
                               {Cell::lstm, 1},      {Cell::lstm, 1, true},
                               {Cell::lstm, 2},      {Cell::gru, 2, false, false}};

Network network_of(const Kind& kind, int layers, Readout readout, std::uint64_t seed) {
  Shape shape;
  shape.cell = kind.cell;
  shape.hidden = 7;
  shape.layers = layers;
  shape.directions = kind.directions;
  shape.window = kWindow;
  shape.outputs = 3;
  shape.readout = readout;
  Network network = random_network(shape, seed);
  network.batch_first = seed % 2 == 0;
  network.answer_batch_first = seed % 3 != 0;
  for (Recurrent& layer : network.layers) {
    layer.reverse = kind.reverse;
    layer.linear_before_reset = kind.linear_before_reset;
  }
  return network;
}

class Stateful : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!is_ready(std::string(GetParam()).substr(0, std::string(GetParam()).find(':'))))
      GTEST_SKIP() << GetParam() << " is not here";
  }
};

TEST_P(Stateful, StatesGoInAndComeOutAlike) {
  const bool with_openvino = std::string(GetParam()) == "openvino:cpu";
  std::uint64_t seed = 1;
  for (const Kind& kind : kKinds)
    for (const int layers : {1, 2})
      for (const auto before :
           {Form::absent, Form::each, Form::sliced, Form::gathered, Form::split})
        for (const auto after : {Form::nowhere, Form::apart, Form::joined}) {
          const auto readout = static_cast<Readout>(seed % 3);
          Form form{.before = before, .after = after};
          form.last_comes_first = seed % 5 < 2;
          const Network network = network_of(kind, layers, readout, seed++);
          // OpenVINO compiles for a tenth of a second, and for every batch.
          if (with_openvino && seed % 7 != 0) continue;
          expect_agreement(GetParam(), network, form,
                           with_openvino ? std::vector{3} : std::vector{1, 5, 40});
        }
}

INSTANTIATE_TEST_SUITE_P(Runtimes, Stateful, testing::Values("onnxruntime:cpu", "openvino:cpu"),
                         [](const auto& info) { return test_name(info.param); });

// What follows is held to ONNX Runtime alone.
class StatefulOnnxRuntime : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_ready("onnxruntime")) GTEST_SKIP() << "ONNX Runtime is not here";
  }
};

TEST_F(StatefulOnnxRuntime, StatesOfTheFileAreAlike) {
  std::uint64_t seed = 100;
  for (const Kind& kind : kKinds)
    for (const auto before : {Form::constant, Form::expanded}) {
      Network network = network_of(kind, 2, static_cast<Readout>(seed % 3), seed);
      Random random(seed++);
      const std::size_t rows = before == Form::constant ? 3 : 1;
      for (Recurrent& layer : network.layers) {
        const auto count = static_cast<std::size_t>(layer.output()) * rows;
        layer.initial_h = random_floats(random, count, 1);
        if (layer.cell == Cell::lstm) layer.initial_c = random_floats(random, count, 1);
      }
      expect_agreement("onnxruntime:cpu", network, {.before = before, .after = Form::joined},
                       before == Form::constant ? std::vector{3} : std::vector{1, 5});
    }
}

TEST_F(StatefulOnnxRuntime, LengthsEndWindowsAlike) {
  std::uint64_t seed = 200;
  for (const Kind& kind : kKinds)
    for (const int layers : {1, 2})
      for (const Readout readout : {Readout::last_step, Readout::final_state, Readout::every_step})
        for (const auto lengths : {Form::input, Form::wide_input, Form::fixed}) {
          Network network = network_of(kind, layers, readout, seed++);
          for (Recurrent& layer : network.layers) layer.ends_early = true;
          network.lengths.fixed = {6, 0, 3, 1, 5};
          const Form form{.before = seed % 2 ? Form::sliced : Form::absent,
                          .after = Form::apart,
                          .lengths = lengths};
          expect_agreement("onnxruntime:cpu", network, form,
                           lengths == Form::fixed ? std::vector{5} : std::vector{1, 2, 5, 33});
        }
}

TEST_F(StatefulOnnxRuntime, ActivationsOfAllKindsAreAlike) {
  std::uint64_t seed = 300;
  for (const Kind& kind : kKinds)
    for (std::size_t first = 0; first < kEveryActivation.size(); ++first) {
      Network network = network_of(kind, 1, static_cast<Readout>(seed % 3), seed);
      Recurrent& layer = network.layers[0];
      for (int i = 0; i < functions_of(layer.cell) * layer.directions; ++i)
        layer.functions.push_back(
            kEveryActivation[(first + static_cast<std::size_t>(i) * (1 + seed % 4)) %
                             kEveryActivation.size()]);
      for (float& w : layer.r) w *= 0.3f;  // nothing grows from step to step
      layer.ends_early = seed % 4 == 0;
      expect_agreement("onnxruntime:cpu", network,
                       {.before = seed % 2 ? Form::sliced : Form::absent,
                        .after = Form::joined,
                        .lengths = layer.ends_early ? Form::input : Form::whole},
                       {1, 5, 33});
      ++seed;
    }
}

// What files leave out, ONNX Runtime fills in: each activation alone, without its numbers.
TEST_F(StatefulOnnxRuntime, ActivationsWithoutNumbersAreAlike) {
  const auto file = folder() / "stateful.onnx";
  for (const char* name :
       {"Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu"}) {
    SCOPED_TRACE(name);
    Network network = network_of({Cell::rnn, 1}, 1, Readout::final_state, 400);
    StatefulModel(network, {}).write(file);
    onnx::ModelProto proto;
    {
      std::ifstream stream(file, std::ios::binary);
      ASSERT_TRUE(proto.ParseFromIstream(&stream));
    }
    for (auto& node : *proto.mutable_graph()->mutable_node())
      if (node.op_type() == "RNN") {
        auto& names = *node.add_attribute();
        names.set_name("activations");
        names.set_type(onnx::AttributeProto::STRINGS);
        names.add_strings(name);
      }
    {
      std::ofstream stream(file, std::ios::binary);
      ASSERT_TRUE(proto.SerializeToOstream(&stream));
    }
    const Model model = load_model(file);
    const auto one = compile("native-cpu", model)->open(3);
    const auto theirs = compile("onnxruntime:cpu", model);
    const auto other = theirs->open(3);
    const auto in = inputs_for(one->signature(), 1);
    std::vector<float> a(one->signature().output_bytes() / sizeof(float)), b(a.size());
    one->infer(in, std::as_writable_bytes(std::span(a)));
    other->infer(in, std::as_writable_bytes(std::span(b)));
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(a[i], b[i], 1e-5 * std::max(1.0f, std::abs(b[i]))) << i;
  }
}

// Streaming: the state goes on inside of our engine and outside of theirs.
TEST_F(StatefulOnnxRuntime, StreamsAnswerAlike) {
  std::uint64_t seed = 500;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int layers : {1, 2}) {
      Network network = network_of({cell, 1}, layers, Readout::last_step, seed);
      network.batch_first = true;
      network.window = 0;
      const auto file = folder() / "stateful.onnx";
      StatefulModel(network, {.before = Form::sliced, .after = Form::joined}).write(file);
      const Model model = load_model(file);
      const auto ours = compile("native-cpu", model), theirs = compile("onnxruntime:cpu", model);
      const auto one = ours->open_steps(2), other = theirs->open_steps(2);
      ASSERT_EQ(one->signature().input_bytes(), other->signature().input_bytes());
      ASSERT_EQ(one->signature().state, other->signature().state);
      std::vector<float> a(one->signature().output_bytes() / sizeof(float)), b(a.size());
      for (int round = 0; round < 2; ++round) {
        for (int t = 0; t < 5; ++t) {
          const auto in = inputs_for(one->signature(), seed++);
          one->prepare();
          one->infer(in, std::as_writable_bytes(std::span(a)));
          other->infer(in, std::as_writable_bytes(std::span(b)));
          for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-5) << t << " " << i;
        }
        one->reset();
        other->reset();
      }
    }
}

TEST(StatefulNativeCpu, AllocatesNothingInAQuery) {
  for (const Cell cell : {Cell::gru, Cell::lstm})
    for (const bool lengths : {false, true}) {
      Network network = network_of({cell, 1}, 2, Readout::last_step, 600);
      for (Recurrent& layer : network.layers) layer.ends_early = lengths;
      const auto file = folder() / "stateful.onnx";
      StatefulModel(network, {.before = Form::sliced,
                              .after = Form::joined,
                              .lengths = lengths ? Form::wide_input : Form::whole})
          .write(file);
      const auto compiled = compile("native-cpu", load_model(file));
      std::vector<std::unique_ptr<Session>> sessions;
      sessions.push_back(compiled->open(3));
      if (!lengths) sessions.push_back(compiled->open_steps(3));
      for (const auto& session : sessions) {
        const auto in = inputs_for(session->signature(), 1);
        std::vector<std::byte> out(session->signature().output_bytes());
        session->infer(in, out);
        const AllocationCount count;
        for (int i = 0; i < 50; ++i) {
          if (!lengths && i % 5 == 0) session->reset();
          session->infer(in, out);
        }
        EXPECT_EQ(count.ours(), 0u);
      }
    }
}

}  // namespace
}  // namespace steelyard::contract
