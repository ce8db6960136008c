// SPDX-License-Identifier: Apache-2.0
// Any backend of Steelyard for perf/gpu's scripts, through ctypes: a model file, a spec and
// settings in, times of the same loop as in peers.cpp out. Linked with libsteelyard. One thread.
#include <chrono>
#include <cstring>
#include <memory>
#include <sstream>

#include "steelyard/backend/registry.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace steelyard::gpu {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Peer {
  std::unique_ptr<CompiledModel> compiled;
  std::unique_ptr<Session> session;
};

template <class Work>
int guarded(char* words, Work&& work) {
  try {
    work();
    return 0;
  } catch (const Error& e) {
    std::strncpy(words, (std::string(e.what()) + "; " + e.hint()).c_str(), 1023);
  } catch (const std::exception& e) {
    std::strncpy(words, e.what(), 1023);
  }
  return -1;
}

}  // namespace
}  // namespace steelyard::gpu

using namespace steelyard;
using namespace steelyard::gpu;

// `settings`: "graph=off io=mapped". `words` (1,024 bytes): runtime and the precision obtained, or
// why not.
EXPORTED void* backend_open(const char* file, const char* spec, const char* settings, int batch,
                            char* words) {
  auto peer = std::make_unique<Peer>();
  const int failed = guarded(words, [&] {
    const auto found = Registry::instance().resolve(parse_spec(spec));
    CompileOptions options;
    options.precision = found.precision;
    std::istringstream list(settings);
    for (std::string one; list >> one;)
      options.settings.push_back({one.substr(0, one.find('=')), one.substr(one.find('=') + 1)});
    peer->compiled = found.backend->compile(load_model(file), nullptr, found.device, options);
    peer->session = peer->compiled->open(batch);
    const std::string says = found.device.runtime + ", " +
                             std::string(to_string(peer->compiled->precision())) + " obtained";
    std::strncpy(words, says.c_str(), 1023);
  });
  return failed ? nullptr : peer.release();
}
EXPORTED void backend_close(void* peer) { delete static_cast<Peer*>(peer); }

EXPORTED int backend_bench(void* peer, const float* x, int values, float* y, int results,
                           int windows, int warm, int count, double* microseconds, char* words) {
  return guarded(words, [&] {
    Session& session = *static_cast<Peer*>(peer)->session;
    const auto query = [&](int i) {
      const std::size_t at = static_cast<std::size_t>(i % windows);
      session.infer(std::as_bytes(std::span(x + at * values, values)),
                    std::as_writable_bytes(std::span(y + at * results, results)));
    };
    for (int i = 0; i < warm; ++i) query(i);
    for (int i = 0; i < count; ++i) {
      const auto begin = SteadyClock::now();
      query(i);
      microseconds[i] =
          std::chrono::duration<double, std::micro>(SteadyClock::now() - begin).count();
    }
  });
}

// Back to back for that long; how many were made.
EXPORTED int backend_paced(void* peer, const float* x, int values, float* y, double seconds,
                           long long* made, char* words) {
  return guarded(words, [&] {
    Session& session = *static_cast<Peer*>(peer)->session;
    const auto begin = SteadyClock::now();
    *made = 0;
    while (std::chrono::duration<double>(SteadyClock::now() - begin).count() < seconds) {
      const std::size_t at = static_cast<std::size_t>((*made)++ % 64);
      session.infer(std::as_bytes(std::span(x + at * values, values)),
                    std::as_writable_bytes(std::span(y, 1)));
    }
  });
}
