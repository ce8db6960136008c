// SPDX-License-Identifier: Apache-2.0
// ONNX as protobuf bytes, written by hand: a benchmark needs no more of the format than this.
#include "perf/engine/onnx_file.h"

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace steelyard::perf {
namespace {

using Shape = std::vector<std::int64_t>;

// A protobuf message being written; numbers are ONNX's field numbers.
struct Message {
  std::string bytes;
  void varint(std::uint64_t v) {
    for (; v > 127; v >>= 7) bytes.push_back(char(v | 128));
    bytes.push_back(char(v));
  }
  Message& integer(int field, std::int64_t v) {
    varint(field << 3);
    varint(std::uint64_t(v));
    return *this;
  }
  Message& text(int field, const std::string& v) {
    varint(field << 3 | 2);
    varint(v.size());
    bytes += v;
    return *this;
  }
  Message& nested(int field, const Message& m) { return text(field, m.bytes); }
};

Message tensor(const std::string& name, const Shape& shape, int type, const void* data,
               std::size_t bytes) {
  Message m;
  for (const auto d : shape) m.integer(1, d);
  return m.integer(2, type).text(8, name).text(9,
                                               std::string(static_cast<const char*>(data), bytes));
}

Message value_info(const std::string& name, const Shape& shape) {
  Message dims;
  for (const auto d : shape) dims.nested(1, Message().integer(1, d));
  const Message type = Message().nested(1, Message().integer(1, 1).nested(2, dims));
  return Message().text(1, name).nested(2, type);
}

Message integer_attribute(const std::string& name, std::int64_t v) {
  return Message().text(1, name).integer(3, v).integer(20, 2);
}
Message text_attribute(const std::string& name, const std::string& v) {
  return Message().text(1, name).text(4, v).integer(20, 3);
}
Message list_attribute(const std::string& name, const Shape& v) {
  Message m = Message().text(1, name);
  for (const auto i : v) m.integer(8, i);
  return m.integer(20, 7);
}

class Writer {
 public:
  explicit Writer(const Problem& p) : p_(p), n_(p.network) {}

  std::string write() {
    const std::int64_t T = p_.window, B = p_.batch;
    graph_.text(2, "net");
    input("x", {T, B, n_.features});
    std::string x = "x";
    for (std::size_t l = 0; l < n_.layers.size(); ++l) x = layer(int(l), x);
    const Recurrent& last = n_.layers.back();
    const std::int64_t D = last.directions;
    const std::string state = "h_out" + std::to_string(n_.layers.size() - 1);
    if (D == 2) {
      node("Transpose", {state}, {"by_sample"}, {list_attribute("perm", {1, 0, 2})});
      integers("flat", {B, 2 * last.hidden});
      node("Reshape", {"by_sample", "flat"}, {"read"}, {});
    } else {
      integers("axis0", {0});
      node("Squeeze", {state, "axis0"}, {"read"}, {});
    }
    const Dense& head = n_.head.front();
    floats("head_w", {head.output, head.input}, head.w);
    floats("head_b", {head.output}, head.b);
    node("Gemm", {"read", "head_w", "head_b"}, {"y"}, {integer_attribute("transB", 1)});
    outputs_.insert(outputs_.begin(), value_info("y", {B, head.output}));
    for (const Message& o : outputs_) graph_.nested(12, o);
    return Message()
        .integer(1, 8)
        .nested(7, graph_)
        .nested(8, Message().text(1, "").integer(2, 17))
        .bytes;
  }

 private:
  std::string layer(int index, const std::string& x) {
    const Recurrent& r = n_.layers[index];
    const std::string id = std::to_string(index);
    const bool last = index + 1 == int(n_.layers.size());
    const std::int64_t D = r.directions, G = gates_of(r.cell), H = r.hidden, B = p_.batch;
    floats("w" + id, {D, G * H, r.input}, r.w);
    floats("r" + id, {D, G * H, H}, r.r);
    floats("b" + id, {D, 2 * G * H}, r.b);
    std::vector<std::string> in = {x, "w" + id, "r" + id, "b" + id};
    std::vector<std::string> out = {last ? "" : "y" + id, "h_out" + id};
    std::vector<Message> attributes = {
        integer_attribute("hidden_size", H),
        text_attribute("direction", D == 2 ? "bidirectional" : "forward")};
    if (r.cell == Cell::gru) attributes.push_back(integer_attribute("linear_before_reset", 1));
    if (p_.stream) {
      for (const std::string s : {"h", "c"}) {
        if (s == "c" && r.cell != Cell::lstm) continue;
        if (s == "h") in.push_back("");
        in.push_back(s + "_in" + id);
        input(in.back(), {D, B, H});
        if (s == "c") out.push_back("c_out" + id);
        outputs_.push_back(value_info(s + "_out" + id, {D, B, H}));
      }
    }
    node(r.cell == Cell::lstm ? "LSTM" : r.cell == Cell::gru ? "GRU" : "RNN", in, out, attributes);
    if (last) return "";
    if (D == 2) {
      node("Transpose", {"y" + id}, {"t" + id}, {list_attribute("perm", {0, 2, 1, 3})});
      integers("shape" + id, {p_.window, B, 2 * H});
      node("Reshape", {"t" + id, "shape" + id}, {"s" + id}, {});
    } else {
      integers("axis" + id + "_1", {1});
      node("Squeeze", {"y" + id, "axis" + id + "_1"}, {"s" + id}, {});
    }
    return "s" + id;
  }

  void input(const std::string& name, const Shape& shape) {
    graph_.nested(11, value_info(name, shape));
  }
  void floats(const std::string& name, const Shape& shape, const std::vector<float>& v) {
    graph_.nested(5, tensor(name, shape, 1, v.data(), v.size() * sizeof(float)));
  }
  void integers(const std::string& name, const Shape& v) {
    graph_.nested(5, tensor(name, {std::int64_t(v.size())}, 7, v.data(), v.size() * 8));
  }
  void node(const std::string& op, const std::vector<std::string>& in,
            const std::vector<std::string>& out, const std::vector<Message>& attributes) {
    Message m;
    for (const auto& i : in) m.text(1, i);
    for (const auto& o : out) m.text(2, o);
    m.text(3, op + std::to_string(nodes_++)).text(4, op);
    for (const auto& a : attributes) m.nested(5, a);
    graph_.nested(1, m);
  }

  const Problem& p_;
  const Network& n_;
  Message graph_;
  std::vector<Message> outputs_;
  int nodes_ = 0;
};

}  // namespace

void write_onnx(const Problem& problem, const std::string& file) {
  const std::string bytes = Writer(problem).write();
  std::ofstream out(file, std::ios::binary);
  out << bytes;
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

}  // namespace steelyard::perf
