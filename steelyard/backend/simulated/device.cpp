// SPDX-License-Identifier: Apache-2.0
// Queries on virtual time.
#include "steelyard/backend/simulated/device.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>

#include "steelyard/backend/simulated/instruments.h"

namespace steelyard::simulated {

namespace {

constexpr double kMinute = 60e9;
constexpr double kLongest = 1e15;  // 11 days: what a careless profile and drift can make of a query

nanoseconds whole(double ns) {
  return nanoseconds(static_cast<std::int64_t>((ns < kLongest ? ns : kLongest) + 0.5));
}

// Two devices with the same seed do not draw the same numbers.
std::uint64_t seed_of(std::uint64_t seed, const std::string& id) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash ^ seed;
}

int window_of(const Network& network, const CompileOptions& options) {
  return network.window > 0 ? network.window : options.window;
}

Network network_for(const Model& model) {
  const auto found = [&] {
    try {
      return network_of(model);
    } catch (const Error& error) {
      throw Unsupported(error.what(), error.hint());
    }
  };
  Network network = found();
  if (const std::string more = beyond_plain(network); !more.empty())
    throw Unsupported(
        fmt::format("a simulated device runs whole windows from zero states, and {} {}",
                    model.path.string(), more),
        "measure this model on a real device");
  return network;
}

}  // namespace

Times::Times(const Profile& profile, const Tuning& tuning, std::uint64_t seed)
    : per_minute_(tuning.drift),
      once_ns_(profile.first_query_ns),
      random_(seed_of(seed, profile.id)) {
  factor_ = tuning.slowdown * (1 + tuning.spread * (2 * random_.uniform() - 1));
  const Tail& tail = profile.latency.tail;
  for (std::size_t i = 1; i < tail.percent.size(); ++i) {
    const double from = tail.percent[i - 1] / 100, until = tail.percent[i] / 100;
    pieces_.push_back(
        {until, from, tail.factor[i - 1], (tail.factor[i] - tail.factor[i - 1]) / (until - from)});
  }
  pieces_.back().until = 2;
}

nanoseconds Times::draw(double base_ns, nanoseconds now) {
  const double u = random_.uniform();
  const Piece* piece = pieces_.data();
  while (u >= piece->until) ++piece;
  double ns = base_ns * factor_ * (piece->factor + (u - piece->from) * piece->slope);
  if (per_minute_ != 0) {
    const double drift = 1 + per_minute_ * (static_cast<double>(now.count()) / kMinute);
    ns *= drift > 0.01 ? drift : 0.01;
  }
  ns += once_ns_;
  once_ns_ = 0;
  return whole(ns);
}

// What Session and Stream share: the shapes of a query, its answers, its time.
class Queries {
 public:
  Queries(SimulatedModel& model, int batch)
      : model_(model),
        batch_(batch),
        time_first_(!model.network_.batch_first && batch > 1),
        prediction_(predict(model.profile_, work_of(model.network_, model.profile_,
                                                    model.precision_, model.window_, batch))) {
    signature_.inputs = static_shapes(model.inputs_, batch, model.window_);
    signature_.outputs = static_shapes(model.outputs_, batch, model.window_);
    input_bytes_ = signature_.input_bytes();
    output_bytes_ = signature_.output_bytes();
    if (input_bytes_ != batch * model.answers_.input_size() * sizeof(float) ||
        output_bytes_ != batch * model.answers_.output_size() * sizeof(float))
      throw Unsupported(
          "The simulated backend runs models with one input [batch, window, "
          "features] and one output [batch, outputs] of 32-bit floats",
          "export the model again with these shapes");
    window_.resize(model.answers_.input_size());
  }

  const Signature& signature() const { return signature_; }
  VirtualClock& clock() { return model_.clock_; }
  const Profile& profile() const { return model_.profile_; }

  void answer(std::span<const std::byte> in, std::span<std::byte> out) {
    if (in.size() != input_bytes_ || out.size() != output_bytes_)
      throw Error(fmt::format("A query holds {} bytes in and {} out, but the model takes {} and {}",
                              in.size(), out.size(), input_bytes_, output_bytes_));
    const auto* input = reinterpret_cast<const float*>(in.data());
    auto* output = reinterpret_cast<float*>(out.data());
    const std::size_t size = model_.answers_.input_size(), width = model_.answers_.output_size();
    for (int b = 0; b < batch_; ++b)
      model_.answers_.answer(time_first_ ? gather(input, b) : input + b * size, output + b * width);
  }

  nanoseconds draw(nanoseconds begin) { return model_.times_.draw(prediction_.base_ns, begin); }

  void worked(nanoseconds begin, nanoseconds end) {
    model_.activity_->busy(begin, end, prediction_.watts, prediction_.utilisation);
  }

 private:
  // Window `b` of [window][batch][features].
  const float* gather(const float* input, int b) {
    const std::size_t features = model_.network_.features;
    for (int t = 0; t < model_.window_; ++t)
      std::memcpy(&window_[t * features],
                  input + (static_cast<std::size_t>(t) * batch_ + b) * features,
                  features * sizeof(float));
    return window_.data();
  }

  SimulatedModel& model_;
  const int batch_;
  const bool time_first_;
  const Prediction prediction_;
  Signature signature_;
  std::size_t input_bytes_ = 0, output_bytes_ = 0;
  std::vector<float> window_;
};

namespace {

class SimulatedSession final : public Session {
 public:
  SimulatedSession(SimulatedModel& model, int batch) : queries_(model, batch) {}
  const Signature& signature() const override { return queries_.signature(); }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    queries_.answer(in, out);
    VirtualClock& clock = queries_.clock();
    const nanoseconds begin = clock.now();
    clock.advance(queries_.draw(begin));
    queries_.worked(begin, clock.now());
  }

