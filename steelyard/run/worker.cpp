// SPDX-License-Identifier: Apache-2.0
// The worker's side: one case in a process of its own, so that a vendor library which crashes,
// hangs or leaks takes one case with it. One thread.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "steelyard/backend/registry.h"
#include "steelyard/base/hash.h"
#include "steelyard/model/model.h"
#include "steelyard/record/encode.h"
#include "steelyard/record/message.h"
#include "steelyard/run/cool_down.h"
#include "steelyard/run/feed.h"
#include "steelyard/run/framing.h"
#include "steelyard/run/inputs.h"
#include "steelyard/run/instruments.h"
#include "steelyard/run/measure.h"
#include "steelyard/run/run.h"
#include "steelyard/run/steps.h"

namespace steelyard {
namespace {

constexpr int kProtocol = 1;
constexpr int kPartQueries = 100;
constexpr std::size_t kMostUnjudged = 1 << 20;

// What Prepare made and the blocks use. Members are destroyed from the last to the first: the
// instruments before the model that they watch.
struct Prepared {
  Case what;
  Model model;
  Feed feed;
  std::unique_ptr<CompiledModel> compiled;
  Instruments instruments;
  PrepareAnswer answer;
  Measured last;
  std::vector<float> outputs;
  std::vector<std::uint8_t> seen;
};

// What the runtime alone can read, then what else watches this device.
Instruments instruments_for(const Backend& backend, const Device& device, CompiledModel* model) {
  auto sensors = backend.sensors(device, model);
  if (device.provenance == Provenance::measured)
    for (auto& sensor : instruments_of(device.physical_id)) sensors.push_back(std::move(sensor));
  return Instruments(std::move(sensors));
}

const Artefact* artefact_of(const Case& what) {
  return what.artefact.kind == "onnx" ? nullptr : &what.artefact;
}

// Asks the first window once; the time is what a user waits for who asks one question only.
void first_query(Prepared& prepared, nanoseconds begin) {
  const Scenario& scenario = prepared.what.scenario;
  const bool steps = std::holds_alternative<Streaming>(scenario);
  const int batch = batch_of(scenario);
  const Clock& clock = prepared.compiled->clock();
  const auto session =
      steps ? prepared.compiled->open_steps(batch) : prepared.compiled->open(batch);
  const nanoseconds opened = clock.now();
  const Feed rows = steps ? rows_of(prepared.feed) : Feed{};
  const FeedRing ring(steps ? rows : prepared.feed, session->signature(), batch, 1);
  const nanoseconds started = clock.now();
  session->infer(ring.ring().input(0), ring.ring().output(0));
  prepared.answer.startup.first_query = clock.now() - started;
  // A virtual clock begins with the compiled model.
  prepared.answer.startup.load = opened - (clock.is_virtual() ? nanoseconds(0) : begin);
  prepared.answer.output_width = output_width(session->signature(), batch);
  prepared.answer.parts =
      prepared.compiled->parts(ring.ring().input(0), ring.ring().output(0), batch, kPartQueries);
}

// A file may have been written anew between planning and now.
void check_same(const std::string& file, const std::string& sha256, const std::string& planned) {
  if (sha256 != planned)
    throw Error(fmt::format("{} is not the file that this campaign was planned with", file),
                "bring back the file, or begin a new campaign without --resume");
}

Prepared prepare(const PrepareRequest& request) {
  Prepared prepared;
  prepared.what = request.what;
  const Case& what = prepared.what;
  prepared.model = load_model(what.model_path);
  check_same(what.model_path, prepared.model.sha256, what.model_sha256);
  if (const Artefact* own = artefact_of(what); own != nullptr)
    check_same(own->path, sha256_of_file(own->path), own->sha256);
  for (const GivenInput& given : what.inputs)
    if (!given.file.empty()) check_same(given.file, sha256_of_file(given.file), given.sha256);
  const auto found = Registry::instance().resolve(what.spec);
  give_shapes(prepared.model, what.inputs);
  prepared.feed =
      load_feed(prepared.model, request.data_path, request.ticker, request.seed, what.inputs);
  CompileOptions options;
  options.precision = what.precision;
  options.settings = what.settings;
  options.window = prepared.feed.window;
  options.calibration = prepared.feed.calibration;
  options.seed = request.seed;
  const nanoseconds begin = MonotonicClock::read();
  prepared.compiled =
      found.backend->compile(prepared.model, artefact_of(what), found.device, options);
  first_query(prepared, begin);
  prepared.instruments = instruments_for(*found.backend, found.device, prepared.compiled.get());
  prepared.answer.device = found.device;
  prepared.answer.obtained = prepared.compiled->precision();
  prepared.answer.remarks = prepared.compiled->remarks();
  prepared.answer.channels = prepared.instruments.channels();
  // Reading a simulated instrument takes what it saw away from the first block.
  if (!prepared.compiled->clock().is_virtual())
    prepared.answer.celsius = prepared.instruments.hottest(MonotonicClock::read());
  prepared.answer.windows = prepared.feed.windows;
  prepared.outputs.resize(prepared.feed.windows * prepared.answer.output_width);
  prepared.seen.resize(prepared.feed.windows);
  return prepared;
}

class Worker {
 public:
  Answer answer(const HelloRequest&) {
    return HelloAnswer{kProtocol, STEELYARD_VERSION, manifest_of_this_host("")};
  }

