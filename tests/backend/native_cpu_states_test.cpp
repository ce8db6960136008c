// SPDX-License-Identifier: Apache-2.0
// Models that take and give states, lengths and whole sequences, through the seam: from the packed
// tensors of a query to those of its answer, against the reference in double precision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <span>

#include "steelyard/backend/native_cpu/packed_query.h"
#include "steelyard/backend/registry.h"
#include "tests/engine/reference.h"
#include "tests/fakes/stateful_model.h"

namespace steelyard {
namespace {

using Form = StatefulForm;
using reference::Along;
using ::testing::HasSubstr;

constexpr int kWindow = 5;

class NativeCpuStates : public testing::Test {
 protected:
  NativeCpuStates()
      : file_(std::filesystem::temp_directory_path() /
              ("steelyard-states-" + std::to_string(::getpid()) + ".onnx")) {}
  ~NativeCpuStates() override { std::filesystem::remove(file_); }

  Model written(const Network& network, const Form& form) {
    StatefulModel(network, form).write(file_);
    return load_model(file_);
  }
  std::unique_ptr<CompiledModel> compile(const Model& model, CompileOptions options = {}) {
    options.window = kWindow;
    return backend_->compile(model, nullptr, backend_->devices().front(), options);
  }

  std::filesystem::path file_;
  std::unique_ptr<Backend> backend_ = make_native_cpu_backend();
};

// Tensors of a query by name, and as they are packed.
class Tensors {
 public:
  explicit Tensors(const std::vector<TensorInfo>& infos) : infos_(infos) {
    std::size_t size = 0;
    for (const TensorInfo& info : infos) {
      at_[info.name] = size;
      size += Signature{{info}, {}}.input_bytes();
    }
    bytes_.resize(size);
  }
  std::span<std::byte> bytes() { return bytes_; }
  void put(const std::string& name, const void* from, std::size_t size) {
    ASSERT_TRUE(at_.contains(name)) << name;
    std::memcpy(&bytes_[at_[name]], from, size);
  }
  std::vector<float> floats(const std::string& name) const {
    const std::size_t at = at_.at(name);
    std::vector<float> numbers;
    for (const TensorInfo& info : infos_)
      if (info.name == name) numbers.resize(Signature{{info}, {}}.input_bytes() / sizeof(float));
    std::memcpy(numbers.data(), &bytes_[at], numbers.size() * sizeof(float));
    return numbers;
  }
  bool has(const std::string& name) const { return at_.contains(name); }

 private:
  std::vector<TensorInfo> infos_;
  std::vector<std::byte> bytes_;
  std::map<std::string, std::size_t> at_;
};

// One state of the engine's order, [batch][hidden].
std::vector<float> state_of(const Network& network, const std::vector<float>& all, int batch,
                            const LayerState& state) {
  const std::size_t count = std::size_t(network.layers[state.layer].hidden) * std::size_t(batch);
  const auto from = all.begin() + std::ptrdiff_t(state_offset(network, state) * batch);
  return {from, from + std::ptrdiff_t(count)};
}

// The states of one layer or of all, as the form's tensors have them. `first` and `last`: layers.
std::vector<float> tensor_of(const Network& network, const std::vector<float>& all, int batch,
                             bool cell, int first, int last, bool batch_first) {
  std::vector<std::vector<float>> parts;
  for (int l = first; l <= last; ++l)
    for (int d = 0; d < network.layers[l].directions; ++d)
      parts.push_back(state_of(network, all, batch, {l, d, cell}));
  const std::size_t hidden = network.layers[first].hidden;
  std::vector<float> tensor;
  if (!batch_first)
    for (const auto& part : parts) tensor.insert(tensor.end(), part.begin(), part.end());
  for (int s = 0; batch_first && s < batch; ++s)
    for (const auto& part : parts)
      tensor.insert(tensor.end(), part.begin() + std::ptrdiff_t(s * hidden),
                    part.begin() + std::ptrdiff_t((s + 1) * hidden));
  return tensor;
}

void put_states(Tensors& in, const Network& network, const Form& form, int batch,
                const std::vector<float>& states) {
  const int last = int(network.layers.size()) - 1;
  for (const bool cell : {false, true}) {
    const std::string name = cell ? "c" : "h";
    for (int l = 0; l <= last; ++l) {
      const bool one = form.before != Form::each;  // "h0" holds all
      if (!in.has(name + std::to_string(l)) || (one && l > 0)) continue;
      const auto tensor =
          tensor_of(network, states, batch, cell, one ? 0 : l, one ? last : l, form.layout && !one);
      in.put(name + std::to_string(l), tensor.data(), tensor.size() * sizeof(float));
    }
  }
}

void expect_near(const std::vector<float>& got, const std::vector<float>& expected,
                 double tolerance, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], expected[i], tolerance * std::max(1.0, std::abs(double(expected[i]))))
        << what << " " << i;
}

