// SPDX-License-Identifier: Apache-2.0
// oneDNN's recurrent primitives (version 3, or 2 as Debian 12 has it), one thread: fp32 and bf16.
// The scratchpad is ours, because the library's own belongs to the thread that made it.
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "perf/engine/peer.h"

namespace steelyard::perf {
namespace {

using Memory = dnnl::memory;
using Tag = Memory::format_tag;
using Type = Memory::data_type;

// ONNX's LSTM gates are i o f c, oneDNN's i f c o; GRU gates are z r h in both.
int onnx_gate(Cell cell, int gate) {
  static constexpr int kLstm[] = {0, 2, 3, 1};
  return cell == Cell::lstm ? kLstm[gate] : gate;
}

float widened(std::uint16_t bf16) {
  const std::uint32_t bits = std::uint32_t(bf16) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

class OneDnn final : public Running {
 public:
  OneDnn(const Problem& p, bool bf16) : p_(p), type_(bf16 ? Type::bf16 : Type::f32) {
    const Memory::dims given{p.window, p.batch, p.network.features};
    input_ = Memory({given, Type::f32, Tag::tnc}, engine_);
    Memory before = input_;
    if (bf16) {
      // It uses AMX for even numbers of features only, and one of zeros more makes it so. For one
      // window it is faster without.
      const Memory::dim more = p.batch > 1 ? given[2] % 2 : 0;
      before = Memory({{p.window, p.batch, given[2] + more}, type_, Tag::tnc}, engine_);
      std::memset(before.get_data_handle(), 0, before.get_desc().get_size());
      source_ = Memory(before.get_desc().submemory_desc(given, {0, 0, 0}), engine_,
                       before.get_data_handle());
      convert_ = dnnl::reorder(input_, source_);
      padded_ = before;  // owns what source_ writes to
    }
    for (const Recurrent& r : p.network.layers) before = add(r, before);
    reset();
  }

  void run(const float* input, float* output) override {
    std::memcpy(input_.get_data_handle(), input, input_.get_desc().get_size());
    if (type_ == Type::bf16) convert_.execute(stream_, input_, source_);
    for (Layer& l : layers_) {
      l.primitive.execute(stream_, l.arguments);
      if (!p_.stream) continue;
      std::memcpy(l.h.get_data_handle(), l.h_next.get_data_handle(), l.h.get_desc().get_size());
      std::memcpy(l.c.get_data_handle(), l.c_next.get_data_handle(), l.c.get_desc().get_size());
    }
    stream_.wait();
    const Recurrent& last = p_.network.layers.back();
    const Dense& head = p_.network.head[0];
    for (int b = 0; b < p_.batch; ++b) {
      float y = head.b[0];
      for (int d = 0; d < last.directions; ++d) {
        for (int k = 0; k < last.hidden; ++k) {
          y += head.w[d * last.hidden + k] * state((d * p_.batch + b) * last.hidden + k);
        }
      }
      output[b] = y;
    }
  }

  void reset() override {
    for (Layer& l : layers_) {
      for (Memory* m : {&l.h, &l.c}) {
        if (*m) std::memset(m->get_data_handle(), 0, m->get_desc().get_size());
      }
    }
  }

 private:
  struct Layer {
    dnnl::primitive primitive;
    std::unordered_map<int, Memory> arguments;
    Memory h, c, h_next, c_next;
  };

  static int width_of(const Memory& x) {
#if DNNL_VERSION_MAJOR >= 3
    return int(x.get_desc().get_dims()[2]);
#else
    return int(x.get_desc().dims()[2]);
#endif
  }
  float state(int at) const {
    const void* data = layers_.back().h_next.get_data_handle();
    return type_ == Type::bf16 ? widened(static_cast<const std::uint16_t*>(data)[at])
                               : static_cast<const float*>(data)[at];
  }

  // [direction][in][gate][unit] from a matrix [direction][gate][unit][in]; with zeros for `more`.
  Memory weights(const Recurrent& r, const std::vector<float>& from, int in, int more,
                 const Memory::desc& wanted) {
    const int G = gates_of(r.cell), H = r.hidden, D = r.directions;
    Memory plain({{1, D, in + more, G, H}, Type::f32, Tag::ldigo}, engine_);
    auto* to = static_cast<float*>(plain.get_data_handle());
    for (int d = 0; d < D; ++d)
      for (int k = 0; k < in + more; ++k)
        for (int g = 0; g < G; ++g)
          for (int o = 0; o < H; ++o)
            *to++ = k < in ? from[((std::size_t(d) * G + onnx_gate(r.cell, g)) * H + o) * in + k]
                           : 0.0f;
    Memory packed(wanted, engine_);
    dnnl::reorder(plain, packed).execute(stream_, plain, packed);
    stream_.wait();
    return packed;
  }

  Memory bias(const Recurrent& r) {
    const int G = gates_of(r.cell), H = r.hidden;
    Memory m({{1, r.directions, 4, H}, Type::f32, Tag::ldgo}, engine_);
    auto* to = static_cast<float*>(m.get_data_handle());
    for (int d = 0; d < r.directions; ++d) {
      const float* b = r.b.data() + std::size_t(d) * 2 * G * H;
      for (int g = 0; g < 4; ++g) {
        for (int o = 0; o < H; ++o) {
          // The fourth of a GRU is what r multiplies.
          if (r.cell == Cell::gru && g >= 2) {
            *to++ = b[(g == 2 ? 2 : G + 2) * H + o];
          } else {
            *to++ = b[onnx_gate(r.cell, g) * H + o] + b[(G + onnx_gate(r.cell, g)) * H + o];
          }
        }
      }
    }
    return m;
  }

  template <class Primitive, class... Settings>
  typename Primitive::primitive_desc described(const dnnl::primitive_attr& attributes,
                                               const Settings&... settings) const {
#if DNNL_VERSION_MAJOR >= 3
    return {engine_, settings..., attributes};
#else
    return {{settings...}, attributes, engine_};
#endif
  }

  template <class Description>
  void finish(Layer& l, const Recurrent& r, const Description& pd, const Memory& x,
              const Memory& y) {
    l.arguments = {{DNNL_ARG_SRC_LAYER, x},
                   {DNNL_ARG_WEIGHTS_LAYER,
                    weights(r, r.w, r.input, width_of(x) - r.input, pd.weights_layer_desc())},
                   {DNNL_ARG_WEIGHTS_ITER, weights(r, r.r, r.hidden, 0, pd.weights_iter_desc())},
                   {DNNL_ARG_BIAS, bias(r)},
                   {DNNL_ARG_DST_LAYER, y},
                   {DNNL_ARG_DST_ITER, l.h_next},
                   {DNNL_ARG_SCRATCHPAD, Memory(pd.scratchpad_desc(), engine_)}};
    if (l.h) l.arguments[DNNL_ARG_SRC_ITER] = l.h;
    if (l.c) l.arguments[DNNL_ARG_SRC_ITER_C] = l.c;
    if (l.c_next) l.arguments[DNNL_ARG_DST_ITER_C] = l.c_next;
  }

  Memory add(const Recurrent& r, const Memory& x) {
    const int D = r.directions, H = r.hidden, T = p_.window, B = p_.batch, G = gates_of(r.cell);
    const Memory::desc state({1, D, B, H}, type_, Tag::ldnc),
        cell({1, D, B, H}, Type::f32, Tag::ldnc), none;
    const Memory::desc wx({1, D, width_of(x), G, H}, type_, Tag::any),
        wh({1, D, H, G, H}, type_, Tag::any), b({1, D, 4, H}, Type::f32, Tag::ldgo),
        y({T, B, H * D}, type_, Tag::tnc);
    const auto direction = D == 2 ? dnnl::rnn_direction::bidirectional_concat
                                  : dnnl::rnn_direction::unidirectional_left2right;
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    constexpr auto kInference = dnnl::prop_kind::forward_inference;
    Layer l;
    Memory out(y, engine_);
    l.h_next = Memory(state, engine_);
    if (p_.stream) l.h = Memory(state, engine_);
    if (r.cell == Cell::lstm) {
      l.c_next = Memory(cell, engine_);
      if (p_.stream) l.c = Memory(cell, engine_);
      const auto pd = described<dnnl::lstm_forward>(
          attributes, kInference, direction, x.get_desc(), p_.stream ? state : none,
          p_.stream ? cell : none, wx, wh, b, y, state, cell);
      l.primitive = dnnl::lstm_forward(pd);
      finish(l, r, pd, x, out);
    } else {
      const auto pd =
          described<dnnl::lbr_gru_forward>(attributes, kInference, direction, x.get_desc(),
                                           p_.stream ? state : none, wx, wh, b, y, state);
      l.primitive = dnnl::lbr_gru_forward(pd);
      finish(l, r, pd, x, out);
    }
    layers_.push_back(std::move(l));
    return out;
  }

  const Problem& p_;
  Type type_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  Memory input_, source_, padded_;
  dnnl::reorder convert_;
  std::vector<Layer> layers_;
};

Running* open(const char* name, const Problem& p) {
  const bool bf16 = std::strstr(name, "bf16");
  if (bf16 && p.stream) return nullptr;  // its states would be rounded at every step
  return new OneDnn(p, bf16);
}

}  // namespace
}  // namespace steelyard::perf

STEELYARD_PEER("onednn,onednn-bf16", steelyard::perf::open)
