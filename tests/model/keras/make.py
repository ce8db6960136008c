# SPDX-License-Identifier: Apache-2.0
# Makes the .onnx files of this folder: the graphs that tf2onnx writes for Keras layers, node for node but with random
# weights, because TensorFlow is not at hand. Beside each a .txt: the shape of an input, the input, and ONNX Runtime's
# output; of models with several of them a line for each, its name, shape and numbers.
# Run by hand, with the Python packages onnx and onnxruntime: python3 make.py FOLDER
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FEATURES, HIDDEN, WINDOW = 5, 5, 8
GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}


class Layer:
    def __init__(self, name, seed):
        self.name, self.random = name, np.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def const(self, value):
        name = f"const_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(self, *shape):
        return self.const((self.random.uniform(-1, 1, shape) / np.sqrt(HIDDEN)).astype(np.float32))

    def node(self, op, inputs, outputs=1, keep=None, **attributes):
        names = [f"{op}_{len(self.nodes)}:{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, [n if keep is None or i in keep else "" for i, n in
                                                        enumerate(names)], name=f"model/{op}_{len(self.nodes)}", **attributes))
        return names if outputs > 1 else names[0]

    # Zeros of [directions, batch, hidden]: tf2onnx computes the batch from the input's shape.
    def zero_state(self, directions):
        shape = self.node("Cast", [self.node("Shape", ["input"])], to=TensorProto.INT32)
        batch = self.node("Slice", [shape, *(self.const(np.array([v], np.int32)) for v in (0, 1, 0))])
        batch = self.node("Cast", [batch], to=TensorProto.INT64)
        full = self.node("Concat", [self.const(np.array([directions], np.int64)), batch,
                                    self.const(np.array([HIDDEN], np.int64))], axis=0)
        return self.node("Expand", [self.const(np.zeros((1, 1, 1), np.float32)), full])

    def recurrent(self, kind, x, width, directions=1, sequence=False, zeros=True, states=None, keep=None, **attributes):
        op = {"SimpleRNN": "RNN"}.get(kind, kind)
        rows = GATES[kind] * HIDDEN
        inputs = [x, self.weights(directions, rows, width), self.weights(directions, rows, HIDDEN),
                  self.weights(directions, 2 * rows), ""]
        if states:
            inputs += states
        elif zeros:
            inputs += [self.zero_state(directions)] * (2 if op == "LSTM" else 1)
        if directions == 2:
            attributes["direction"] = "bidirectional"
        count = 3 if op == "LSTM" else 2
        y = self.node(op, inputs, count, keep=keep or {0 if sequence else 1}, hidden_size=HIDDEN, **attributes)
        return y if keep else y[0 if sequence else 1]

    def squeeze(self, x, axis):
        return self.node("Squeeze", [x, self.const(np.array([axis], np.int64))])

    def dense(self, x, width):
        y = self.node("MatMul", [x, self.weights(width, 1)])
        self.nodes.append(helper.make_node("Add", [y, self.weights(1)], ["output"], name="model/dense/BiasAdd"))

    def unsqueeze(self, x, axis):
        return self.node("Unsqueeze", [x, self.const(np.array([axis], np.int64))])

    # Of several inputs {name: shape} and outputs {name: what is called so}; -1 is the batch.
    def save_all(self, inputs, outputs):
        shape = lambda s: ["unk" if v < 0 else v for v in s]
        for name, (made, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [made], [name], name=f"model/{name}"))
        value = lambda n, s: helper.make_tensor_value_info(n, TensorProto.FLOAT, shape(s))
        graph = helper.make_graph(self.nodes, "tf2onnx", [value(n, s) for n, s in inputs.items()],
                                  [value(n, s) for n, (_, s) in outputs.items()], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8, producer_name="tf2onnx")
        onnx.checker.check_model(model)
        onnx.save(model, f"{sys.argv[1]}/{self.name}.onnx")
        data = {n: self.random.standard_normal([3 if v < 0 else v for v in s]).astype(np.float32) for n, s in inputs.items()}
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        out = dict(zip(outputs, session.run(None, data)))
        with open(f"{sys.argv[1]}/{self.name}.txt", "w") as file:
            for name, array in {**data, **out}.items():
                file.write(" ".join([name, *map(str, array.shape), ":", *(f"{v:.9g}" for v in array.flatten())]) + "\n")

    def save(self):
        x = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["unk__1", WINDOW, FEATURES])
        y = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["unk__2", 1])
        graph = helper.make_graph(self.nodes, "tf2onnx", [x], [y], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8, producer_name="tf2onnx")
        onnx.checker.check_model(model)
        onnx.save(model, f"{sys.argv[1]}/{self.name}.onnx")
        data = self.random.standard_normal((3, WINDOW, FEATURES)).astype(np.float32)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        out = session.run(None, {"input": data})[0]
        with open(f"{sys.argv[1]}/{self.name}.txt", "w") as file:
            for numbers in (data.shape, data.flatten().tolist(), out.flatten().tolist()):
                file.write(" ".join(f"{v:.9g}" for v in numbers) + "\n")


