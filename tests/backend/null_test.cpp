// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "steelyard/backend/registry.h"

namespace steelyard {
namespace {

Model model_of_any_kind() {
  Model model;
  model.name = "any";
  TensorInfo in{"x", ElementType::f32, {-1, -1, 5}, 0};
  TensorInfo out{"y", ElementType::f32, {-1, 3}, 0};
  model.inputs = {in};
  model.outputs = {out};
  return model;
}

TEST(Null, HasTheSignatureOfTheModel) {
  const auto backend = make_null_backend();
  const auto compiled =
      backend->compile(model_of_any_kind(), nullptr, backend->devices().front(), {});
  const auto session = compiled->open(4);
  const Signature& signature = session->signature();
  EXPECT_EQ(signature.input_bytes(), 4u * 8 * 5 * 4);
  EXPECT_EQ(signature.output_bytes(), 4u * 3 * 4);
}

TEST(Null, LeavesTheOutputAlone) {
  const auto backend = make_null_backend();
  const auto compiled =
      backend->compile(model_of_any_kind(), nullptr, backend->devices().front(), {});
  const auto session = compiled->open(1);
  std::vector<std::byte> in(session->signature().input_bytes(), std::byte{1});
  std::vector<std::byte> out(session->signature().output_bytes(), std::byte{42});
  session->infer(in, out);
  EXPECT_EQ(out, std::vector<std::byte>(out.size(), std::byte{42}));
}

TEST(Null, RefusesABatchBelowOne) {
  const auto backend = make_null_backend();
  const auto compiled =
      backend->compile(model_of_any_kind(), nullptr, backend->devices().front(), {});
  EXPECT_THROW(compiled->open(0), Error);
}

TEST(Null, HasNoSettings) {
  const auto backend = make_null_backend();
  CompileOptions options;
  options.settings = {{"threads", "1"}};
  EXPECT_THROW(backend->compile(model_of_any_kind(), nullptr, backend->devices().front(), options),
               UsageError);
}

}  // namespace
}  // namespace steelyard