 private:
  Queries queries_;
};

// Queries begin in the order of submit() and end in it. The next one may begin when the last has
// done its serial share, and when fewer than the profile's in_flight are under way.
class SimulatedStream final : public Stream {
 public:
  SimulatedStream(SimulatedModel& model, int depth, int batch)
      : queries_(model, batch), in_flight_(depth, false) {}
  const Signature& signature() const override { return queries_.signature(); }

  void submit(std::uint32_t slot, std::span<const std::byte> in,
              std::span<std::byte> out) override {
    if (slot >= in_flight_.size() || in_flight_[slot])
      throw Error(
          fmt::format("Slot {} of a stream with {} slots is not free", slot, in_flight_.size()));
    queries_.answer(in, out);
    const Profile& profile = queries_.profile();
    nanoseconds begin = std::max(queries_.clock().now(), next_begin_);
    if (held_.size() == static_cast<std::size_t>(profile.in_flight)) {
      begin = std::max(begin, held_.front());
      held_.pop_front();
    }
    const nanoseconds time = queries_.draw(begin);
    const nanoseconds end = std::max(begin + time, last_end_);
    next_begin_ = begin + whole(static_cast<double>(time.count()) * profile.serial_share);
    last_end_ = end;
    held_.push_back(end);
    queries_.worked(begin, end);
    in_flight_[slot] = true;
    pending_.push_back({slot, end});
  }

  Completion wait() override {
    if (pending_.empty()) throw Error("A stream with nothing in flight was waited for");
    const Completion done = pending_.front();
    pending_.pop_front();
    in_flight_[done.slot] = false;
    queries_.clock().sleep_until(done.finished);
    return done;
  }

 private:
  Queries queries_;
  std::vector<bool> in_flight_;
  std::deque<Completion> pending_;  // in order of completion
  std::deque<nanoseconds> held_;    // ends of the last in_flight queries of the device
  nanoseconds next_begin_{0}, last_end_{0};
};

}  // namespace

// One time step a query: the profile's costs of a window of one row. The answer to a window is that
// of the whole window, given with its last row.
class SimulatedSteps final : public Session {
 public:
  explicit SimulatedSteps(SimulatedModel& model)
      : model_(model),
        prediction_(predict(model.profile_,
                            work_of(model.network_, model.profile_, model.precision_, 1, 1))) {
    const int features = model.network_.features;
    signature_.inputs = {{"step", ElementType::f32, {1, 1, features}, 0}};
    signature_.outputs = {
        {"output", ElementType::f32, {1, static_cast<int>(model.answers_.output_size())}, 0}};
    rows_.reserve(model.answers_.input_size());
  }
  const Signature& signature() const override { return signature_; }
  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), signature_.input_bytes(), signature_.output_bytes());
    const auto* row = reinterpret_cast<const float*>(in.data());
    if (rows_.size() == model_.answers_.input_size()) rows_.clear();
    rows_.insert(rows_.end(), row, row + in.size() / sizeof(float));
    if (rows_.size() == model_.answers_.input_size())
      model_.answers_.answer(rows_.data(), reinterpret_cast<float*>(out.data()));
    const nanoseconds begin = model_.clock_.now();
    model_.clock_.advance(model_.times_.draw(prediction_.base_ns, begin));
    model_.activity_->busy(begin, model_.clock_.now(), prediction_.watts, prediction_.utilisation);
  }
  void reset() override { rows_.clear(); }

 private:
  SimulatedModel& model_;
  const Prediction prediction_;
  Signature signature_;
  std::vector<float> rows_;  // of the window so far
};

namespace {

int checked_batch(int batch) {
  if (batch < 1 || batch > 1 << 20)
    throw Error(fmt::format("A batch of {} is not possible on a simulated device", batch),
                "choose 1 to 1048576");
  return batch;
}

}  // namespace

SimulatedModel::SimulatedModel(const Profile& profile, const Model& model, Precision precision,
                               const CompileOptions& options)
    : profile_(profile),
      network_(network_for(model)),
      inputs_(model.inputs),
      outputs_(model.outputs),
      precision_(precision),
      window_(window_of(network_, options)),
      times_(profile, tuning_of(options.settings), options.seed),
      answers_(network_, profile, precision, window_, options.calibration),
      activity_(std::make_shared<Activity>(profile)) {
  clock_.advance(whole(profile.load_ns));
}

std::unique_ptr<Session> SimulatedModel::open(int batch) {
  return std::make_unique<SimulatedSession>(*this, checked_batch(batch));
}

std::unique_ptr<Stream> SimulatedModel::stream(int depth, int batch) {
  if (depth < 1 || depth > 1 << 16)
    throw Error(fmt::format("{} queries in flight are not possible on a simulated device", depth),
                "choose 1 to 65536");
  return std::make_unique<SimulatedStream>(*this, depth, checked_batch(batch));
}

std::unique_ptr<Session> SimulatedModel::open_steps(int batch) {
  if (batch != 1)
    throw Error("a simulated device streams one sequence at a time", "choose a batch of 1");
  for (const Recurrent& layer : network_.layers)
    if (layer.directions != 1 || layer.reverse)
      throw Unsupported("a bidirectional layer needs the whole window, so it cannot stream",
                        "measure this model with another scenario");
  return std::make_unique<SimulatedSteps>(*this);
}

std::unique_ptr<Sensor> SimulatedModel::sensor() {
  const Prediction one = predict(profile_, work_of(network_, profile_, precision_, window_, 1));
  return sensor_of_loaded_device(profile_, one, activity_, clock_.now());
}

}  // namespace steelyard::simulated
