// SPDX-License-Identifier: Apache-2.0
// TensorRT's adapter beyond the contract, on the stand-ins of tests/fakes/tensorrt: settings, the
// cache, precisions that were not obtained, and every failure that can be injected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "tests/contract/subjects.h"

namespace steelyard::contract {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kFakes = STEELYARD_BUILD "/tests/fakes/tensorrt";

void look_in(const std::string& libraries, const std::string& runtime = kFakes) {
  ::setenv("STEELYARD_TENSORRT_LIB", libraries.c_str(), 1);
  ::setenv("STEELYARD_CUDART_LIB", runtime.c_str(), 1);
}

// Version 10 as a rule: each version's libraries are opened once in this process.
const Registry& stand_in(const std::string& major = "10") {
  static std::map<std::string, std::unique_ptr<Registry>> all;
  auto& registry = all[major];
  if (!registry) {
    look_in(kFakes + "/" + major);
    registry = std::make_unique<Registry>(kFakes + "/" + major + "/modules/backends");
    registry->find("tensorrt").availability();
  }
  return *registry;
}

struct Ask {
  Precision precision = Precision::fp32;
  std::vector<Setting> settings;
  std::string major = "10";
};

class TensorRt : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("STEELYARD_CACHE", cache_.c_str(), 1);
    fs::remove_all(cache_);
  }
  void TearDown() override {
    for (const char* variable : {"FAKE_FAULT", "FAKE_LATE", "FAKE_KEEPS_FP32", "STEELYARD_CACHE"})
      ::unsetenv(variable);
  }
  static void inject(const std::string& fault) { ::setenv("FAKE_FAULT", fault.c_str(), 1); }

  std::unique_ptr<CompiledModel> compile(const Ask& ask = {}) {
    const auto found = stand_in(ask.major).resolve(parse_spec("tensorrt:0"));
    options_.precision = ask.precision;
    options_.settings = ask.settings;
    options_.calibration = windows_;
    return found.backend->compile(model(), nullptr, found.device, options_);
  }
  // What went wrong in asking once, with the way out; "answered" when nothing did.
  std::string refusal(const Ask& ask = {}, int batch = 1) {
    try {
      const auto compiled = compile(ask);
      const auto session = compiled->open(batch);
      infer(*session, input(batch));
      return "answered";
    } catch (const Error& e) {
      return std::string(e.what()) + " -> " + e.hint();
    }
  }
  const Model& model() const { return subject_.model; }
  std::vector<float> input(int batch = 1) const {
    return {windows_.begin(), windows_.begin() + batch * 40};
  }
  std::vector<fs::path> cached() const {
    std::error_code none;
    return {fs::directory_iterator(cache_ / "tensorrt", none), fs::directory_iterator()};
  }

  Subject subject_{"native-cpu@fp32", {}};
  std::vector<float> windows_ = Subject("native-cpu@fp32", {}).next_input(16);
  CompileOptions options_;
  const fs::path cache_ = folder() / "cache";
};

TEST_F(TensorRt, SaysItsVersionAndItsDevice) {
  const Device device = stand_in().resolve(parse_spec("tensorrt:0")).device;
  EXPECT_EQ(device.runtime, "TensorRT 10.13.3");
  EXPECT_EQ(device.name, "Stand-in GPU");
  EXPECT_EQ(device.physical_id, "pci-0000:0a:00.0");
  EXPECT_EQ(stand_in("8").resolve(parse_spec("tensorrt:0")).device.runtime, "TensorRT 8.6.1");
  EXPECT_EQ(stand_in("11").resolve(parse_spec("tensorrt:0")).device.runtime, "TensorRT 11.1.0");
}

TEST_F(TensorRt, HasThePrecisionsOfItsVersion) {
  const auto precisions = [](const char* major) {
    return stand_in(major).resolve(parse_spec("tensorrt:0")).device.precisions;
  };
  using enum Precision;
  EXPECT_THAT(precisions("8"), testing::ElementsAre(fp32, tf32, fp16, int8));
  EXPECT_THAT(precisions("10"), testing::ElementsAre(fp32, tf32, fp16, bf16, int8));
  EXPECT_THAT(precisions("11"), testing::ElementsAre(fp32, tf32, int8));
}

TEST_F(TensorRt, AnswersRightInEveryWayOfRunning) {
  for (const char* graph : {"on", "off"})
    for (const char* io : {"copies", "mapped"}) {
      const auto compiled = compile({Precision::fp32, {{"graph", graph}, {"io", io}}});
      const auto session = compiled->open(2);
      for (int i = 0; i < 3; ++i)
        expect_close(infer(*session, input(2)), subject_.exact(input(2)), 1e-5);
    }
}