def one_layer(name, seed, kind, **attributes):
    layer = Layer(name, seed)
    x = layer.node("Transpose", ["input"], perm=[1, 0, 2])
    layer.dense(layer.squeeze(layer.recurrent(kind, x, FEATURES, **attributes), 0), HIDDEN)
    layer.save()


one_layer("lstm", 1, "LSTM")
one_layer("gru_reset_after", 2, "GRU", linear_before_reset=1)
one_layer("gru_reset_before", 3, "GRU", linear_before_reset=0)
one_layer("simple_rnn", 4, "SimpleRNN", activations=["Tanh"])
one_layer("lstm_go_backwards", 5, "LSTM", direction="reverse", zeros=False)

# return_sequences=True and another layer on top.
layer = Layer("lstm_stacked", 6)
x = layer.node("Transpose", ["input"], perm=[1, 0, 2])
y = layer.squeeze(layer.recurrent("LSTM", x, FEATURES, sequence=True), 1)
y = layer.node("Transpose", [layer.node("Transpose", [y], perm=[1, 0, 2])], perm=[1, 0, 2])
layer.dense(layer.squeeze(layer.recurrent("GRU", y, HIDDEN, linear_before_reset=1), 0), HIDDEN)
layer.save()

# Bidirectional(LSTM): both final states, cut apart and joined along the features.
layer = Layer("bilstm", 7)
x = layer.node("Transpose", ["input"], perm=[1, 0, 2])
y = layer.recurrent("LSTM", x, FEATURES, directions=2)
cut = [layer.squeeze(layer.node("Slice", [y, *(layer.const(np.array([v], np.int64)) for v in (d, d + 1, 0))]), 0) for d in (0, 1)]
layer.dense(layer.node("Concat", cut, axis=-1), 2 * HIDDEN)
layer.save()

# LSTM(activation="relu"), and the hard sigmoid that was Keras's own until version 2.3.
one_layer("lstm_relu", 8, "LSTM", activations=["Sigmoid", "Relu", "Relu"])
HARD = {"activation_alpha": [0.2], "activation_beta": [0.5]}
one_layer("gru_hard_sigmoid", 9, "GRU", linear_before_reset=0, activations=["HardSigmoid", "Tanh"], **HARD)

WINDOWS = (-1, WINDOW, FEATURES)

# LSTM(return_state=True) with initial_state=[h, c], a decoder's step.
layer = Layer("lstm_states", 10)
x = layer.node("Transpose", ["input"], perm=[1, 0, 2])
y = layer.recurrent("LSTM", x, FEATURES, states=[layer.unsqueeze("h", 0), layer.unsqueeze("c", 0)], keep={1, 2})
h, c = layer.squeeze(y[1], 0), layer.squeeze(y[2], 0)
dense = layer.node("Add", [layer.node("MatMul", [h, layer.weights(HIDDEN, 1)]), layer.weights(1)])
layer.save_all({"input": WINDOWS, "h": (-1, HIDDEN), "c": (-1, HIDDEN)},
               {"dense": (dense, (-1, 1)), "lstm": (h, (-1, HIDDEN)), "lstm_1": (c, (-1, HIDDEN))})

# Bidirectional(GRU(return_sequences=True, return_state=True), merge_mode="concat") with initial_state=[forward, backward].
layer = Layer("bigru_states_sequence", 11)
x = layer.node("Transpose", ["input"], perm=[1, 0, 2])
both = layer.node("Concat", [layer.unsqueeze("forward", 0), layer.unsqueeze("backward", 0)], axis=0)
y = layer.recurrent("GRU", x, FEATURES, directions=2, states=[both], keep={0, 1}, linear_before_reset=1)
turned = layer.node("Transpose", [y[0]], perm=[2, 0, 1, 3])
steps = layer.node("Reshape", [turned, layer.const(np.array([0, 0, 2 * HIDDEN], np.int64))])
cut = [layer.squeeze(layer.node("Slice", [y[1], *(layer.const(np.array([v], np.int64)) for v in (d, d + 1, 0))]), 0) for d in (0, 1)]
layer.save_all({"input": WINDOWS, "forward": (-1, HIDDEN), "backward": (-1, HIDDEN)},
               {"bidirectional": (steps, (-1, WINDOW, 2 * HIDDEN)), "bidirectional_1": (cut[0], (-1, HIDDEN)),
                "bidirectional_2": (cut[1], (-1, HIDDEN))})

# TimeDistributed(Dense) behind return_sequences=True.
layer = Layer("lstm_every_step", 12)
x = layer.node("Transpose", ["input"], perm=[1, 0, 2])
steps = layer.node("Transpose", [layer.squeeze(layer.recurrent("LSTM", x, FEATURES, sequence=True), 1)], perm=[1, 0, 2])
dense = layer.node("Add", [layer.node("MatMul", [steps, layer.weights(HIDDEN, 2)]), layer.weights(2)])
layer.save_all({"input": WINDOWS}, {"time_distributed": (dense, (-1, WINDOW, 2))})
