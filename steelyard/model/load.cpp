// SPDX-License-Identifier: Apache-2.0
// From a file to a Model. Everything that can be wrong with the file is said here, in one sentence.
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/base/hash.h"
#include "steelyard/model/graph.h"
#include "steelyard/model/model.h"
#include "steelyard/model/one_line.h"
#include "steelyard/model/weights.h"
#include "steelyard/record/encode.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kNewestIr = 13;
// Protobuf counts message sizes in an int.
constexpr std::uintmax_t kMaxBytes = std::numeric_limits<std::int32_t>::max();

std::string bytes_of(const fs::path& file) {
  const std::string name = file.string();
  std::error_code error;
  const auto status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found)
    throw Error(fmt::format("{} does not exist", name), "check the path of the model");
  if (fs::is_directory(status))
    throw Error(fmt::format("{} is a folder, not an ONNX file", name),
                "name the .onnx file inside it");
  if (!fs::is_regular_file(status))
    throw Error(fmt::format("{} is not a regular file", name), "name an .onnx file");
  const auto size = fs::file_size(file, error);
  if (!error && size == 0)
    throw Error(fmt::format("{} is empty", name), "export or copy the model again");
  if (!error && size > kMaxBytes)
    throw Error(fmt::format("{} has {:.1f} GB; an ONNX file holds at most 2 GB", name,
                            static_cast<double>(size) * 1e-9),
                "save the model with external data");
  std::string bytes(error ? 0 : size, '\0');
  std::ifstream stream(file, std::ios::binary);
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || error)
    throw Error(fmt::format("{} cannot be read: {}", name, std::strerror(errno)),
                "check its permissions");
  return bytes;
}

std::string hint_for_other_bytes(std::string_view bytes) {
  if (bytes.starts_with("version https://git-lfs"))
    return "this is a Git LFS pointer; run `git lfs pull` to get the model itself";
  if (bytes.starts_with('<')) return "this is a web page; download the raw file instead";
  if (bytes.starts_with("PK") || bytes.starts_with("\x80"))
    return "this looks like PyTorch's own format; export it with torch.onnx.export";
  return "export or copy the model again";
}

onnx::ModelProto parse(const std::string& bytes, const fs::path& file) {
  const google::protobuf::LogSilencer quiet;
  onnx::ModelProto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw Error(fmt::format("{} is truncated or not an ONNX file", file.string()),
                hint_for_other_bytes(bytes));
  if (!proto.has_graph() || (proto.graph().node_size() == 0 && proto.graph().output_size() == 0))
    throw Error(fmt::format("{} holds no graph", file.string()), hint_for_other_bytes(bytes));
  if (proto.ir_version() < 1 || proto.ir_version() > kNewestIr)
    throw Error(fmt::format("{} has IR version {}; versions 1 to {} are understood", file.string(),
                            proto.ir_version(), kNewestIr),
                "export the model again with an older opset (17 is a good choice)");
  return proto;
}

std::int64_t opset_of(const onnx::ModelProto& proto, const fs::path& file) {
  for (const auto& import : proto.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") return import.version();
  if (proto.ir_version() < 3) return 1;
  throw Error(fmt::format("{} does not say which operator set it uses", file.string()),
              "the file is incomplete; export or copy it again");
}

bool names_the_batch(const std::string& param) {
  std::string lower = param;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("batch") != std::string::npos || lower == "n" || lower == "b";
}

int batch_axis_of(const std::vector<std::int64_t>& shape, const std::vector<std::string>& params) {
  const auto open = [&](std::size_t i) { return shape[i] < 0; };
  int only_open = -1;
  int count = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (open(i) && names_the_batch(params[i])) return static_cast<int>(i);
    if (open(i) && ++count == 1) only_open = static_cast<int>(i);
  }
  // Several open axes without a telling name: the first, as frameworks put it.
  if (count > 0) return only_open;
  if (shape.size() < 2) return -1;
  // All fixed: [1,8,5] counts windows in axis 0, [8,1,5] (time first) and [2,1,5] (states) in
  // axis 1.
  return shape.size() == 3 && shape[0] != 1 && shape[1] == 1 ? 1 : 0;
}