TEST_F(TensorRt, SaysWhereTheTimeOfAQueryGoesByTrtexecsNames) {
  const auto names = [&](const char* io) {
    const auto compiled = compile({Precision::fp32, {{"io", io}}});
    const auto in = input();
    std::vector<float> out(1);
    const auto parts = [&] {
      return compiled->parts(std::as_bytes(std::span(in)), std::as_writable_bytes(std::span(out)),
                             1, 5);
    };
    EXPECT_TRUE(parts().empty()) << "nobody has opened this batch";
    compiled->open(1);
    std::vector<std::string> names;
    for (const TimePart& part : parts()) {
      names.push_back(part.name);
      EXPECT_GE(part.mean_ns, 0) << part.name;
      EXPECT_NE(part.definition, "") << part.name;
    }
    expect_close(out, subject_.exact(in), 1e-5);
    return names;
  };
  EXPECT_THAT(names("copies"),
              testing::ElementsAre("Enqueue Time", "GPU Compute Time", "H2D Latency", "D2H Latency",
                                   "Engine built in"));
  EXPECT_THAT(names("mapped"),
              testing::ElementsAre("Enqueue Time", "GPU Compute Time", "Engine built in"));
}

TEST_F(TensorRt, WaitsForAnswersThatComeLate) {
  const auto compiled = compile();
  const auto session = compiled->open(1);
  ::setenv("FAKE_LATE", "20", 1);
  expect_close(infer(*session, input()), subject_.exact(input()), 1e-5);
}

TEST_F(TensorRt, RefusesValuesThatItDoesNotKnow) {
  EXPECT_EQ(refusal({Precision::fp32, {{"graph", "yes"}}}),
            "tensorrt.graph cannot be 'yes' -> it is on or off");
  EXPECT_EQ(refusal({Precision::fp32, {{"io", "pinned"}}}),
            "tensorrt.io cannot be 'pinned' -> it is copies or mapped");
  EXPECT_EQ(refusal({Precision::fp32, {{"level", "6"}}}),
            "tensorrt.level cannot be '6' -> it is a number from 0 to 5");
  EXPECT_THAT(refusal({Precision::fp32, {{"workspace", "0"}}}), HasSubstr("1 to 1048576"));
  EXPECT_THAT(refusal({Precision::fp32, {{"workspace", "1x"}}}), HasSubstr("'1x'"));
  EXPECT_EQ(refusal({Precision::fp32, {{"level", "5"}, {"workspace", "64"}, {"cache", "off"}}}),
            "answered");
}

TEST_F(TensorRt, ReportsThePrecisionThatTheBuilderReallyChose) {
  const auto obtained = [&](Precision asked, const char* major = "10") {
    const auto compiled = compile({asked, {}, major});
    EXPECT_EQ(compiled->precision(), asked) << "before an engine is there";
    compiled->open(1);
    return compiled->precision();
  };
  using enum Precision;
  for (const Precision asked : {fp32, tf32, fp16, bf16, int8}) EXPECT_EQ(obtained(asked), asked);
  EXPECT_EQ(obtained(tf32, "11"), tf32);
  ::setenv("FAKE_KEEPS_FP32", "1", 1);
  EXPECT_EQ(obtained(fp16), fp32);
  EXPECT_EQ(obtained(int8), fp32);
}

TEST_F(TensorRt, BelievesWhatWasAskedWhereTheInspectorIsSilent) {
  inject("createInspector=1");
  const auto compiled = compile({Precision::fp16});
  compiled->open(1);
  EXPECT_EQ(compiled->precision(), Precision::fp16);
}

TEST_F(TensorRt, NeedsWindowsToCalibrateWith) {
  windows_.clear();
  const auto compiled = compile({Precision::int8});
  EXPECT_THROW(compiled->open(1), Unsupported);
}

TEST_F(TensorRt, CalibratesNothingFromVersion11On) {
  EXPECT_THAT(refusal({Precision::int8, {}, "11"}),
              AllOf(HasSubstr("quantised already"), HasSubstr("QuantizeLinear")));
}

