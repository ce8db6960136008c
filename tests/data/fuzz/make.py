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

    def save(self, output, rank=2):
        out = helper.make_tensor_value_info(output, TensorProto.FLOAT, [None] * rank)
        graph = helper.make_graph(self.nodes, self.name, self.inputs, [out], self.constants)
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
