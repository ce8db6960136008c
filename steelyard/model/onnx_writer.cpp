// SPDX-License-Identifier: Apache-2.0
// See onnx_writer.h.
#include "steelyard/model/onnx_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <onnx/checker.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

constexpr std::int64_t kIr = 8;
constexpr std::int64_t kOpset = 17;

// A file under a temporary name; removed unless it gets its final one.
class Draft {
 public:
  explicit Draft(const fs::path& file)
      : final_(file), path_(fmt::format("{}.{}.part", file.string(), ::getpid())) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) refuse();
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!kept_) ::unlink(path_.c_str());
  }

  void write(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto written = ::write(descriptor_, bytes.data() + at, bytes.size() - at);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) refuse();
      at += static_cast<std::size_t>(written);
    }
  }

  void keep() {
    if (::fsync(descriptor_) != 0) refuse();
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0 || ::rename(path_.c_str(), final_.c_str()) != 0) refuse();
    kept_ = true;
  }

 private:
  [[noreturn]] void refuse() const {
    throw Error(fmt::format("{} cannot be written: {}", final_.string(), std::strerror(errno)),
                "check that its folder exists, may be written and has room");
  }

  fs::path final_, path_;
  int descriptor_ = -1;
  bool kept_ = false;
};

}  // namespace

OnnxWriter::OnnxWriter(const char* graph) : graph_(*model_.mutable_graph()) {
  model_.set_ir_version(kIr);
  model_.set_producer_name("steelyard");
  auto& opset = *model_.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  graph_.set_name(graph);
}

std::string OnnxWriter::node(const std::string& op, const std::vector<std::string>& inputs,
                             const std::vector<Integers>& attributes, int output) {
  auto& proto = *graph_.add_node();
  const std::string name = fmt::format("{}_{}", op, count_++);
  proto.set_name(name);
  proto.set_op_type(op);
  for (const auto& input : inputs) proto.add_input(input);
  for (int i = 0; i < output; ++i) proto.add_output("");
  proto.add_output(name + "_output");
  last_output_ = output;
  for (const auto& attribute : attributes) {
    auto& added = *proto.add_attribute();
    added.set_name(attribute.name);
    added.set_type(onnx::AttributeProto::INTS);
    for (const auto value : attribute.values) added.add_ints(value);
  }
  return name + "_output";
}

std::string OnnxWriter::activated(Activation activation, const std::string& x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return node("Relu", {x});
    case Activation::sigmoid:
      return node("Sigmoid", {x});
    case Activation::tanh:
      return node("Tanh", {x});
  }
  return x;
}

onnx::AttributeProto& OnnxWriter::attribute(const char* name,
                                            onnx::AttributeProto::AttributeType type) {
  auto& added = *graph_.mutable_node(graph_.node_size() - 1)->add_attribute();
  added.set_name(name);
  added.set_type(type);
  return added;
}

std::string OnnxWriter::constant(const std::string& name, std::initializer_list<std::int64_t> shape,
                                 const void* data, std::size_t bytes, int type) {
  auto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const auto extent : shape) tensor.add_dims(extent);
  tensor.set_raw_data(data, bytes);
  return name;
}

std::string OnnxWriter::floats(const std::string& name, std::initializer_list<std::int64_t> shape,
                               const std::vector<float>& data) {
  std::size_t count = 1;
  for (const auto extent : shape) count *= static_cast<std::size_t>(extent);
  if (count != data.size())
    throw Error(fmt::format("the network cannot be saved: {} has {} numbers instead of {}", name,
                            data.size(), count));
  return constant(name, shape, data.data(), data.size() * sizeof(float), onnx::TensorProto::FLOAT);
}

std::string OnnxWriter::integers(const std::string& name,
                                 std::initializer_list<std::int64_t> values) {
  return constant(name, {static_cast<std::int64_t>(values.size())}, values.begin(),
                  values.size() * sizeof(std::int64_t), onnx::TensorProto::INT64);
}

std::string OnnxWriter::integer(const std::string& name, std::int64_t value) {
  return constant(name, {}, &value, sizeof value, onnx::TensorProto::INT64);
}

onnx::ModelProto OnnxWriter::finish(const char* output) {
  graph_.mutable_node(graph_.node_size() - 1)->set_output(last_output_, output);
  return std::move(model_);
}

void write_onnx(onnx::ModelProto model, const std::map<std::string, std::string>& metadata,
                const fs::path& file) {
  for (const auto& [key, value] : metadata) {
    auto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  try {
    onnx::checker::check_model(model);
  } catch (const std::exception& error) {
    throw Error(fmt::format("{} would not be valid ONNX: {}", file.string(), error.what()));
  }
  Draft draft(file);
  draft.write(model.SerializeAsString());
  draft.keep();
}

}  // namespace steelyard