TEST_F(TensorRt, BuildsAnEngineOnce) {
  EXPECT_EQ(refusal(), "answered");
  EXPECT_EQ(cached().size(), 1u);
  inject("build=1");
  EXPECT_EQ(refusal(), "answered");
  // Another batch, precision or level is another engine.
  EXPECT_THAT(refusal({}, 2), HasSubstr("cannot build an engine"));
  EXPECT_THAT(refusal({Precision::fp16}), HasSubstr("cannot build an engine"));
  EXPECT_THAT(refusal({Precision::fp32, {{"level", "1"}}}), HasSubstr("cannot build an engine"));
  EXPECT_THAT(refusal({Precision::fp32, {{"cache", "off"}}}), HasSubstr("cannot build an engine"));
}

TEST_F(TensorRt, BuildsAgainWhatIsNotWholeInTheCache) {
  EXPECT_EQ(refusal(), "answered");
  ASSERT_EQ(cached().size(), 1u);
  fs::resize_file(cached()[0], fs::file_size(cached()[0]) - 1);
  EXPECT_EQ(refusal(), "answered");
  std::ofstream(cached()[0]) << "something else";
  EXPECT_EQ(refusal(), "answered");
  std::ofstream(cached()[0]).flush();
  EXPECT_EQ(refusal(), "answered");
}

TEST_F(TensorRt, KeepsNothingWhereItCannotWrite) {
  std::ofstream(cache_) << "a file where the folder should be";
  EXPECT_EQ(refusal(), "answered");
  for (const char* variable : {"STEELYARD_CACHE", "XDG_CACHE_HOME", "HOME"}) ::unsetenv(variable);
  EXPECT_EQ(refusal(), "answered");
  ::setenv("HOME", (folder() / "home").c_str(), 1);
  EXPECT_EQ(refusal(), "answered");
  EXPECT_TRUE(fs::exists(folder() / "home/.cache/steelyard/tensorrt"));
  ::setenv("XDG_CACHE_HOME", (folder() / "xdg").c_str(), 1);
  EXPECT_EQ(refusal(), "answered");
  EXPECT_TRUE(fs::exists(folder() / "xdg/steelyard/tensorrt"));
}

struct Failure {
  const char *fault, *words;
};

TEST_F(TensorRt, SaysWhatFailed) {
  for (const Failure& failure : std::initializer_list<Failure>{
           {"cudaDeviceGetAttribute=1", "cudaDeviceGetAttribute failed"},
           {"createBuilder=1", "start its builder: Error Code 6: CUDA initialization failure"},
           {"createNetwork=1", "cannot make a network: it does not say why"},
           {"createConfig=1", "cannot make a configuration"},
           {"createParser=1", "parser cannot start"},
           {"parse=1", "refuses"},
           {"parse=2", "it does not say why"},
           {"build=1", "cannot build an engine: Error Code 10: no tactic for node GRU"},
           {"deserialize=1", "cannot load its engine for network1: Error Code 1"},
           {"createContext=1", "execution context: Error Code 2: out of memory"},
           {"setTensorAddress=1", "the engine has no tensor 'input'"},
           {"type=3", "changed the element type of tensor 'input'"},
           {"type=6", "an element type that TensorRT 10 cannot be given"},
           {"shape=1", "the engine's tensor 'input' is 2x8x5, the model's 1x8x5"},
           {"cudaHostAlloc=2", "cudaHostAlloc failed: out of memory (2)"},
           {"cudaMalloc=2", "cudaMalloc failed: out of memory (2) -> see `nvidia-smi`"},
           {"cudaMalloc=2@2", "cudaMalloc failed"},
           {"cudaStreamCreateWithFlags=999", "cudaStreamCreateWithFlags failed"},
           {"cudaMemcpyAsync=700", "the device is lost to this process"},
           {"enqueueV3=1", "TensorRT cannot run the model: Error Code 1"},
           {"enqueueV3=1@2", "TensorRT cannot run the model"},
           {"cudaStreamBeginCapture=900", "cudaStreamBeginCapture failed"},
           {"cudaStreamEndCapture=900", "cudaStreamEndCapture failed"},
           {"cudaGraphInstantiate=2", "cudaGraphInstantiate failed: out of memory"},
           {"cudaGraphLaunch=719", "cudaGraphLaunch failed: stand-in failure (719)"},
           {"cudaStreamSynchronize=35", "update NVIDIA's driver"},
           {"cudaStreamSynchronize=214@2", "the device is lost"},
       }) {
    inject(failure.fault);
    EXPECT_THAT(refusal({Precision::fp32, {{"cache", "off"}}}), HasSubstr(failure.words))
        << failure.fault;
    ::unsetenv("FAKE_FAULT");
    EXPECT_EQ(refusal(), "answered") << "after " << failure.fault;
  }
}