TensorInfo read_info(const onnx::ValueInfoProto& proto) {
  TensorInfo info;
  info.name = proto.name();
  info.type = ElementType::other;
  if (!proto.type().has_tensor_type()) return info;
  const auto& tensor = proto.type().tensor_type();
  info.type = element_type_of(tensor.elem_type());
  std::vector<std::string> params;
  for (const auto& dim : tensor.shape().dim()) {
    const bool fixed = dim.has_dim_value() && dim.dim_value() >= 0;
    info.shape.push_back(fixed ? dim.dim_value() : -1);
    params.push_back(dim.dim_param());
  }
  info.batch_axis = batch_axis_of(info.shape, params);
  return info;
}

// What is fixed to another number than the first input's batch counts something else than windows,
// a hundred boxes, a table of anchors. But [2,3,5] holds states of three windows.
void agree_on_batch(Model& model) {
  const auto first = std::find_if(model.inputs.begin(), model.inputs.end(),
                                  [](const TensorInfo& tensor) { return tensor.batch_axis >= 0; });
  if (first == model.inputs.end()) return;
  const auto extent = [](const TensorInfo& tensor) {
    return tensor.shape[static_cast<std::size_t>(tensor.batch_axis)];
  };
  const std::int64_t batch = extent(*first);
  for (auto* tensors : {&model.inputs, &model.outputs})
    for (TensorInfo& tensor : *tensors) {
      if (tensor.batch_axis < 0 || extent(tensor) < 0 || extent(tensor) == batch) continue;
      if (batch > 1 && tensor.shape.size() == 3 && tensor.shape[1] == batch)
        tensor.batch_axis = 1;
      else if (extent(tensor) > 1)
        tensor.batch_axis = -1;
    }
}

void read_recipe(Model& model) {
  const auto found = model.metadata.find("steelyard.recipe");
  if (found == model.metadata.end()) return;
  try {
    model.recipe = from_json<WindowRecipe>(found->second);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: its metadata \"steelyard.recipe\" cannot be read: {}",
                            model.path.string(), error.what()),
                "train the model again, or remove that metadata to measure it without a recipe");
  }
}

// With external data the file alone does not say which weights were weighed.
std::string identity_of(const std::string& bytes, const fs::path& file,
                        const std::set<fs::path>& external) {
  std::string hash = sha256(std::string_view(bytes));
  if (external.empty()) return hash;
  for (const auto& location : external)
    hash += "\n" + location.generic_string() + " " + sha256_of_file(file.parent_path() / location);
  return sha256(std::string_view(hash));
}

Model model_in(const fs::path& file) {
  const std::string bytes = bytes_of(file);
  const onnx::ModelProto proto = parse(bytes, file);
  Model model;
  model.name = file.stem().string();
  model.path = file;
  model.bytes = bytes.size();
  model.ir = proto.ir_version();
  model.opset = opset_of(proto, file);
  model.producer = proto.producer_name();
  if (!proto.producer_version().empty()) model.producer += " " + proto.producer_version();
  for (const auto& entry : proto.metadata_props()) model.metadata[entry.key()] = entry.value();

  std::set<fs::path> external;
  auto graph = std::make_shared<Graph>(read_graph(proto.graph(), file, external));
  for (const auto& input : proto.graph().input())
    if (!graph->constants.contains(input.name())) model.inputs.push_back(read_info(input));
  for (const auto& output : proto.graph().output()) model.outputs.push_back(read_info(output));
  agree_on_batch(model);
  if (model.inputs.empty())
    throw Error(fmt::format("{}: the graph has no input", file.string()),
                "export the model with its input");
  model.graph = std::move(graph);
  model.sha256 = identity_of(bytes, file, external);
  read_recipe(model);
  return model;
}

}  // namespace

Model load_model(const fs::path& file) {
  return in_one_line([&] { return model_in(file); });
}

}  // namespace steelyard
