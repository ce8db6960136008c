# SPDX-License-Identifier: Apache-2.0
# Makes the .onnx files of this folder with PyTorch's own exporter, and beside each a .txt: the shape of an input, the
# input, and PyTorch's output; of models with several of them a line for each, its name, shape and numbers.
# Run by hand, with Debian 12's python3-torch (1.13.1): python3 make.py FOLDER
import sys

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, cell, layers=1, bidirectional=False, batch_first=True, state=False, h0=False):
        super().__init__()
        self.rnn = getattr(nn, cell)(5, 5, layers, batch_first=batch_first, bidirectional=bidirectional)
        self.fc = nn.Linear(10 if bidirectional else 5, 1)
        self.batch_first, self.state, self.h0 = batch_first, state, h0

    def forward(self, x):
        if self.h0:
            steps, state = self.rnn(x, torch.zeros(self.rnn.num_layers, x.size(0), 5))
        else:
            steps, state = self.rnn(x)
        if self.state:
            hidden = state[0] if isinstance(state, tuple) else state
            return self.fc(torch.cat((hidden[-2], hidden[-1]), dim=1))
        return self.fc(steps[:, -1, :] if self.batch_first else steps[-1])


def export(name, opset=17, fold=True, **options):
    torch.manual_seed(1)
    model = Model(**options).eval()
    first = model.batch_first
    example = torch.randn(1, 8, 5) if first else torch.randn(8, 1, 5)
    torch.onnx.export(model, example, f"{sys.argv[1]}/{name}.onnx", opset_version=opset, do_constant_folding=fold,
                      input_names=["input"], output_names=["output"],
                      dynamic_axes={"input": {0 if first else 1: "batch"}, "output": {0: "batch"}})
    x = torch.randn(3, 8, 5) if first else torch.randn(8, 3, 5)
    with open(f"{sys.argv[1]}/{name}.txt", "w") as file:
        for numbers in (x.shape, x.flatten().tolist(), model(x).flatten().tolist()):
            file.write(" ".join(f"{v:.9g}" for v in numbers) + "\n")


export("gru", cell="GRU")
export("lstm", cell="LSTM")
export("bilstm", cell="LSTM", bidirectional=True)
export("gru_2_layers_h0", cell="GRU", layers=2, h0=True)
export("bilstm_2_layers_state", cell="LSTM", layers=2, bidirectional=True, state=True)
export("rnn_time_first_opset9", cell="RNN", batch_first=False, opset=9)
export("gru_unfolded", cell="GRU", bidirectional=True, fold=False)


# States that go in and come out, every step, windows of their own lengths.
class Stateful(nn.Module):
    def __init__(self, cell, layers=2, bidirectional=False, batch_first=True, every_step=False, head=True, packed=None,
                 learned=False):
        super().__init__()
        self.rnn = getattr(nn, cell)(5, 5, layers, batch_first=batch_first, bidirectional=bidirectional)
        self.fc = nn.Linear(10 if bidirectional else 5, 2) if head else nn.Identity()
        self.batch_first, self.every_step, self.packed = batch_first, every_step, packed
        self.learned = nn.Parameter(torch.randn(layers, 1, 5)) if learned else None

    def forward(self, x, *more):
        more = list(more)
        if self.packed:
            x = nn.utils.rnn.pack_padded_sequence(x, more.pop(0), self.batch_first, enforce_sorted=self.packed == "sorted")
        if self.learned is not None:
            more = [self.learned.expand(-1, x.size(0 if self.batch_first else 1), -1).contiguous()]
        state = tuple(more) if len(more) == 2 else more[0] if more else None
        steps, state = self.rnn(x, state)
        if self.packed:
            steps, _ = nn.utils.rnn.pad_packed_sequence(steps, self.batch_first)
        y = steps if self.every_step else steps[:, -1] if self.batch_first else steps[-1]
        return (self.fc(y), *(state if isinstance(state, tuple) else (state,)))


def numbers(file, name, tensor):
    file.write(" ".join([name, *map(str, tensor.shape), ":", *(f"{v:.9g}" for v in tensor.flatten().tolist())]) + "\n")


def export_states(name, opset=17, states=0, lengths=None, **options):
    torch.manual_seed(1)
    model = Stateful(packed=lengths, **options).eval()
    first, depth = model.batch_first, model.rnn.num_layers * (2 if model.rnn.bidirectional else 1)
    inputs = {"x": torch.randn(3, 8, 5) if first else torch.randn(8, 3, 5)}
    if lengths:
        inputs["lengths"] = torch.tensor([8, 5, 2] if lengths == "sorted" else [5, 8, 2])
    for state in ("h0", "c0")[:states]:
        inputs[state] = torch.randn(depth, 3, 5)
    outputs = dict(zip(("y", "hn", "cn"), model(*inputs.values())))
    axes = {n: {1 if n in ("h0", "c0", "hn", "cn") or (not first and len(t.shape) == 3) else 0: "batch"}
            for n, t in {**inputs, **outputs}.items()}
    torch.onnx.export(model, tuple(inputs.values()), f"{sys.argv[1]}/{name}.onnx", opset_version=opset,
                      input_names=list(inputs), output_names=list(outputs), dynamic_axes=axes)
    with open(f"{sys.argv[1]}/{name}.txt", "w") as file:
        for n, tensor in {**inputs, **outputs}.items():
            numbers(file, n, tensor)


export_states("gru_states", cell="GRU", states=1)
export_states("bilstm_states", cell="LSTM", bidirectional=True, states=2)
export_states("lstm_states_time_first_opset9", cell="LSTM", batch_first=False, states=2, opset=9)
export_states("bigru_every_step", cell="GRU", bidirectional=True, every_step=True, head=False)
export_states("rnn_every_step_head", cell="RNN", layers=1, every_step=True, states=1)
export_states("gru_learned_state", cell="GRU", learned=True)
export_states("lstm_packed_sorted", cell="LSTM", every_step=True, lengths="sorted")
export_states("bilstm_packed_states", cell="LSTM", bidirectional=True, every_step=True, lengths="unsorted", states=2)
