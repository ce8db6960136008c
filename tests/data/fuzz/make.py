#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzzer: one small ONNX file for each form that the engine reads. Needs the Python package onnx.

python3 tests/data/fuzz/make.py FOLDER
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(sys.argv[1])
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


class Graph:
    def __init__(self, name, window=3, features=2, batch_first=False, opset=17):
        self.name, self.opset = name, opset
        self.random = np.random.default_rng(len(name))
        self.nodes, self.constants, self.count = [], [], 0
        shape = ["batch", window, features] if batch_first else [window, "batch", features]
        self.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]

    def const(self, value):
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.asarray(value), f"c{self.count}"))
        return f"c{self.count}"

    def weights(self, *shape, dtype=np.float32):
        return self.const((self.random.standard_normal(shape) * 0.5).astype(dtype))

    def node(self, op, inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"n{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names if outputs > 1 else names[0]

    def recurrent(self, op, x, features, hidden=2, directions=1, bias=True, extra=(), cast=None, **attributes):
        rows = GATES[op] * hidden
        shapes = [(directions, rows, features), (directions, rows, hidden)] + ([(directions, 2 * rows)] if bias else [])
        inputs = [x] + [cast(self, s) if cast else self.weights(*s) for s in shapes]
        if directions == 2:
            attributes["direction"] = "bidirectional"
        return self.node(op, inputs + list(extra), 3 if op == "LSTM" else 2, hidden_size=hidden, **attributes)

    def given(self, name, shape, kind=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def save(self, output, rank=2, more=()):
        outs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * r) for name, r in [(output, rank), *more]]
        graph = helper.make_graph(self.nodes, self.name, self.inputs, outs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, FOLDER / f"{self.name}.onnx")

    def squeeze(self, x, axis):
        return self.node("Squeeze", [x, self.const(np.array([axis], np.int64))])


def half(graph, shape):
    return graph.node("Cast", [graph.weights(*shape, dtype=np.float16)], to=TensorProto.FLOAT)


def quantised(graph, shape):
    bytes_ = graph.const(graph.random.integers(-127, 127, shape).astype(np.int8))
    return graph.node("DequantizeLinear", [bytes_, graph.const(np.float32(0.01)), graph.const(np.int8(0))])


for op in GATES:
    g = Graph(f"{op.lower()}_state")
    y = g.recurrent(op, "x", 2, **({"linear_before_reset": 0} if op == "GRU" else {}))
    h = g.squeeze(y[1], 0)
    g.save(g.node("Gemm", [h, g.weights(1, 2), g.weights(1)], transB=1))

    g = Graph(f"{op.lower()}_both_ways_layout", batch_first=True)
    y = g.recurrent(op, "x", 2, directions=2, layout=1, bias=False)
    flat = g.node("Reshape", [y[1], g.const(np.array([-1, 4], np.int64))])
    g.save(g.node("Sigmoid", [g.node("MatMul", [flat, g.weights(4, 1)])]))

g = Graph("gru_two_layers_last_step")
y = g.squeeze(g.recurrent("GRU", "x", 2, linear_before_reset=1)[0], 1)
y = g.squeeze(g.recurrent("GRU", y, 2, linear_before_reset=1)[0], 1)
g.save(g.node("Relu", [g.node("Gather", [y, g.const(np.array(-1, np.int64))], axis=0)]))

g = Graph("lstm_reverse_half")
g.save(g.squeeze(g.recurrent("LSTM", "x", 2, direction="reverse", cast=half)[1], 0))

g = Graph("lstm_quantised")
g.save(g.squeeze(g.recurrent("LSTM", "x", 2, bias=False, cast=quantised)[1], 0))

g = Graph("rnn_relu_scaled_input")
scaled = g.node("Mul", [g.node("Sub", ["x", g.weights(2)]), g.weights(2)])
g.save(g.squeeze(g.recurrent("RNN", scaled, 2, activations=["Relu"])[1], 0))

# As tf2onnx writes a Keras layer: batch first, transposed to time first, initial states of zeros.
g = Graph("keras_lstm", batch_first=True, opset=15)
x = g.node("Transpose", ["x"], perm=[1, 0, 2])
zeros = g.const(np.zeros((1, 1, 2), np.float32))
g.save(g.squeeze(g.recurrent("LSTM", x, 2, extra=["", zeros, zeros])[1], 0))

