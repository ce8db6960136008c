// SPDX-License-Identifier: Apache-2.0
#include "steelyard/record/spec.h"

#include <gtest/gtest.h>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

TEST(Spec, ReadsEveryPart) {
  const Spec spec = parse_spec("pi5/hailort:0@int8");
  EXPECT_EQ(spec.host, "pi5");
  EXPECT_EQ(spec.backend, "hailort");
  EXPECT_EQ(spec.device, "0");
  EXPECT_EQ(spec.precision, Precision::int8);
}

TEST(Spec, ReadsProfilesWithPlusAndDots) {
  EXPECT_EQ(parse_spec("simulated:rtx-3070-ti+tensorrt").device, "rtx-3070-ti+tensorrt");
  EXPECT_EQ(parse_spec("onnxruntime:cuda.0").device, "cuda.0");
}

TEST(Spec, WritesWhatItReads) {
  for (const char* text : {"native-cpu", "native-cpu@int8", "onnxruntime:cpu", "tensorrt:0@fp16",
                           "pi5/hailort:0", "simulated:hailo-8l", "all", "pi5/all"})
    EXPECT_EQ(to_string(parse_spec(text)), text);
}

TEST(Spec, KnowsAll) {
  EXPECT_TRUE(parse_spec("all").is_all());
  EXPECT_TRUE(parse_spec("pi5/all").is_all());
  EXPECT_FALSE(parse_spec("null").is_all());
}

TEST(Spec, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", ":cpu", "/native-cpu", "native-cpu@fp8", "native-cpu@", "a:", "a b", "a/b/c", "x:y:z"})
    EXPECT_THROW(parse_spec(text), UsageError) << text;
}

TEST(Spec, SaysWhatIsWrongAndShowsTheForm) {
  try {
    parse_spec("native-cpu@fp8");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("fp8"), std::string::npos);
    EXPECT_NE(error.hint().find("[host/]backend[:device][@precision]"), std::string::npos);
  }
}

}  // namespace
}  // namespace steelyard