TEST_F(TensorRt, ALostDeviceIsAnErrorOfThatQuery) {
  const auto compiled = compile();
  const auto session = compiled->open(1);
  infer(*session, input());
  inject("cudaStreamSynchronize=700");
  EXPECT_THROW(infer(*session, input()), Error);
}

TEST_F(TensorRt, ADeviceThatIsTakenIsAnError) {
  const auto compiled = compile();
  inject("cudaSetDevice=46");
  // A thread chooses its device once.
  std::thread([&] { EXPECT_THROW(compiled->open(1), Error); }).join();
}

TEST_F(TensorRt, AParsersRefusalIsASkippedRow) {
  inject("parse=1");
  const auto compiled = compile();
  EXPECT_THROW(compiled->open(1), Unsupported);
}

TEST_F(TensorRt, GivesAnEngineWithOpenAxesItsShapes) {
  inject("openShape=1");
  EXPECT_EQ(refusal(), "answered");
}

TEST_F(TensorRt, RunsAnEngineThatWasBuiltElsewhere) {
  compile()->open(1);
  const auto plan = cached().at(0);
  std::ifstream stream(plan, std::ios::binary);
  std::string head;
  std::getline(stream, head);
  Artefact artefact;
  artefact.kind = "engine";
  artefact.path = (folder() / "other.engine").string();
  std::ofstream(artefact.path, std::ios::binary)
      << std::string(std::istreambuf_iterator<char>(stream), {});
  const auto found = stand_in().resolve(parse_spec("tensorrt:0"));
  const auto run = [&](const Artefact& chosen) {
    const auto compiled = found.backend->compile(model(), &chosen, found.device, {});
    return infer(*compiled->open(1), input());
  };
  expect_close(run(artefact), subject_.exact(input()), 1e-5);
  const auto refused = [&](const Artefact& chosen) -> std::string {
    try {
      run(chosen);
      return "answered";
    } catch (const Error& e) {
      return e.what();
    }
  };
  std::ofstream(artefact.path) << "garbage";
  EXPECT_THAT(refused(artefact), AllOf(HasSubstr("other.engine"), HasSubstr("kMAGIC_TAG")));
  std::ofstream(artefact.path) << "FAKE 8601 FP32\n";
  EXPECT_THAT(refused(artefact), HasSubstr("of another version"));
  artefact.path = "/nowhere.engine";
  EXPECT_THAT(refused(artefact), HasSubstr("/nowhere.engine cannot be read"));
  artefact.kind = "hef";
  EXPECT_THAT(refused(artefact), HasSubstr("artefact of kind hef"));
  artefact.kind = "unrolled";
  artefact.path = Subject("native-cpu@fp32", {}, 2).model.path.string();
  expect_close(run(artefact), Subject("native-cpu@fp32", {}, 2).exact(input()), 1e-5);
}

// What a fresh process says about a folder of libraries.
void expect_words(const std::string& libraries, const std::string& runtime, const char* words,
                  const char* variable = "NOTHING", const char* value = "") {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ask = [&] {
    look_in(libraries, runtime);
    ::setenv(variable, value, 1);
    const Registry registry(kFakes + "/10/modules/backends");
    const Availability availability = registry.find("tensorrt").availability();
    const bool right = availability.kind != Availability::Ready && !availability.hint.empty() &&
                       registry.find("tensorrt").backend->devices().empty() &&
                       availability.reason.find(words) != std::string::npos;
    if (!right) std::fprintf(stderr, "%s\n", availability.reason.c_str());
    std::exit(right ? 0 : 1);
  };
  EXPECT_EXIT(ask(), testing::ExitedWithCode(0), "") << words;
}