void expect_states(const Tensors& out, const Network& network, const Form& form, int batch,
                   const std::vector<double>& exact, double tolerance) {
  const std::vector<float> states(exact.begin(), exact.end());
  const int last = int(network.layers.size()) - 1;
  for (const bool cell : {false, true}) {
    const std::string name = cell ? "cn" : "hn";
    if (out.has(name))
      expect_near(out.floats(name), tensor_of(network, states, batch, cell, 0, last, false),
                  tolerance, name);
    for (int l = 0; l <= last; ++l)
      if (const std::string own = name + std::to_string(l); out.has(own))
        expect_near(out.floats(own), tensor_of(network, states, batch, cell, l, l, form.layout),
                    tolerance, own);
  }
}

struct Query {
  int batch = 1, threads = 1;
  Precision precision = Precision::fp32;
};

std::vector<float> floats(Random& random, std::size_t count) {
  return reference::random_values(count, 0.5, random);
}

void expect_agreement(CompiledModel& compiled, const Network& network, const Form& form,
                      const Query& q) {
  SCOPED_TRACE(testing::Message() << "cell " << int(network.layers[0].cell) << " layers "
                                  << network.layers.size() << " directions "
                                  << network.layers[0].directions << " layout " << form.layout
                                  << " before " << form.before << " after " << form.after
                                  << " lengths " << form.lengths << " readout "
                                  << int(network.readout) << " batch " << q.batch << " precision "
                                  << int(q.precision));
  const auto session = compiled.open(q.batch);
  const Signature& signature = session->signature();
  Tensors in(signature.inputs), out(signature.outputs);
  Random random(std::uint64_t(q.batch) + 7);
  const auto x = floats(random, std::size_t(q.batch) * kWindow * network.features);
  in.put("x", x.data(), x.size() * sizeof(float));
  Along along;
  if (form.before > Form::absent && form.before < Form::constant) {
    along.before = floats(random, state_size(network) * q.batch);
    put_states(in, network, form, q.batch, along.before);
  }
  if (form.lengths == Form::input || form.lengths == Form::wide_input) {
    for (int s = 0; s < q.batch; ++s) along.lengths.push_back(int(random.below(kWindow + 1)));
    const std::vector<std::int64_t> wide(along.lengths.begin(), along.lengths.end());
    if (form.lengths == Form::input)
      in.put("lengths", along.lengths.data(), along.lengths.size() * sizeof(std::int32_t));
    else
      in.put("lengths", wide.data(), wide.size() * sizeof(std::int64_t));
  }
  const auto expected = reference::run(network, x, q.batch, kWindow, along);
  const double tolerance = q.precision == Precision::fp32 ? 5e-6 : 8e-2;
  for (int round = 0; round < 2; ++round) {
    session->infer(in.bytes(), out.bytes());
    if (form.answer)
      expect_near(out.floats("y"), {expected.answers.begin(), expected.answers.end()}, tolerance,
                  "y");
    expect_states(out, network, form, q.batch, expected.after, tolerance);
  }
}

Network network_of(Cell cell, int directions, int layers, Readout readout, int hidden = 5) {
  reference::Shape shape;
  shape.cell = cell;
  shape.directions = directions;
  shape.layers = layers;
  shape.readout = readout;
  shape.hidden = hidden;
  shape.features = 4;
  shape.head = {3};
  Random random(std::uint64_t(layers) * 3 + directions);
  Network network = reference::random_network(shape, random);
  network.window = kWindow;
  return network;
}

std::vector<Network> networks() {
  std::vector<Network> all;
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const int directions : {1, 2})
      for (const int layers : {1, 2})
        for (const Readout readout :
             {Readout::last_step, Readout::final_state, Readout::every_step})
          all.push_back(network_of(cell, directions, layers, readout));
  return all;
}

TEST_F(NativeCpuStates, GoInAndComeOutInEveryForm) {
  for (const Network& network : networks())
    for (const bool layout : {false, true})
      for (const bool last_comes_first : {false, true})
        for (const auto before :
             {Form::absent, Form::each, Form::sliced, Form::gathered, Form::split})
          for (const auto after : {Form::nowhere, Form::apart, Form::joined}) {
            Form form{.before = before, .after = after, .layout = layout};
            form.last_comes_first = last_comes_first;
            const auto compiled = compile(written(network, form));
            for (const int batch : {1, 3, 40}) expect_agreement(*compiled, network, form, {batch});
          }
}