  Answer answer(const ObserveRequest& request) {
    ObserveAnswer answer;
    if (prepared_) {
      answer.channels = prepared_->instruments.channels();
      answer.idle =
          observe_idle(prepared_->compiled->clock(), prepared_->instruments, request.duration);
      return answer;
    }
    const auto found = Registry::instance().resolve(request.what.spec);
    Instruments instruments = instruments_for(*found.backend, found.device, nullptr);
    answer.channels = instruments.channels();
    MonotonicClock real;
    VirtualClock simulated;
    const bool is_virtual = found.device.provenance == Provenance::simulated;
    answer.idle = observe_idle(is_virtual ? static_cast<Clock&>(simulated) : real, instruments,
                               request.duration);
    return answer;
  }

  Answer answer(const PrepareRequest& request) {
    prepared_.reset();
    prepared_.emplace(prepare(request));
    return prepared_->answer;
  }

  Answer answer(const BlockRequest& request) {
    Prepared& p = ready();
    nanoseconds cooled{0};
    if (request.celsius && !p.compiled->clock().is_virtual())
      cooled =
          cool_down(p.instruments, p.compiled->clock(), *request.celsius, request.max_duration);
    p.last = measure_block(*p.compiled, p.feed, p.what.scenario, request, p.instruments, p.outputs,
                           p.seen);
    p.last.block.cool_down = cooled;
    p.answer.startup.warm_up = p.last.warm_up;
    p.answer.startup.warm_up_queries = p.last.warm_up_queries;
    return BlockAnswer{p.last.block.count, p.last.block.begin, p.last.block.end};
  }

  Answer answer(const FetchRequest&) {
    Prepared& p = ready();
    FetchAnswer answer;
    answer.block = std::exchange(p.last.block, Block{});
    // The memory of a simulator says nothing about the device.
    if (!p.compiled->clock().is_virtual()) answer.memory_bytes = peak_memory();
    // Without a recipe nothing is computed from them, and a picture's may be many.
    if (!p.feed.generated || p.outputs.size() <= kMostUnjudged) answer.outputs = p.outputs;
    answer.seen = p.seen;
    answer.startup = p.answer.startup;
    return answer;
  }

  Answer answer(const FinishRequest&) {
    prepared_.reset();
    return FinishAnswer{};
  }

 private:
  Prepared& ready() {
    if (!prepared_) throw Error("a block was asked for before a case was prepared");
    return *prepared_;
  }

  std::optional<Prepared> prepared_;
};

Answer answer_to(Worker& worker, const Request& request) {
  try {
    return std::visit([&](const auto& r) { return worker.answer(r); }, request);
  } catch (const Unsupported& e) {
    return ErrorAnswer{e.what(), e.hint(), true};
  } catch (const Error& e) {
    return ErrorAnswer{e.what(), e.hint(), false};
  } catch (const std::bad_alloc&) {
    return ErrorAnswer{"memory ran out", "measure a smaller batch, or fewer cases at once", false};
  } catch (const std::exception& e) {
    return ErrorAnswer{e.what(), "", false};
  } catch (...) {
    return ErrorAnswer{"the runtime threw something that is no exception of C++'s library", "",
                       false};
  }
}

int moved_away(int descriptor) {
  const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (moved < 0)
    throw Error(fmt::format("cannot duplicate a descriptor: {}", std::strerror(errno)));
  return moved;
}

// Vendor libraries print on stdout and some read stdin; our messages must not mix with that.
void protect(int& in, int& out) {
  if (in == STDIN_FILENO) {
    in = moved_away(in);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
      ::dup2(nothing, STDIN_FILENO);
      ::close(nothing);
    }
  }
  if (out == STDOUT_FILENO) {
    out = moved_away(out);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
}

}  // namespace

int serve(int in, int out) {
  protect(in, out);
  Worker worker;
  while (true) {
    const Frame frame = read_frame(in);
    if (frame.kind == Frame::end) return 0;
    if (frame.kind != Frame::whole) return 1;
    Answer answer;
    bool last = false;
    try {
      const auto request = decode<Request>(frame.payload);
      answer = answer_to(worker, request);
      last = std::holds_alternative<FinishRequest>(request);
    } catch (const Error& e) {
      answer = ErrorAnswer{e.what(), e.hint(), false};
    }
    write_frame(out, encode(answer));
    if (last) return 0;
  }
}

}  // namespace steelyard
