// SPDX-License-Identifier: Apache-2.0
// Every way in which a model file can be bad ends in one clear sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "steelyard/model/model.h"
#include "tests/model/graphs.h"

namespace steelyard {
namespace {

using testing::constant_named;
using testing::Folder;
using ::testing::HasSubstr;
using testing::node_with;

class LoadModel : public ::testing::Test {
 protected:
  onnx::ModelProto good() { return testing::saved_proto(testing::random_network({}), folder_); }
  std::string error_for(const onnx::ModelProto& model) {
    const auto file = testing::write_model(folder_, model);
    return testing::error_of([&] { load_model(file); });
  }
  std::string error_for_bytes(const std::string& bytes) {
    testing::write_bytes(folder_ / "model.onnx", bytes);
    return testing::error_of([&] { load_model(folder_ / "model.onnx"); });
  }
  Folder folder_;
};

TEST_F(LoadModel, RefusesWhatIsNoFile) {
  EXPECT_THAT(testing::error_of([&] { load_model(folder_ / "absent.onnx"); }),
              HasSubstr("absent.onnx does not exist"));
  EXPECT_THAT(testing::error_of([&] { load_model(folder_ / ""); }), HasSubstr("is a folder"));
  EXPECT_THAT(testing::error_of([&] { load_model("/dev/zero"); }),
              HasSubstr("is not a regular file"));
}

TEST_F(LoadModel, RefusesAnEmptyFile) { EXPECT_THAT(error_for_bytes(""), HasSubstr("is empty")); }

TEST_F(LoadModel, RefusesAFileOfMoreThanTwoGigabytesWithoutReadingIt) {
  const auto file = folder_ / "huge.onnx";
  testing::write_bytes(file, "x");
  std::filesystem::resize_file(file, 3'000'000'000u);
  EXPECT_THAT(testing::error_of([&] { load_model(file); }), HasSubstr("at most 2 GB"));
}

TEST_F(LoadModel, RefusesTextAndSaysWhatItLooksLike) {
  EXPECT_THAT(error_for_bytes("Date,Open,High\n2020-01-01,1,2\n"), HasSubstr("not an ONNX file"));
  testing::write_bytes(folder_ / "model.onnx", "version https://git-lfs.github.com/spec/v1\n");
  try {
    load_model(folder_ / "model.onnx");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.hint(), HasSubstr("git lfs pull"));
  }
}

TEST_F(LoadModel, RefusesAFileCutAnywhere) {
  const std::string bytes = good().SerializeAsString();
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    testing::write_bytes(folder_ / "cut.onnx", bytes.substr(0, length));
    try {
      const Model model = load_model(folder_ / "cut.onnx");
      // A cut between two fields at the end loses only what stands there.
      EXPECT_EQ(network_of(model).layers.size(), 1u) << length;
      EXPECT_GT(length, bytes.size() - 20) << length;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
}

TEST_F(LoadModel, SurvivesAnySingleDamagedByte) {
  const std::string bytes = good().SerializeAsString();
  Random random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = bytes;
    damaged[random.below(bytes.size())] = static_cast<char>(random.below(256));
    testing::write_bytes(folder_ / "damaged.onnx", damaged);
    try {
      network_of(load_model(folder_ / "damaged.onnx"));
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged.onnx"));
    }
  }
}

TEST_F(LoadModel, PrintsNothingItself) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  error_for_bytes("not a model at all");
  error_for_bytes(good().SerializeAsString().substr(0, 100));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
}

TEST_F(LoadModel, RefusesAModelWithoutAGraph) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  EXPECT_THAT(error_for(model), HasSubstr("holds no graph"));
}

TEST_F(LoadModel, UnderstandsIrVersionsUpToThirteen) {
  auto model = good();
  model.set_ir_version(13);
  EXPECT_EQ(load_model(testing::write_model(folder_, model)).ir, 13);
  model.set_ir_version(14);
  EXPECT_THAT(error_for(model), HasSubstr("IR version 14"));
}