g = Graph("gru_lengths_slice", window=4)
lengths = g.const(np.array([4], np.int32))
y = g.squeeze(g.recurrent("GRU", "x", 2, extra=[lengths], linear_before_reset=1)[0], 1)
one = lambda v: g.const(np.array([v], np.int64))
last = g.squeeze(g.node("Slice", [y, one(-1), one(2**31), one(0)]), 0)
g.save(g.node("Add", [g.node("Tanh", [last]), g.weights(2)]))

# States of all layers in and out, as PyTorch writes them.
g = Graph("lstm_two_layers_states_given")
for name in ("h0", "c0"):
    g.given(name, [2, "batch", 2])
x, left = "x", []
for layer in (0, 1):
    part = [g.node("Slice", [name, one(layer), one(layer + 1), one(0)]) for name in ("h0", "c0")]
    y = g.recurrent("LSTM", x, 2, extra=["", *part])
    x = g.squeeze(y[0], 1)
    left.append(y)
hn, cn = (g.node("Concat", [y[i] for y in left], axis=0) for i in (1, 2))
g.save(g.node("Gather", [x, g.const(np.array(-1, np.int64))], axis=0), more=[(hn, 3), (cn, 3)])

g = Graph("rnn_states_batch_first_given", batch_first=True)
both = g.given("h0", ["batch", 2, 2])
y = g.recurrent("RNN", "x", 2, directions=2, layout=1, extra=["", both])
g.save(y[1], rank=3)

g = Graph("gru_states_of_the_file_every_step", batch_first=True, opset=15)
x = g.node("Transpose", ["x"], perm=[1, 0, 2])
batch = g.node("Gather", [g.node("Shape", ["x"]), one(0)])
wanted = g.node("Concat", [one(1), batch, one(2)], axis=0)
own = g.node("Expand", [g.weights(1, 1, 2), wanted])
y = g.recurrent("GRU", x, 2, extra=["", own], linear_before_reset=1)
steps = g.node("Transpose", [g.squeeze(y[0], 1)], perm=[1, 0, 2])
g.save(g.node("MatMul", [steps, g.weights(2, 3)]), rank=3, more=[(y[1], 3)])

# Windows in the order of their lengths and back, as PyTorch's pack_padded_sequence.
g = Graph("lstm_lengths_given_sorted", window=4)
g.given("lengths", ["batch"], TensorProto.INT64)
ordered, order = g.node("TopK", ["lengths", g.node("Shape", ["lengths"])], 2, axis=-1)
shape = g.node("Shape", [order])
count = g.node("Range", [g.const(np.int64(0)), g.node("ReduceProd", [shape], keepdims=0), g.const(np.int64(1))])
zeros = g.node("ConstantOfShape", [shape], value=numpy_helper.from_array(np.array([0], np.int64)))
back = g.node("ScatterElements", [zeros, order, count], axis=0)
x = g.node("Gather", ["x", order], axis=1)
y = g.recurrent("LSTM", x, 2, extra=[g.node("Cast", [ordered], to=TensorProto.INT32)])
g.save(g.squeeze(g.node("Gather", [y[1], back], axis=1), 0))

g = Graph("gru_lengths_of_the_file", window=4)
lengths = g.const(np.array([3], np.int32))
y = g.recurrent("GRU", "x", 2, directions=2, extra=[lengths])
g.save(g.node("Reshape", [g.node("Transpose", [y[1]], perm=[1, 0, 2]), g.const(np.array([0, -1], np.int64))]))

for op, names in {"RNN": ["Softplus"], "GRU": ["HardSigmoid", "Elu"], "LSTM": ["ScaledTanh", "LeakyRelu", "Affine"]}.items():
    g = Graph(f"{op.lower()}_activations")
    y = g.recurrent(op, "x", 2, activations=names, activation_alpha=[0.2, 0.3, 0.4], activation_beta=[0.5, 0.1])
    g.save(g.squeeze(y[1], 0))

g = Graph("gru_split_states")
g.given("h", [2, "batch", 2])
parts = g.node("Split", ["h", g.const(np.array([1, 1], np.int64))], 2, axis=0)
x = g.squeeze(g.recurrent("GRU", "x", 2, extra=["", parts[0]])[0], 1)
y = g.recurrent("GRU", x, 2, extra=["", parts[1]])
g.save(g.squeeze(y[1], 0))
