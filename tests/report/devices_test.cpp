// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "steelyard/report/report.h"

namespace steelyard {
namespace {

std::vector<DeviceListing> listings() {
  return {
      {"native-cpu",
       "native-cpu",
       "Intel Xeon",
       {Availability::Ready, "", ""},
       "cpu",
       "Steelyard engine 0.1.0 (AVX3)",
       {Precision::fp32, Precision::int8}},
      {"onnxruntime",
       "onnxruntime",
       "",
       {Availability::NotBuilt, "built without it", "tools/setup"},
       ""},
      {"hailort:0", "hailort", "", {Availability::NoRuntime, "no libhailort.so", "install it"}, ""},
      {"tensorrt:0", "tensorrt", "", {Availability::NoDevice, "no GPU", ""}, ""}};
}

TEST(RenderDevices, SaysEveryStateInKorean) {
  RenderOptions options;
  options.language = Language::ko;
  const std::string text = render_devices(listings(), options);
  for (const char* word : {"사용 가능", "빌드에 없음", "런타임 없음", "장치 없음", "tools/setup"})
    EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(RenderDevices, SaysWhatRunsThereInEveryFormat) {
  for (const Format format : {Format::terminal, Format::markdown, Format::html}) {
    RenderOptions options;
    options.format = format;
    EXPECT_NE(render_devices(listings(), options).find("(AVX3): fp32, int8"), std::string::npos);
  }
}

TEST(RenderDevices, FitsTheTerminalAndAlignsHangul) {
  RenderOptions options;
  options.language = Language::ko;
  options.columns = 60;
  auto devices = listings();
  devices[2].availability.reason = std::string(200, 'y') + " 아주 긴 사유입니다";
  const std::string text = render_devices(devices, options);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    EXPECT_LE(display_width(text.substr(at, end - at)), 60);
    at = end + 1;
  }
}

TEST(RenderDevices, ColoursOnlyWhenAsked) {
  RenderOptions options;
  options.colour = true;
  EXPECT_NE(render_devices(listings(), options).find("\x1b[32m"), std::string::npos);
}

TEST(RenderDevices, SaysSoWhenThereIsNothing) {
  EXPECT_EQ(render_devices({}, {}), "There are no devices.\n");
}

TEST(Language, IsReadFromLocaleNames) {
  EXPECT_EQ(language_from("ko_KR.UTF-8"), Language::ko);
  EXPECT_EQ(language_from("en"), Language::en);
  EXPECT_EQ(language_from("C"), Language::en);
  EXPECT_FALSE(language_from("fr_FR"));
  EXPECT_EQ(format_from("markdown"), Format::markdown);
  EXPECT_FALSE(format_from("pdf"));
}

}  // namespace
}  // namespace steelyard
