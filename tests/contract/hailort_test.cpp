// SPDX-License-Identifier: Apache-2.0
// HailoRT's adapter beyond the contract, on the stand-in library: faults, raw bytes, instruments,
// versions. tests/CMakeLists.txt runs the contract itself on it.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/contract/subjects.h"
#include "tests/fakes/hailort/faults.h"

namespace steelyard::contract {
namespace {

using testing::HasSubstr;

const std::string kFakes = STEELYARD_BUILD "/tests/fakes/hailort";

const Registry& fakes() {
  static const Registry registry = [] {
    ::setenv("STEELYARD_HAILORT_LIB", (kFakes + "/lib").c_str(), 1);
    return Registry(kFakes + "/modules/backends");
  }();
  return registry;
}

template <class Function>
Function* control(const char* name) {
  fakes().find("hailort").availability();
  static void* const library = ::dlopen((kFakes + "/lib/libhailort.so").c_str(), RTLD_NOW);
  return reinterpret_cast<Function*>(::dlsym(library, name));
}
void fail(const char* call, int status, int skip = 0) {
  control<decltype(fake_hailort_fail)>("fake_hailort_fail")(call, status, skip);
}
void mend() { control<decltype(fake_hailort_mend)>("fake_hailort_mend")(); }
void devices(int count, bool power) {
  control<decltype(fake_hailort_devices)>("fake_hailort_devices")(count, power);
}
void delay(int milliseconds) {
  control<decltype(fake_hailort_delay)>("fake_hailort_delay")(milliseconds);
}
void queue(int frames) { control<decltype(fake_hailort_queue)>("fake_hailort_queue")(frames); }

struct Said {
  std::string what, hint;
};
template <class F>
Said said(F action) {
  try {
    action();
  } catch (const Error& e) {
    return {e.what(), e.hint()};
  }
  return {};
}

class Hailort : public testing::Test {
 protected:
  void SetUp() override { mend(); }
  void TearDown() override { mend(); }

  const Backend& backend() const { return *fakes().find("hailort").backend; }
  Device device() const { return backend().devices().at(0); }
  std::unique_ptr<CompiledModel> compile(std::vector<Setting> settings = {}) {
    CompileOptions options;
    options.precision = Precision::int8;
    options.settings = std::move(settings);
    return backend().compile(model_, nullptr, device(), options);
  }
  // What a query, a burst or a stream says.
  Said query(int batch = 1) {
    return said([&] {
      const auto compiled = compile();
      const auto session = compiled->open(batch);
      std::vector<std::byte> in(session->signature().input_bytes()),
          out(session->signature().output_bytes());
      session->infer(in, out);
    });
  }
  Said stream() {
    return said([&] {
      const auto compiled = compile();
      const auto stream = compiled->stream(2, 1);
      std::vector<std::byte> in(stream->signature().input_bytes()),
          out(stream->signature().output_bytes());
      stream->submit(0, in, out);
      stream->wait();
    });
  }