TEST(TensorRtLibraries, AreNoRuntimeWithTheLoadersWordsWhereTheyAreMissing) {
  expect_words("/nowhere", kFakes, "/nowhere: cannot open shared object file");
}
TEST(TensorRtLibraries, AreNoRuntimeWhereTheCudaRuntimeIsMissing) {
  expect_words(kFakes + "/10", "/nowhere", "/nowhere: cannot open shared object file");
}
TEST(TensorRtLibraries, AreNoRuntimeWhereTheCudaRuntimeIsSomethingElse) {
  expect_words(kFakes + "/10", kFakes + "/10/libnvinfer_builder_resource.so.10.13.3",
               "has no cudaGetDeviceCount");
}
TEST(TensorRtLibraries, AreNoRuntimeWhereTheyAreSomethingElse) {
  expect_words(kFakes + "/libcudart.so.13", kFakes, "getInferLibVersion");
}
TEST(TensorRtLibraries, AreNoRuntimeWhereTheyAreTooOld) {
  expect_words(kFakes + "/10", kFakes, "TensorRT 9.99.0 is too old: 10.0 is needed", "FAKE_VERSION",
               "99900");
}
TEST(TensorRtLibraries, AreNoRuntimeWithoutTheParser) {
  const auto folder = contract::folder() / "no-parser";
  fs::create_directories(folder);
  fs::create_symlink(kFakes + "/10/libnvinfer.so.10", folder / "libnvinfer.so.10");
  expect_words(folder.string(), kFakes, "libnvonnxparser.so.10: cannot open");
}
TEST(TensorRtLibraries, AreNoDeviceWhereThereIsNone) {
  expect_words(kFakes + "/10", kFakes, "CUDA finds no device", "FAKE_NO_DEVICE", "1");
}
TEST(TensorRtLibraries, AreNoDeviceWhereTheDriverIsTooOld) {
  expect_words(kFakes + "/10", kFakes, "cudaGetDeviceCount failed", "FAKE_FAULT",
               "cudaGetDeviceCount=35");
}

TEST(TensorRtLibraries, AMissingBuilderResourceIsNamedBeforeAnythingIsBuilt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto folder = contract::folder() / "no-resource";
  fs::create_directories(folder);
  for (const char* name : {"libnvinfer.so.10", "libnvonnxparser.so.10"})
    fs::create_symlink(kFakes + "/10/" + name, folder / name);
  const Subject subject("native-cpu@fp32", {});
  const auto ask = [&] {
    look_in(folder.string());
    ::setenv("STEELYARD_CACHE", (folder / "cache").c_str(), 1);
    ::setenv("FAKE_FAULT", "createBuilder=1", 1);
    const Registry registry(kFakes + "/10/modules/backends");
    const auto found = registry.resolve(parse_spec("tensorrt:0"));
    try {
      found.backend->compile(subject.model, nullptr, found.device, {})->open(1);
    } catch (const Unsupported& e) {
      std::fprintf(stderr, "%s", e.what());
    }
    std::exit(0);
  };
  EXPECT_EXIT(ask(), testing::ExitedWithCode(0),
              "compute capability 8.6 here: there is no "
              "libnvinfer_builder_resource_sm86.so.10.13.3 in .*no-resource");
}

TEST(TensorRtLibraries, ARuntimeThatDoesNotStartIsAnError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Subject subject("native-cpu@fp32", {});
  const auto ask = [&] {
    ::setenv("STEELYARD_CACHE", (folder() / "cache2").c_str(), 1);
    const auto found = stand_in().resolve(parse_spec("tensorrt:0"));
    ::setenv("FAKE_FAULT", "createRuntime=1", 1);
    try {
      found.backend->compile(subject.model, nullptr, found.device, {})->open(1);
    } catch (const Error& e) {
      std::fprintf(stderr, "%s", e.what());
    }
    std::exit(0);
  };
  EXPECT_EXIT(ask(), testing::ExitedWithCode(0), "TensorRT cannot start");
}

TEST(TensorRtLibraries, TheNewestVersionThatIsReadyIsUsed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto modules = folder() / "modules";
  fs::create_directories(modules);
  for (const char* major : {"8", "10", "11"}) {
    const std::string name = std::string("tensorrt-") + major + ".so";
    fs::create_symlink(kFakes + "/" + major + "/modules/backends/" + name, modules / name);
  }
  const auto ask = [&](const char* libraries) {
    look_in(libraries);
    const Registry registry(modules);
    const Availability availability = registry.find("tensorrt").availability();
    std::fprintf(stderr, "%s",
                 availability.kind == Availability::Ready
                     ? registry.resolve(parse_spec("tensorrt")).device.runtime.c_str()
                     : availability.reason.c_str());
    std::exit(0);
  };
  const auto all = folder() / "all";
  fs::create_directories(all);
  for (const char* major : {"8", "10"})
    for (const auto& file : fs::directory_iterator(kFakes + "/" + major))
      if (file.path().extension() != "" && file.path().filename() != "modules")
        fs::create_symlink(file.path(), all / file.path().filename());
  EXPECT_EXIT(ask((kFakes + "/8").c_str()), testing::ExitedWithCode(0), "TensorRT 8.6.1");
  EXPECT_EXIT(ask(all.c_str()), testing::ExitedWithCode(0), "TensorRT 10.13.3");
  EXPECT_EXIT(ask("/nowhere"), testing::ExitedWithCode(0), "/nowhere: cannot open");
}

}  // namespace
}  // namespace steelyard::contract