TEST_F(NativeCpuStates, ComeOutWithoutAnAnswerAndAsRows) {
  for (const Cell cell : {Cell::gru, Cell::lstm})
    for (const bool answer : {false, true}) {
      Network network = network_of(cell, 1, 2, Readout::final_state);
      if (!answer) network.head.clear();
      for (const auto after : {Form::squeezed, Form::joined}) {
        const Form form{.before = Form::each, .after = after, .answer = answer};
        const auto compiled = compile(written(network, form));
        for (const int batch : {1, 3}) expect_agreement(*compiled, network, form, {batch});
      }
    }
}

TEST_F(NativeCpuStates, OfTheFileAreWhatWindowsBeginWith) {
  for (Network network : networks()) {
    Random random(2);
    for (Recurrent& layer : network.layers) {
      layer.initial_h = floats(random, layer.output());
      if (layer.cell == Cell::lstm) layer.initial_c = floats(random, layer.output());
    }
    for (const auto before : {Form::constant, Form::expanded}) {
      const Form form{.before = before, .after = Form::joined};
      const auto compiled = compile(written(network, form));
      for (const int batch : {1, 3}) expect_agreement(*compiled, network, form, {batch});
    }
  }
}

TEST_F(NativeCpuStates, GoThroughLengthsInEveryForm) {
  for (Network network : networks()) {
    for (Recurrent& layer : network.layers) layer.ends_early = true;
    for (const bool layout : {false, true})
      for (const auto lengths : {Form::input, Form::wide_input, Form::fixed})
        for (const auto before : {Form::absent, Form::sliced}) {
          Form form{.before = before, .after = Form::apart, .lengths = lengths};
          form.layout = layout;
          network.lengths.fixed =
              lengths == Form::fixed ? std::vector{4, 0, 5} : std::vector<int>{};
          const auto compiled = compile(written(network, form));
          if (lengths != Form::fixed) expect_agreement(*compiled, network, form, {1});
          expect_agreement(*compiled, network, form, {3});
        }
  }
}

TEST_F(NativeCpuStates, GoThroughOtherActivations) {
  using F = GateFunction;
  const std::vector<F> all{
      {F::relu},     {F::hard_sigmoid, 0.2f, 0.5f}, {F::affine, 0.7f, 0.1f},
      {F::softsign}, {F::leaky_relu, 0.2f},         {F::scaled_tanh, 0.8f, 1.3f},
      {F::elu, 0.9f}};
  for (Network network : networks()) {
    std::size_t next = network.layers.size();
    for (Recurrent& layer : network.layers) {
      for (int i = 0; i < functions_of(layer.cell) * layer.directions; ++i)
        layer.functions.push_back(all[next++ % all.size()]);
      for (float& w : layer.r) w *= 0.3f;
    }
    const Form form{.before = Form::sliced, .after = Form::joined};
    const auto compiled = compile(written(network, form));
    for (const int batch : {1, 3, 40}) expect_agreement(*compiled, network, form, {batch});
  }
}

TEST_F(NativeCpuStates, GoThroughEveryPrecisionAndShareOfABatch) {
  Random random(5);
  for (Network network : networks()) {
    const Form form{.before = Form::sliced, .after = Form::joined};
    const Model model = written(network, form);
    const auto calibration = floats(random, 64 * kWindow * network.features);
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      CompileOptions options;
      options.precision = precision;
      options.calibration = calibration;
      options.settings = {{"threads", "3"}};
      const auto compiled = compile(model, options);
      expect_agreement(*compiled, network, form, {.batch = 1, .precision = precision});
      expect_agreement(*compiled, network, form, {.batch = 13, .precision = precision});
    }
  }
}

