// SPDX-License-Identifier: Apache-2.0
// A backend whose devices do what vendor libraries do on a bad day. The device's name says what.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/backend/backend.h"

namespace steelyard {
namespace {

class FakeSession final : public Session {
 public:
  FakeSession(std::string device, Signature signature)
      : device_(std::move(device)), signature_(std::move(signature)) {}
  const Signature& signature() const override { return signature_; }
  void infer(std::span<const std::byte>, std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = std::byte{0};
    if (device_ == "prints") std::printf("I am a vendor library and print on stdout\n");
    if (device_ == "not-a-number")
      for (std::size_t i = 0; i + sizeof(float) <= out.size(); i += sizeof(float))
        std::memcpy(out.data() + i, &kNan, sizeof kNan);
    if (device_ == "floods") std::fprintf(stderr, "vendor: trace of query %d\n", queries_);
    if (++queries_ < 50) return;
    if (device_ == "aborts") std::abort();
    while (device_ == "hangs") ::pause();
    if (device_ == "throws") throw 42;
    if (device_ == "swells" && queries_ < 2000) {
      hoard_.emplace_back(1 << 20, 'x');
      ::usleep(1000);
    }
    if (device_ == "vanishes") {  // slow enough to be there for longer than the warm-up
      ::usleep(1000);
      static int answered = 0;  // by all sessions of the process
      if (++answered > 700) throw Error("device lost: PCIe link down", "seat the card again");
    }
    if (device_ == "crashes") {
      std::fprintf(stderr, "vendor: DMA fault\n");
      ::raise(SIGSEGV);
    }
    if (device_ == "fails") throw Error("vendor status 6: timeout", "power-cycle the board");
  }

 private:
  std::string device_;
  static constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  Signature signature_;
  std::vector<std::string> hoard_;
  int queries_ = 0;
};

class FakeModel final : public CompiledModel {
 public:
  FakeModel(std::string device, const Model& model, int window)
      : device_(std::move(device)), model_(model), window_(window) {
    const char* folder = std::getenv("FAKE_LOCKS");
    if (folder == nullptr || !device_.starts_with("shared")) return;
    lock_ = std::string(folder) + "/chip";
    const int fd = ::open(lock_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) throw Error("the chip is in use by another process");
    ::close(fd);
  }
  ~FakeModel() override {
    if (!lock_.empty()) ::unlink(lock_.c_str());
  }
  std::unique_ptr<Session> open(int batch) override {
    Signature signature{static_shapes(model_.inputs, batch, window_),
                        static_shapes(model_.outputs, batch, window_)};
    if (device_ == "wrong-size") signature.inputs.front().shape.back() += 3;
    return std::make_unique<FakeSession>(device_, std::move(signature));
  }

 private:
  std::string device_, lock_;
  Model model_;
  int window_;
};

class FakeBackend final : public Backend {
 public:
  std::string_view name() const override { return "fake"; }
  Availability availability() const override { return {}; }
  std::vector<Device> devices() const override {
    std::vector<Device> all;
    for (const char* id : {"behaves", "crashes", "exits", "fails", "prints", "unsupported",
                           "greedy", "shared-a", "shared-b", "aborts", "wrong-size", "not-a-number",
                           "swells", "floods", "slow-start", "throws", "vanishes", "hangs"}) {
      Device device;
      device.backend = "fake";
      device.id = id;
      device.name = id;
      device.runtime = "fake";
      device.physical_id = device.id.starts_with("shared") ? "pci-0000:01:00.0" : "cpu";
      device.precisions = {Precision::fp32};
      all.push_back(device);
    }
    return all;
  }
  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact*, const Device& device,
                                         const CompileOptions& options) const override {
    if (device.id == "slow-start") ::sleep(3);
    if (device.id == "prints") std::puts("compiling...");
    if (device.id == "exits") {
      std::fprintf(stderr, "vendor: no licence\n");
      std::exit(3);
    }
    if (device.id == "unsupported")
      throw Unsupported("node 'gru' (GRU): 5 hidden units are not a multiple of 8",
                        "train with --hidden 8");
    if (device.id == "greedy") throw std::bad_alloc();
    return std::make_unique<FakeModel>(device.id, model, options.window);
  }
};

}  // namespace
}  // namespace steelyard

STEELYARD_BACKEND_MODULE(steelyard::FakeBackend, "fake")
