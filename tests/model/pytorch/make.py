# SPDX-License-Identifier: Apache-2.0
# Makes the .onnx files of this folder with PyTorch's own exporter, and beside each a .txt: the shape of an input, the
# input, and PyTorch's output. Run by hand, with Debian 12's python3-torch (1.13.1): python3 make.py FOLDER
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
