// SPDX-License-Identifier: Apache-2.0
// An ONNX file as data: what goes in and out, which nodes and weights it has, and how its inputs
// are made from a table. A Model is immutable once loaded and may be shared by threads. No ONNX or
// protobuf type appears here.
//
//   const Model model = load_model("GRU_Apple.onnx");  // every structural check is done here
//   const Network network = network_of(model);         // layers and weights, or an Error naming
//   the
//                                                      // node
//   const auto inputs = static_shapes(model.inputs, batch, window);  // no unknown axes left
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "steelyard/model/network.h"
#include "steelyard/record/record.h"

namespace steelyard {

enum class ElementType { f32, f16, bf16, f64, i8, u8, i32, i64, boolean, other };
// Bytes of one element; 0 for `other`.
std::size_t size_of(ElementType);

// How a byte stands for a number: value = (byte - zero) * scale. A scale of 0: it does not.
struct Affine {
  double scale = 0, zero = 0;
};

// Name, type and shape of an input or output. -1 is an axis known only when the model is opened.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::f32;
  std::vector<std::int64_t> shape;
  int batch_axis =
      -1;  // index of the axis that counts windows, open or fixed; -1 when there is none
  Affine quantised = {};         // of a u8 tensor that stands for the model's fp32 one
  std::size_t elements() const;  // an open axis counts as none
};

// A constant of the graph, little-endian, row-major.
struct Tensor {
  std::string name;
  ElementType type = ElementType::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
  std::int64_t elements() const;
};

struct Attribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
               std::vector<std::string>, Tensor>
      value;
};

struct Node {
  std::string name;                          // "#3" where the file gives none
  std::string op;                            // "GRU"; "com.microsoft:FusedGRU" from other domains
  std::vector<std::string> inputs, outputs;  // "" = optional one left out
  std::vector<Attribute> attributes;
  const Attribute* attribute(std::string_view name) const;  // null when absent
};

struct Graph {
  std::vector<Node> nodes;  // in topological order
  std::map<std::string, Tensor> constants;
};

struct Model {
  std::string name;  // file name without folder and suffix
  std::filesystem::path path;
  std::string sha256;  // of the file; with external data, of its hash and theirs
  std::uint64_t bytes = 0;
  std::int64_t ir = 0, opset = 0;
  std::string producer;
  std::vector<TensorInfo> inputs;  // without those that are only weights
  std::vector<TensorInfo> outputs;
  std::map<std::string, std::string> metadata;  // metadata_props as in the file
  std::optional<WindowRecipe> recipe;           // from metadata "steelyard.recipe"
  std::shared_ptr<const Graph> graph;
};

// Reads and checks an ONNX file (IR up to 13): existence, size, protobuf, weight lengths and
// shapes, NaN weights, external data present, names defined before use, one graph output at least.
// Throws Error with one clear sentence and a hint.
Model load_model(const std::filesystem::path& file);

// The network that the graph computes, if it is one that our engine knows: recurrent layers with
// simple ones around them, states and lengths that go in, answers and states that come out
// (docs/backends.md). Throws Error that names node, operator and (where it is to blame) attribute.
Network network_of(const Model&);

// The same with every axis known: `batch` for the batch axis, `window` for other open ones; axes
// that the model fixes stay. Throws Error when the model fixes the batch axis to something else.
std::vector<TensorInfo> static_shapes(const std::vector<TensorInfo>&, int batch, int window);

// The model's file with the shapes of static_shapes() for its inputs and outputs, as bytes, for
// compilers that do better when every axis is known. Weights outside the file stay there.
std::string static_onnx(const Model&, int batch, int window);

// Writes a Network as ONNX (IR 8, opset 17; standard GRU/LSTM/RNN operators, input "input" [batch,
// window, features], output "output" [batch, outputs], dynamic batch), checked by onnx::checker.
// The same arguments give the same bytes. `recipe` goes to metadata "steelyard.recipe" as JSON
// (unless it names no features), further `metadata` beside it. Throws Error for a network that goes
// beyond windows, zero states and one answer each (beyond_plain), and when the disk refuses;
// a half-written file never stands under the final name.
void save_network(const Network&, const WindowRecipe&,
                  const std::map<std::string, std::string>& metadata,
                  const std::filesystem::path& file);

}  // namespace steelyard
