// SPDX-License-Identifier: Apache-2.0
// A backend whose devices do what vendor libraries do on a bad day. The device's name says what.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

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
    if (++queries_ < 50) return;
    if (device_ == "crashes") {
      std::fprintf(stderr, "vendor: DMA fault\n");
      ::raise(SIGSEGV);
    }
    if (device_ == "fails") throw Error("vendor status 6: timeout", "power-cycle the board");
  }

 private:
  std::string device_;
  Signature signature_;
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
    return std::make_unique<FakeSession>(device_,
                                         Signature{static_shapes(model_.inputs, batch, window_),
                                                   static_shapes(model_.outputs, batch, window_)});
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
                           "greedy", "shared-a", "shared-b"}) {
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
