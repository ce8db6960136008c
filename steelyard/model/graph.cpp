// SPDX-License-Identifier: Apache-2.0
// See graph.h.
#include "steelyard/model/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/model/one_line.h"
#include "steelyard/model/weights.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;
constexpr const char* kDamaged = "export the model again; onnx.checker says more about the file";

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw Error(fmt::format("{}: {}", file.string(), what), kDamaged);
}

class Reader {
 public:
  Reader(const fs::path& file, std::set<fs::path>& external) : file_(file), external_(external) {}

  Graph read(const onnx::GraphProto& proto) {
    define_constants(proto);
    define_inputs(proto);
    std::vector<std::vector<std::string>> captured;
    for (int i = 0; i < proto.node_size(); ++i) {
      graph_.nodes.push_back(read_node(proto.node(i), i));
      captured.push_back(captured_by(proto.node(i)));
      for (const auto& output : graph_.nodes.back().outputs)
        if (!output.empty()) define(output, i);
    }
    sort(captured);
    check_outputs(proto);
    check_finite();
    return std::move(graph_);
  }

 private:
  static constexpr int kGiven = -1;  // by an initializer or an input, not by a node

  void define(const std::string& name, int node) {
    if (!maker_.emplace(name, node).second)
      refuse(file_, fmt::format("the name \"{}\" is defined twice", name));
  }

  void define_constants(const onnx::GraphProto& proto) {
    for (const auto& initializer : proto.initializer()) {
      define(initializer.name(), kGiven);
      graph_.constants.emplace(initializer.name(), read_tensor(initializer, file_, external_));
    }
    for (const auto& sparse : proto.sparse_initializer()) define(sparse.values().name(), kGiven);
  }

  void define_inputs(const onnx::GraphProto& proto) {
    std::unordered_set<std::string> seen;
    for (const auto& input : proto.input()) {
      if (!seen.insert(input.name()).second)
        refuse(file_, fmt::format("the input \"{}\" is listed twice", input.name()));
      // Before IR 4 every initializer was listed among the inputs too.
      maker_.emplace(input.name(), kGiven);
    }
  }

  Node read_node(const onnx::NodeProto& proto, int index) {
    Node node;
    node.name = proto.name().empty() ? fmt::format("#{}", index) : printable(proto.name());
    const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
    node.op = printable(standard ? proto.op_type() : proto.domain() + ":" + proto.op_type());
    if (proto.op_type().empty())
      refuse(file_, fmt::format("node \"{}\" has no operator", node.name));
    node.inputs.assign(proto.input().begin(), proto.input().end());
    node.outputs.assign(proto.output().begin(), proto.output().end());
    for (const auto& attribute : proto.attribute())
      node.attributes.push_back(read_attribute(attribute));
    return node;
  }

  Attribute read_attribute(const onnx::AttributeProto& proto) {
    Attribute attribute{proto.name(), std::int64_t{0}};
    switch (proto.type()) {
      case onnx::AttributeProto::INT:
        attribute.value = static_cast<std::int64_t>(proto.i());
        break;
      case onnx::AttributeProto::FLOAT:
        attribute.value = proto.f();
        break;
      case onnx::AttributeProto::STRING:
        attribute.value = proto.s();
        break;
      case onnx::AttributeProto::INTS:
        attribute.value = std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
        break;
      case onnx::AttributeProto::FLOATS:
        attribute.value = std::vector<float>(proto.floats().begin(), proto.floats().end());
        break;
      case onnx::AttributeProto::STRINGS:
        attribute.value = std::vector<std::string>(proto.strings().begin(), proto.strings().end());
        break;
      case onnx::AttributeProto::TENSOR:
        attribute.value = read_tensor(proto.t(), file_, external_);
        break;
      default:
        // Subgraphs and the like: whoever interprets the node refuses it by its operator.
        attribute.value = onnx::AttributeProto::AttributeType_Name(proto.type());
    }
    return attribute;
  }