// In a stream the state inputs count in the first query after reset() only.
TEST_F(NativeCpuStates, AreTakenOverInAStreamAndBeginAnewAfterReset) {
  for (const Network& network : networks()) {
    if (network.layers[0].directions == 2) continue;
    for (const auto before : {Form::absent, Form::each, Form::sliced})
      for (const auto after : {Form::nowhere, Form::joined}) {
        const Form form{.before = before, .after = after};
        const auto compiled = compile(written(network, form));
        const int batch = 2;
        const auto steps = compiled->open_steps(batch);
        Tensors in(steps->signature().inputs), out(steps->signature().outputs);
        Random random(9);
        for (int round = 0; round < 2; ++round) {
          steps->reset();
          Along along;
          if (before != Form::absent) along.before = floats(random, state_size(network) * batch);
          const auto x = floats(random, std::size_t(batch) * kWindow * network.features);
          for (int t = 0; t < kWindow; ++t) {
            // Later states are nonsense, which nobody must read.
            auto states = along.before;
            if (t > 0) std::fill(states.begin(), states.end(), 77.0f);
            if (!states.empty()) put_states(in, network, form, batch, states);
            std::vector<float> row;
            for (int s = 0; s < batch; ++s)
              row.insert(row.end(), &x[std::size_t(s * kWindow + t) * network.features],
                         &x[std::size_t(s * kWindow + t + 1) * network.features]);
            in.put("step", row.data(), row.size() * sizeof(float));
            if (t % 2 == round) steps->prepare();
            steps->infer(in.bytes(), out.bytes());
          }
          Network last = network;
          last.readout = Readout::last_step;
          const auto expected = reference::run(last, x, batch, kWindow, along);
          expect_near(out.floats("output"), {expected.answers.begin(), expected.answers.end()},
                      5e-6, "output");
          expect_states(out, network, form, batch, expected.after, 5e-6);
        }
      }
  }
}

TEST_F(NativeCpuStates, ArePairedInTheSignatureByTheirNames) {
  const Network network = network_of(Cell::lstm, 1, 2, Readout::last_step);
  const auto compiled = compile(written(network, {.before = Form::sliced, .after = Form::joined}));
  EXPECT_EQ(compiled->open(2)->signature().state, (std::vector<StatePair>{{1, 1}, {2, 2}}));
  EXPECT_EQ(compiled->open_steps(2)->signature().state, (std::vector<StatePair>{{1, 1}, {2, 2}}));
}

TEST_F(NativeCpuStates, DoNotStreamWithLengths) {
  Network network = network_of(Cell::gru, 1, 1, Readout::last_step);
  network.layers[0].ends_early = true;
  const auto compiled = compile(written(network, {.lengths = Form::input}));
  try {
    compiled->open_steps(1);
    FAIL() << "opened";
  } catch (const Unsupported& e) {
    EXPECT_THAT(e.what(), HasSubstr("lengths of windows"));
  }
}

TEST_F(NativeCpuStates, RefuseLengthsThatNoWindowHas) {
  Network network = network_of(Cell::gru, 1, 1, Readout::last_step);
  network.layers[0].ends_early = true;
  for (const auto lengths : {Form::input, Form::wide_input}) {
    const auto session = compile(written(network, {.lengths = lengths}))->open(1);
    Tensors in(session->signature().inputs), out(session->signature().outputs);
    for (const std::int64_t length : {std::int64_t{-1}, std::int64_t{6}, std::int64_t{1} << 32}) {
      if (lengths == Form::input && length > 6) continue;
      in.put("lengths", &length, lengths == Form::input ? 4 : 8);
      try {
        session->infer(in.bytes(), out.bytes());
        FAIL() << "accepted " << length;
      } catch (const Error& e) {
        EXPECT_THAT(e.what(), HasSubstr("window 1 of the batch has a length of"));
        EXPECT_THAT(e.what(), HasSubstr("where 0 to 5 are possible"));
      }
    }
  }
}

TEST_F(NativeCpuStates, RefuseABatchThatTheFileHasOtherLengthsFor) {
  Network network = network_of(Cell::gru, 1, 1, Readout::last_step);
  network.layers[0].ends_early = true;
  Model model = written(network, {.lengths = Form::input});
  for (TensorInfo& input : model.inputs) {
    if (input.name != "lengths") continue;
    input.shape = {1};
    input.batch_axis = -1;
  }
  const auto compiled = compile(model);
  EXPECT_NE(compiled->open(1), nullptr);
  try {
    compiled->open(4);
    FAIL() << "opened";
  } catch (const Unsupported& e) {
    EXPECT_THAT(e.what(), HasSubstr("holds 1 lengths of windows, and a query has 4"));
  }
}

TEST_F(NativeCpuStates, GiveOutputsTheirShapeWhereTheFileSaysNone) {
  const Network network = network_of(Cell::gru, 2, 1, Readout::every_step);
  Model model = written(network, {.after = Form::joined});
  for (TensorInfo& output : model.outputs) {
    output.shape.clear();
    output.batch_axis = -1;
  }
  const auto session = compile(model)->open(3);
  EXPECT_EQ(session->signature().outputs[0].shape, (std::vector<std::int64_t>{3, kWindow, 3}));
  EXPECT_EQ(session->signature().outputs[1].shape, (std::vector<std::int64_t>{2, 3, 5}));
}

}  // namespace
}  // namespace steelyard