  Network network_ = random_network({}, 5);
  Model model_ = model_of(network_, "hailo");
};

TEST_F(Hailort, SaysWhatItIs) {
  EXPECT_EQ(device().name, "Hailo-8L");
  EXPECT_EQ(device().runtime, "HailoRT 4.23.0, firmware 4.23.0");
  EXPECT_EQ(device().physical_id, "pci-0000:01:00.0");
  EXPECT_EQ(backend().artefact_kind(), "hef");
}

TEST_F(Hailort, ListsTheDevicesThereAre) {
  devices(0, false);
  EXPECT_EQ(backend().availability().kind, Availability::NoDevice);
  EXPECT_THAT(backend().availability().hint, HasSubstr("lspci"));
  devices(2, false);
  EXPECT_EQ(backend().devices().size(), 2u);
  EXPECT_EQ(backend().devices().at(1).id, "1");
}

TEST_F(Hailort, ADeviceThatDoesNotSayWhoItIsIsListedWithTheReason) {
  fail("identify", 76);  // HAILO_INVALID_DRIVER_VERSION
  EXPECT_TRUE(backend().devices().empty());
  ASSERT_EQ(backend().unusable().size(), 1u);
  EXPECT_THAT(backend().unusable()[0].availability.reason,
              HasSubstr("HAILO_INVALID_DRIVER_VERSION (status 76)"));
  EXPECT_THAT(backend().unusable()[0].availability.hint, HasSubstr("of one version"));
  EXPECT_EQ(backend().availability().kind, Availability::NoDevice);
  fail("scan", 64);  // HAILO_DRIVER_NOT_INSTALLED
  EXPECT_THAT(backend().availability().hint, HasSubstr("modprobe hailo_pci"));
  EXPECT_TRUE(backend().unusable().empty());
}

TEST_F(Hailort, EveryStatusOfEveryCallIsASentenceWithAWayOut) {
  for (const char* call :
       {"create_vdevice", "physical_devices", "create_infer_model", "hef", "input", "configure",
        "create_bindings", "bindings_input", "set_buffer", "run"})
    for (int status = 1; status <= 93; ++status) {
      fail(call, status);
      const Said words = query();
      EXPECT_THAT(words.what, HasSubstr("HailoRT cannot ")) << call << " " << status;
      EXPECT_THAT(words.what, HasSubstr("HAILO_")) << call << " " << status;
      EXPECT_NE(words.hint, "") << call << " " << status;
      mend();
    }
  for (const char* call : {"run_async", "wait_for_async_ready", "completion"}) {
    fail(call, 62);  // HAILO_COMMUNICATION_CLOSED
    EXPECT_THAT(stream().hint, HasSubstr("the device was lost")) << call;
    EXPECT_THAT(query(3).hint, HasSubstr("the device was lost")) << call;
    mend();
  }
  fail("queue_size", 3);
  EXPECT_THAT(query(3).hint, HasSubstr("smaller batch"));
}

// What a user of a Raspberry Pi meets, each with the command that mends it.
TEST_F(Hailort, NamesTheCommandThatMendsIt) {
  const auto hint = [&](const char* call, int status) {
    fail(call, status);
    const Said words = query();
    mend();
    return words.hint;
  };
  EXPECT_THAT(hint("create_vdevice", 74), HasSubstr("sudo fuser -v /dev/hailo*")) << "held";
  EXPECT_THAT(hint("create_vdevice", 73), HasSubstr("another process")) << "held";
  EXPECT_THAT(hint("create_vdevice", 13), HasSubstr("ls -l /dev/hailo*")) << "permission";
  EXPECT_THAT(hint("create_vdevice", 76), HasSubstr("apt install --reinstall")) << "driver";
  EXPECT_THAT(hint("create_vdevice", 86), HasSubstr("modinfo hailo_pci")) << "driver";
  EXPECT_THAT(hint("configure", 16), HasSubstr("of one version")) << "firmware";
  EXPECT_THAT(hint("create_infer_model", 93), HasSubstr("--hw-arch hailo8l")) << "hailo8 HEF";
  EXPECT_THAT(hint("create_infer_model", 92), HasSubstr("Dataflow Compiler")) << "HEF too new";
  EXPECT_THAT(hint("configure", 3), HasSubstr("smaller batch")) << "host memory";
  EXPECT_THAT(hint("configure", 71), HasSubstr("smaller batch")) << "device memory";
  EXPECT_THAT(hint("run", 4), HasSubstr("fw-control reset")) << "timeout";
  EXPECT_THAT(hint("run", 62), HasSubstr("the device was lost")) << "lost";
  EXPECT_THAT(hint("run", 25), HasSubstr("steelyard describe")) << "wrong sizes";
}

TEST_F(Hailort, RefusesBuffersOfOtherSizes) {
  const auto compiled = compile();
  const auto session = compiled->open(1);
  std::vector<std::byte> in(159), out(4);
  EXPECT_THAT(said([&] { session->infer(in, out); }).what, HasSubstr("must have 160 bytes in"));
  const auto stream = compiled->stream(1, 1);
  EXPECT_THAT(said([&] { stream->submit(0, in, out); }).what, HasSubstr("must have 160 bytes in"));
}

TEST_F(Hailort, ADeviceThatIsLostInBetweenFailsThatQueryAlone) {
  const auto compiled = compile();
  const auto session = compiled->open(1);
  std::vector<std::byte> in(session->signature().input_bytes()),
      out(session->signature().output_bytes());
  fail("run", 62, 1);
  EXPECT_NO_THROW(session->infer(in, out));
  EXPECT_THROW(session->infer(in, out), Error);
  mend();
  EXPECT_NO_THROW(session->infer(in, out));
}

TEST_F(Hailort, ALateAnswerIsStampedWhenItCame) {
  const auto compiled = compile();
  const auto stream = compiled->stream(2, 1);
  std::vector<std::byte> in(stream->signature().input_bytes()),
      out(stream->signature().output_bytes());
  delay(30);
  const nanoseconds begin = compiled->clock().now();
  stream->submit(0, in, out);
  EXPECT_THROW(stream->submit(0, in, out), Error);
  EXPECT_THROW(stream->submit(2, in, out), Error);
  EXPECT_GE(stream->wait().finished - begin, std::chrono::milliseconds(30));
  EXPECT_THROW(stream->wait(), Error);
}

TEST_F(Hailort, AStreamThatIsLeftWaitsForWhatIsInFlight) {
  const auto compiled = compile();
  std::vector<std::byte> in(160), out(4);
  delay(20);
  compiled->stream(2, 1)->submit(1, in, out);
  EXPECT_THROW(compiled->stream(0, 1), Error);
}

TEST_F(Hailort, ABurstLongerThanTheQueueGoesInParts) {
  queue(2);
  const auto compiled = compile();
  const auto session = compiled->open(5);
  const auto alone = compiled->open(1);
  Random random(9);
  const auto input = random_floats(random, 5 * 40, 1.0);
  const auto together = infer(*session, input);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(infer(*alone, {input.begin() + static_cast<long>(i) * 40,
                             input.begin() + static_cast<long>(i + 1) * 40}),
              std::vector{together[i]});
}

TEST_F(Hailort, RawBytesAreQuantisedByWhoeverAsks) {
  const auto compiled = compile({{"io", "raw"}});
  const auto session = compiled->open(1);
  const Signature& signature = session->signature();
  EXPECT_EQ(signature.inputs[0].type, ElementType::u8);
  EXPECT_EQ(signature.input_bytes(), 40u);
  EXPECT_EQ(signature.output_bytes(), 1u);
  EXPECT_NEAR(signature.inputs[0].quantised.scale, 2.0 / 255, 1e-7);
  EXPECT_NEAR(signature.outputs[0].quantised.zero, 127.5, 1e-6);
  EXPECT_THAT(said([&] { compile({{"io", "fast"}}); }).hint, HasSubstr("float"));
}

TEST_F(Hailort, MeasuresTheDevicesOwnTimeInAPassOfItsOwn) {
  const auto compiled = compile();
  std::vector<std::byte> in(160), out(4);
  const auto parts = compiled->parts(in, out, 1, 3);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].name, "device");
  EXPECT_EQ(parts[0].mean_ns, 57'000);
  fail("hw_latency", 61);
  EXPECT_TRUE(compiled->parts(in, out, 1, 3).empty());
}

TEST_F(Hailort, PowerIsAChannelOnlyWhereTheBoardMeasuresIt) {
  const auto names = [&](CompiledModel* model) {
    std::vector<std::string> names;
    for (const auto& sensor : backend().sensors(device(), model)) {
      std::vector<Reading> readings;
      sensor->read({}, readings);
      EXPECT_EQ(readings.size(), sensor->channels().size());
      for (const Channel& channel : sensor->channels()) names.push_back(channel.name);
    }
    return names;
  };
  EXPECT_THAT(names(nullptr), testing::ElementsAre("temperature", "clock.nn", "throttle.level"));
  devices(1, true);
  const auto compiled = compile();
  EXPECT_THAT(names(compiled.get()), testing::Contains("power"));
  fail("extended_information", 48);
  fail("health", 48);
  fail("capabilities", 48);
  EXPECT_THAT(names(nullptr), testing::ElementsAre("temperature", "utilisation"))
      << "the model is still open";
  const Device chip = device();
  fail("create_device", 73);  // HAILO_DEVICE_IN_USE
  EXPECT_THAT(said([&] { backend().sensors(chip, nullptr); }).hint, HasSubstr("another process"));
}

TEST_F(Hailort, SaysTheSchedulersUtilisationWithItsDefinitionUnlessItIsSwitchedOff) {
  const auto utilisation = [&](std::vector<Setting> settings) {
    const auto compiled = compile(std::move(settings));
    const auto sensors = backend().sensors(device(), compiled.get());
    const auto channels = sensors.at(0)->channels();
    std::vector<Reading> readings;
    sensors.at(0)->read({}, readings);
    std::vector<double> found;
    for (const Reading& reading : readings)
      if (channels.at(reading.channel).name == "utilisation") {
        EXPECT_THAT(channels[reading.channel].definition,
                    HasSubstr("not use of the compute units"));
        EXPECT_EQ(channels[reading.channel].unit, "%");
        found.push_back(reading.value);
      }
    return found;
  };
  EXPECT_THAT(utilisation({}), testing::ElementsAre(12.5));
  EXPECT_THAT(utilisation({{"monitor", "off"}}), testing::IsEmpty());
  EXPECT_THAT(said([&] { compile({{"monitor", "1"}}); }).hint, HasSubstr("on"));
}

// A whole number that is no double, other fields, a stop in between: no reading, and no crash.
TEST_F(Hailort, AMonitorsMessageThatIsCutGivesNoReading) {
  const auto compiled = compile();
  const auto sensors = backend().sensors(device(), compiled.get());
  std::filesystem::path file;
  for (const auto& each : std::filesystem::directory_iterator("/tmp/hmon_files"))
    if (each.path().filename().string().starts_with(std::to_string(::getpid()))) file = each.path();
  ASSERT_FALSE(file.empty());
  const auto readings_of = [&](const std::string& message) {
    std::ofstream(file, std::ios::binary) << message;
    std::vector<Reading> readings;
    sensors.at(0)->read({}, readings);
    std::vector<double> values;
    for (const Reading& reading : readings)
      if (sensors.at(0)->channels()[reading.channel].name == "utilisation")
        values.push_back(reading.value);
    return values;
  };
  using testing::ElementsAre;
  using testing::IsEmpty;
  const auto text = [](auto& bytes) { return std::string(bytes, sizeof bytes - 1); };
  EXPECT_THAT(readings_of(""), IsEmpty());
  EXPECT_THAT(readings_of("\x22"), IsEmpty()) << "no length";
  EXPECT_THAT(readings_of("\x22\x7F"), IsEmpty()) << "shorter than its length";
  EXPECT_THAT(readings_of("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), IsEmpty());
  EXPECT_THAT(readings_of("\x08"), IsEmpty()) << "a number without its bytes";
  EXPECT_THAT(readings_of("\x0B"), IsEmpty()) << "a group";
  EXPECT_THAT(readings_of(text("\x08\x01\x0D\x01\x02\x03\x04\x22\x00")), ElementsAre(0.0))
      << "proto3 leaves a zero out";
  EXPECT_THAT(readings_of("\x22\x03\x12\x01x"), IsEmpty()) << "a text where a number belongs";
}

TEST_F(Hailort, AnInstrumentThatIsLostSaysSo) {
  const auto sensors = backend().sensors(device(), nullptr);
  fail("temperature", 62);
  std::vector<Reading> readings;
  EXPECT_THAT(said([&] { sensors.at(0)->read({}, readings); }).what,
              HasSubstr("cannot read the temperature"));
}

TEST_F(Hailort, WithoutAHefItNamesTheCommandThatMakesOne) {
  std::filesystem::remove(folder() / "hailo.hef");
  const Said words = said([&] { compile(); });
  EXPECT_THAT(words.what, HasSubstr("hailo.hef"));
  EXPECT_THAT(words.hint, HasSubstr("steelyard convert"));
}

TEST_F(Hailort, AHefOfAnotherModelOrDeviceIsRefused) {
  const auto write = [&](const std::string& text) {
    std::ofstream(folder() / "hailo.hef") << text;
  };
  const auto other = model_of(random_network({Cell::gru, 5, 1, 1, 9, 4}, 6), "other");
  write("FAKEHEF arch hailo8l model " + other.path.string() + " window 9");
  EXPECT_THAT(query().what, HasSubstr("takes frames of [1,9,4]"));
  write("FAKEHEF arch hailo8 model " + model_.path.string() + " window 8");
  EXPECT_THAT(query().hint, HasSubstr("hailo8l"));
  write("<html>");
  EXPECT_THAT(query().hint, HasSubstr("Dataflow Compiler"));
}

TEST_F(Hailort, DescribesAHefWithoutADevice) {
  devices(0, false);
  const auto lines = backend().describe(folder() / "hailo.hef");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "architecture Hailo-8L");
  EXPECT_THAT(lines[1], HasSubstr("input net/input_layer1 [1,8,5]"));
  fail("vstream_infos", 91);
  EXPECT_THAT(said([&] { backend().describe(folder() / "hailo.hef"); }).what,
              HasSubstr("cannot read the inputs"));
}

TEST_F(Hailort, LeavesNoLogInTheUsersFolder) {
  EXPECT_STREQ(::getenv("HAILORT_LOGGER_PATH"), "NONE");
  EXPECT_FALSE(std::filesystem::exists("hailort.log"));
}

// Exits with 0 when the module, in a fresh process, answers so.
void check_in_a_fresh_process(Availability::Kind kind, const char* words, const char* library) {
  ::setenv("STEELYARD_HAILORT_LIB", library, 1);
  const Registry registry(kFakes + "/modules/backends");
  const Availability availability = registry.find("hailort").availability();
  const bool right = availability.kind == kind &&
                     availability.reason.find(words) != std::string::npos &&
                     availability.hint.find("build-backend hailort") != std::string::npos;
  if (!right) std::fprintf(stderr, "%s\n", availability.reason.c_str());
  std::exit(right ? 0 : 1);
}

TEST(HailortLibrary, OfAnotherVersionIsNoRuntimeWithBothVersions) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      check_in_a_fresh_process(Availability::NoRuntime,
                               "HailoRT 4.22.0 is installed, the adapter was built for 4.23.0",
                               (kFakes + "/older").c_str()),
      testing::ExitedWithCode(0), "");
}

TEST(HailortLibrary, ThatIsMissingIsNoRuntimeWithTheLoadersWords) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(check_in_a_fresh_process(Availability::NoRuntime,
                                       "/nowhere: cannot open shared object file", "/nowhere"),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace steelyard::contract