  // Names that the node's subgraphs take from outside.
  static std::vector<std::string> captured_by(const onnx::NodeProto& proto) {
    std::vector<std::string> used;
    std::unordered_set<std::string> own;
    const std::function<void(const onnx::GraphProto&)> walk = [&](const onnx::GraphProto& graph) {
      for (const auto& input : graph.input()) own.insert(input.name());
      for (const auto& initializer : graph.initializer()) own.insert(initializer.name());
      for (const auto& node : graph.node()) {
        used.insert(used.end(), node.input().begin(), node.input().end());
        own.insert(node.output().begin(), node.output().end());
        for (const auto& attribute : node.attribute()) {
          if (attribute.has_g()) walk(attribute.g());
          for (const auto& inner : attribute.graphs()) walk(inner);
        }
      }
    };
    for (const auto& attribute : proto.attribute()) {
      if (attribute.has_g()) walk(attribute.g());
      for (const auto& graph : attribute.graphs()) walk(graph);
    }
    std::erase_if(used,
                  [&](const std::string& name) { return name.empty() || own.contains(name); });
    return used;
  }

  // Kahn's algorithm; among nodes that are ready the one that stands first in the file goes first.
  void sort(const std::vector<std::vector<std::string>>& captured) {
    const std::size_t count = graph_.nodes.size();
    std::vector<std::vector<std::size_t>> users(count);
    std::vector<std::size_t> waiting(count, 0);
    const auto depend = [&](std::size_t user, int maker) {
      if (maker == kGiven) return;
      users[static_cast<std::size_t>(maker)].push_back(user);
      ++waiting[user];
    };
    for (std::size_t i = 0; i < count; ++i) {
      for (const auto& input : graph_.nodes[i].inputs) {
        if (input.empty()) continue;
        const auto found = maker_.find(input);
        if (found == maker_.end())
          refuse(file_, fmt::format("node \"{}\" ({}) reads \"{}\", which nothing defines",
                                    graph_.nodes[i].name, graph_.nodes[i].op, input));
        depend(i, found->second);
      }
      for (const auto& name : captured[i])
        if (const auto found = maker_.find(name); found != maker_.end()) depend(i, found->second);
    }
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < count; ++i)
      if (waiting[i] == 0) ready.push(i);
    std::vector<Node> sorted;
    sorted.reserve(count);
    while (!ready.empty()) {
      const std::size_t next = ready.top();
      ready.pop();
      sorted.push_back(std::move(graph_.nodes[next]));
      for (const auto user : users[next])
        if (--waiting[user] == 0) ready.push(user);
    }
    if (sorted.size() < count) {
      const auto stuck = std::find_if(waiting.begin(), waiting.end(), [](auto n) { return n > 0; });
      const Node& node = graph_.nodes[static_cast<std::size_t>(stuck - waiting.begin())];
      refuse(file_, fmt::format("node \"{}\" ({}) waits for its own output: the graph has a cycle",
                                node.name, node.op));
    }
    graph_.nodes = std::move(sorted);
  }

  void check_outputs(const onnx::GraphProto& proto) {
    if (proto.output_size() == 0) refuse(file_, "the graph has no output");
    for (const auto& output : proto.output())
      if (!maker_.contains(output.name()))
        refuse(file_, fmt::format("nothing computes the output \"{}\"", output.name()));
  }

  // Infinity is legal in an attention mask, never in a weight.
  void check_finite() {
    static constexpr std::array<std::string_view, 6> kWeighted{"GRU",  "LSTM",   "RNN",
                                                               "Gemm", "MatMul", "Conv"};
    for (const auto& node : graph_.nodes) {
      if (std::find(kWeighted.begin(), kWeighted.end(), node.op) == kWeighted.end()) continue;
      for (const auto& input : node.inputs) {
        const auto found = graph_.constants.find(input);
        if (found != graph_.constants.end() && !all_finite(found->second))
          throw Error(fmt::format("{}: tensor \"{}\" of node \"{}\" ({}) contains infinity",
                                  file_.string(), input, node.name, node.op),
                      "the training has diverged; train the model again");
      }
    }
  }

  const fs::path& file_;
  std::set<fs::path>& external_;
  Graph graph_;
  std::unordered_map<std::string, int> maker_;  // name -> index of its node in the file
};

}  // namespace

Graph read_graph(const onnx::GraphProto& proto, const fs::path& file,
                 std::set<fs::path>& external) {
  return Reader(file, external).read(proto);
}

}  // namespace steelyard