TEST_F(LoadModel, RefusesAWeightWhoseBytesDoNotFitItsShape) {
  auto model = good();
  constant_named(model, "layer0.W")->mutable_raw_data()->pop_back();
  EXPECT_THAT(error_for(model),
              HasSubstr("\"layer0.W\" of shape [1,9,5] should have 180 bytes and has 179"));
}

TEST_F(LoadModel, RefusesImpossibleShapesWithoutAllocating) {
  auto model = good();
  auto* dims = constant_named(model, "layer0.W")->mutable_dims();
  dims->Set(0, std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(error_for(model), HasSubstr("impossible shape"));
  dims->Set(0, -1);
  EXPECT_THAT(error_for(model), HasSubstr("impossible shape"));
}

TEST_F(LoadModel, RefusesNanAndInfiniteWeights) {
  for (const float bad : {std::nanf(""), HUGE_VALF}) {
    auto model = good();
    auto& raw = *constant_named(model, "layer0.R")->mutable_raw_data();
    std::memcpy(raw.data() + 8, &bad, sizeof bad);
    EXPECT_THAT(error_for(model), HasSubstr("\"layer0.R\""));
    EXPECT_THAT(error_for(model),
                HasSubstr(std::isnan(bad) ? "contains NaN" : "contains infinity"));
  }
}

TEST_F(LoadModel, ReadsWeightsInTypedFieldsToo) {
  auto model = good();
  const Network before = network_of(load_model(testing::write_model(folder_, model)));
  auto* tensor = constant_named(model, "layer0.W");
  for (const float x : before.layers[0].w) tensor->add_float_data(x);
  tensor->clear_raw_data();
  testing::expect_same(network_of(load_model(testing::write_model(folder_, model))), before);
}

TEST_F(LoadModel, ReadsExternalDataAndCountsThemInTheHash) {
  auto model = good();
  const Network before = network_of(load_model(testing::write_model(folder_, model)));
  auto* tensor = constant_named(model, "layer0.W");
  std::string raw = tensor->raw_data();
  testing::write_bytes(folder_ / "weights.bin", "1234" + raw);
  tensor->clear_raw_data();
  tensor->set_data_location(onnx::TensorProto::EXTERNAL);
  const auto entry = [&](const char* key, const std::string& value) {
    auto* added = tensor->add_external_data();
    added->set_key(key);
    added->set_value(value);
  };
  entry("location", "weights.bin");
  entry("offset", "4");
  entry("length", std::to_string(raw.size()));
  const auto file = testing::write_model(folder_, model);
  const Model first = load_model(file);
  testing::expect_same(network_of(first), before);
  raw[0] = static_cast<char>(raw[0] ^ 1);
  testing::write_bytes(folder_ / "weights.bin", "1234" + raw);
  EXPECT_NE(load_model(file).sha256, first.sha256);

  testing::write_bytes(folder_ / "weights.bin", "1234");
  EXPECT_THAT(testing::error_of([&] { load_model(file); }), HasSubstr("which has 4 bytes"));
  std::filesystem::remove(folder_ / "weights.bin");
  EXPECT_THAT(testing::error_of([&] { load_model(file); }),
              HasSubstr("external file \"weights.bin\", which is missing"));
  for (const char* outside : {"/etc/passwd", "../weights.bin", "a/../../b", ""}) {
    tensor->mutable_external_data(0)->set_value(outside);
    EXPECT_THAT(error_for(model), HasSubstr("not beside the model")) << outside;
  }
}

TEST_F(LoadModel, RefusesNamesThatNothingDefines) {
  auto model = good();
  node_with(model, "GRU")->set_input(1, "nowhere");
  EXPECT_THAT(error_for(model), HasSubstr("reads \"nowhere\", which nothing defines"));
  model = good();
  model.mutable_graph()->mutable_output(0)->set_name("lost");
  EXPECT_THAT(error_for(model), HasSubstr("nothing computes the output \"lost\""));
}

TEST_F(LoadModel, RefusesNamesDefinedTwice) {
  auto model = good();
  node_with(model, "Squeeze")->set_output(0, node_with(model, "GRU")->output(0));
  EXPECT_THAT(error_for(model), HasSubstr("is defined twice"));
  model = good();
  *model.mutable_graph()->add_initializer() = *constant_named(model, "layer0.W");
  EXPECT_THAT(error_for(model), HasSubstr("\"layer0.W\" is defined twice"));
  model = good();
  *model.mutable_graph()->add_input() = model.graph().input(0);
  EXPECT_THAT(error_for(model), HasSubstr("\"input\" is listed twice"));
}

TEST_F(LoadModel, RefusesACycle) {
  auto model = good();
  node_with(model, "GRU")->set_input(0, node_with(model, "Squeeze")->output(0));
  EXPECT_THAT(error_for(model), HasSubstr("the graph has a cycle"));
}

TEST_F(LoadModel, SortsNodesThatStandInTheWrongOrder) {
  auto model = good();
  model.mutable_graph()->mutable_node()->SwapElements(0, model.graph().node_size() - 1);
  const Model loaded = load_model(testing::write_model(folder_, model));
  EXPECT_EQ(loaded.graph->nodes.front().op, "Transpose");
  testing::expect_same(network_of(loaded), testing::random_network({}));
}

TEST_F(LoadModel, RefusesARecipeThatIsNoRecipe) {
  auto model = good();
  auto* entry = model.add_metadata_props();
  entry->set_key("steelyard.recipe");
  entry->set_value("{\"window\": \"eight\"}");
  EXPECT_THAT(error_for(model), HasSubstr("steelyard.recipe"));
}

TEST_F(LoadModel, FindsTheAxisThatCountsWindows) {
  auto model = good();
  auto* shape = model.mutable_graph()
                    ->mutable_input(0)
                    ->mutable_type()
                    ->mutable_tensor_type()
                    ->mutable_shape();
  const auto axis = [&] {
    return load_model(testing::write_model(folder_, model)).inputs[0].batch_axis;
  };
  EXPECT_EQ(axis(), 0);
  shape->mutable_dim(0)->set_dim_value(8);
  shape->mutable_dim(1)->set_dim_param("N");
  EXPECT_EQ(axis(), 1);
  shape->mutable_dim(1)->set_dim_value(1);
  EXPECT_EQ(axis(), 1);
  shape->mutable_dim(0)->set_dim_value(1);
  shape->mutable_dim(1)->set_dim_value(8);
  EXPECT_EQ(axis(), 0);
}

TEST_F(LoadModel, TakesNoTableOfAsManyColumnsForABatch) {
  auto model = good();
  const auto set = [](onnx::ValueInfoProto& tensor, std::initializer_list<int> extents) {
    auto& shape = *tensor.mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.clear_dim();
    for (const int extent : extents) shape.add_dim()->set_dim_value(extent);
  };
  set(*model.mutable_graph()->mutable_input(0), {4, 8, 5});
  auto& other = *model.mutable_graph()->add_input();
  other = model.graph().input(0);
  other.set_name("other");
  const auto axis = [&](std::initializer_list<int> extents) {
    set(other, extents);
    return load_model(testing::write_model(folder_, model)).inputs[1].batch_axis;
  };
  EXPECT_EQ(axis({4, 100}), 0);
  EXPECT_EQ(axis({2, 4, 5}), 1);
  EXPECT_EQ(axis({8732, 4}), -1);
  EXPECT_EQ(axis({2, 5, 4}), -1);
  EXPECT_EQ(axis({1, 4}), 0);
}

TEST(StaticShapes, FillOpenAxesAndKeepFixedOnes) {
  TensorInfo input{"x", ElementType::f32, {-1, -1, 5}, 0};
  TensorInfo fixed{"y", ElementType::f32, {1, 16, 5}, 0};
  const auto known = static_shapes({input, fixed}, 1, 8);
  EXPECT_EQ(known[0].shape, (std::vector<std::int64_t>{1, 8, 5}));
  EXPECT_EQ(known[1].shape, (std::vector<std::int64_t>{1, 16, 5}));
  EXPECT_THAT(testing::error_of([&] { static_shapes({fixed}, 4, 8); }),
              HasSubstr("takes 1 windows at a time (\"y\" is [1,16,5]), not 4"));
}

}  // namespace
}  // namespace steelyard
