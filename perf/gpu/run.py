# SPDX-License-Identifier: Apache-2.0
"""Measures the CUDA engine beside cuDNN (PyTorch, replayed as a CUDA graph) and, where Steelyard finds it, TensorRT.

python3 perf/gpu/run.py [--library FILE] [--backends FILE] [--output FILE] [--queries N] [--rounds N] [--parts a,b]

Every peer is timed by the same C++ loop, host memory to host memory. Peers of one model take turns in random order, in
several rounds; a figure is the median of the rounds. Outputs are checked against float64 on the GPU.
"""
import argparse
import ctypes as C
import datetime
import json
import os
import random
import subprocess
import sys

import numpy as np
import torch

FLOATS, DOUBLES, INTS = C.POINTER(C.c_float), C.POINTER(C.c_double), C.POINTER(C.c_int)
CELLS = {"RNN": 0, "GRU": 1, "LSTM": 2}
# PyTorch's gates in the order of ONNX: GRU r z n -> z r h, LSTM i f g o -> i o f c.
ORDER = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 3, 1, 2]}
WEIGHTS = {"fp32": 0, "fp16": 1, "bf16": 2, "int8": 3}
WINDOWS = 64

MODELS = [  # name, cell, window, hidden, layers, both directions
    ("gru_t8_h5", "GRU", 8, 5, 1, False),
    ("lstm_t8_h5", "LSTM", 8, 5, 1, False),
    ("gru_t60_h64", "GRU", 60, 64, 1, False),
    ("lstm_t60_h64", "LSTM", 60, 64, 1, False),
    ("gru_t60_h128", "GRU", 60, 128, 1, False),
    ("lstm_t60_h128", "LSTM", 60, 128, 1, False),
    ("bilstm_t60_h64", "LSTM", 60, 64, 1, True),
    ("lstm_t60_h256", "LSTM", 60, 256, 1, False),
    ("lstm2_t60_h64", "LSTM", 60, 64, 2, False),
    ("gru3_t60_h64", "GRU", 60, 64, 3, False),
    ("bilstm2_t60_h32", "LSTM", 60, 32, 2, True),
]
FEATURES = 5
# Those that TensorRT builds engines for: each takes it about ten seconds.
TENSORRT = {"gru_t8_h5", "lstm_t8_h5", "gru_t60_h64", "lstm_t60_h64", "gru_t60_h128", "lstm_t60_h128", "bilstm_t60_h64",
            "lstm_t60_h256"}


def floats(array):
    return array.ctypes.data_as(FLOATS)


class Net(torch.nn.Module):
    """Reads the final state of every direction, as both engines do."""

    def __init__(self, cell, hidden, layers, both):
        super().__init__()
        self.both = both
        self.body = getattr(torch.nn, cell)(FEATURES, hidden, layers, batch_first=True, bidirectional=both)
        self.head = torch.nn.Linear(hidden * (2 if both else 1), 1)

    def forward(self, x):
        state = self.body(x)[1]
        if isinstance(state, tuple):
            state = state[0]
        return self.head(torch.cat((state[-2], state[-1]), 1) if self.both else state[-1])


def weights_of(net, cell, hidden, layers, both):
    """All weights in the order of network_from() in peers.cpp."""
    parts = []
    for layer in range(layers):
        for kind in ("weight_ih", "weight_hh", "bias"):
            for direction in ("", "_reverse") if both else ("",):
                names = ("bias_ih", "bias_hh") if kind == "bias" else (kind,)
                for name in names:
                    w = getattr(net.body, f"{name}_l{layer}{direction}").detach().cpu().float().numpy()
                    gates = w.reshape(len(ORDER[cell]), hidden, -1)
                    parts.append(gates[ORDER[cell]].ravel())
    parts += [net.head.weight.detach().cpu().float().numpy().ravel(), net.head.bias.detach().cpu().float().numpy()]
    return np.ascontiguousarray(np.concatenate(parts).astype("f4"))


def reference(net, x):
    import copy

    with torch.inference_mode():
        double = copy.deepcopy(net).double().cuda()
        return torch.cat([double(part.cuda().double()) for part in x.split(8192)]).cpu().numpy().ravel()


class Graph:
    """A PyTorch network recorded with its copies in and out."""

    def __init__(self, net, batch, window, dtype, host_in=None, copies=True):
        import copy

        self.net = copy.deepcopy(net).cuda().to(dtype)
        self.net.body.flatten_parameters()
        self.hx = host_in if host_in is not None else torch.zeros(batch, window, FEATURES).pin_memory()
        self.hy = torch.zeros(batch, 1).pin_memory()
        self.dx = self.hx.cuda()
        self.dy = torch.zeros(batch, 1, device="cuda")

        def body():
            if copies:
                self.dx.copy_(self.hx, non_blocking=True)
            y = self.net(self.dx.to(dtype)).float()
            (self.hy if copies else self.dy).copy_(y, non_blocking=True)

        side = torch.cuda.Stream()
        with torch.inference_mode():
            with torch.cuda.stream(side):
                for _ in range(3):
                    body()
            torch.cuda.synchronize()
            self.graph = torch.cuda.CUDAGraph(keep_graph=True)
            with torch.cuda.graph(self.graph):
                body()
            self.graph.instantiate()
            self.graph.replay()
            torch.cuda.synchronize()
        self.handle = C.c_void_p(self.graph.raw_cuda_graph_exec())


class Bench:
    def __init__(self, options):
        self.options = options
        self.library = C.CDLL(os.path.abspath(options.library))
        self.library.ours_open.restype = C.c_void_p
        self.library.pinned.restype = C.c_void_p
        self.library.pinned.argtypes = [C.c_longlong]
        self.library.copy_bench.argtypes = [C.c_void_p, C.c_longlong, C.c_int, C.c_int, DOUBLES, C.c_char_p]
        self.library.ours_close.argtypes = [C.c_void_p]
        self.rows = []
        self.machine = {"device": query_gpu("name"), "driver": query_gpu("driver_version")}
        self.words = C.create_string_buffer(1024)
        self.backends = None
        if os.path.exists(options.backends):
            self.backends = C.CDLL(os.path.abspath(options.backends))
            self.backends.backend_open.restype = C.c_void_p
            self.backends.backend_close.argtypes = [C.c_void_p]

    def require(self, status):
        if status:
            raise RuntimeError(self.words.value.decode())

    def open(self, cell, hidden, layers, both, weights, batch, window, precision, mode, approximate, geometry=0,
             idle=0, lookers=8, steps=False):
        shape = (C.c_int * 6)(CELLS[cell], FEATURES, hidden, layers, 2 if both else 1, 1)
        chosen = (C.c_int * 7)(WEIGHTS[precision], mode, int(approximate), geometry, idle, lookers, int(steps))
        handle = self.library.ours_open(shape, floats(weights), batch, window, chosen, self.words)
        if not handle:
            raise RuntimeError(self.words.value.decode())
        return C.c_void_p(handle), self.words.value.decode()

    def backend(self, name, net, window, spec, settings):
        """A session of a Steelyard backend with this network, and what it says of itself."""
        folder = os.path.join(self.options.models_folder, name)
        os.makedirs(folder, exist_ok=True)
        file = os.path.join(folder, "model.onnx")
        if not os.path.exists(file):
            torch.onnx.export(net, (torch.zeros(1, window, FEATURES),), file, opset_version=17, dynamo=False,
                              input_names=["input"], output_names=["output"])
        handle = self.backends.backend_open(file.encode(), spec.encode(), settings.encode(), 1, self.words)
        if not handle:
            raise RuntimeError(self.words.value.decode())
        return C.c_void_p(handle), self.words.value.decode()

    def record(self, **row):
        self.rows.append(row)
        shown = " ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items())
        print(shown, flush=True)
        self.save()

    def save(self):
        """After every row, because a lent machine may be taken away."""
        result = {
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **self.machine,
            "clocks_after": query_gpu("clocks.sm,clocks.mem,pcie.link.gen.current,pcie.link.width.current"),
            "torch": torch.__version__,
            "cudnn": torch.backends.cudnn.version(),
            "unit": "microseconds a query, host memory to host memory; error = max |y - y of float64|",
            "command": " ".join(sys.argv),
            "rows": self.rows,
        }
        os.makedirs(os.path.dirname(self.options.output) or ".", exist_ok=True)
        with open(self.options.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)

    def take_turns(self, model, peers, warm, queries):
        """peers: name -> function(warm, count, times) -> error against float64 or None."""
        seen = {name: [] for name in peers}
        errors = {}
        for turn in range(self.options.rounds):
            order = list(peers)
            random.Random(turn).shuffle(order)
            for name in order:
                times = np.zeros(queries)
                try:
                    errors[name] = peers[name](warm, queries, times)
                    seen[name].append(np.percentile(times, [50, 90, 99, 99.9]))
                except Exception as e:  # one peer's failure must not lose the others' figures
                    self.record(model=model, peer=name, failed=str(e)[:200])
        for name, rounds in seen.items():
            if rounds:
                p = np.median(np.array(rounds), axis=0)
                spread = [float(r[0]) for r in rounds]
                self.record(model=model, peer=name, p50=float(p[0]), p90=float(p[1]), p99=float(p[2]),
                            p999=float(p[3]), error=errors[name], rounds_p50=[round(s, 2) for s in spread],
                            queries=queries)

    def latency(self, wanted):
        for name, cell, window, hidden, layers, both in MODELS:
            if wanted and name not in wanted:
                continue
            torch.manual_seed(1)
            net = Net(cell, hidden, layers, both).eval()
            weights = weights_of(net, cell, hidden, layers, both)
            torch.manual_seed(3)
            x = torch.randn(WINDOWS, window, FEATURES)
            want = reference(net, x)
            values = window * FEATURES
            xs = np.ascontiguousarray(x.numpy().reshape(WINDOWS, values))
            peers = {}
            # One look at a time, as everybody's first persistent kernel does; then by the lookers that the kernels have.
            for lookers, label in ((0, "ping-pong"), (4, "ping-pong, 4 lookers"))[:2 if window * 2 <= 32 else 1]:
                peers[label] = lambda w, n, t, lookers=lookers: self.require(
                    self.library.echo_bench(window, FEATURES, lookers, w, n, t.ctypes.data_as(DOUBLES), self.words))
            keep = []

            def ours(precision, mode, approximate, geometry, lookers):
                handle, says = self.open(cell, hidden, layers, both, weights, 1, window, precision, mode, approximate,
                                         geometry, lookers=lookers)
                self.library.ours_close(handle)

                # A session is open only while it is measured: a kernel that polls disturbs its neighbours.
                def run(warm, count, times):
                    handle, _ = self.open(cell, hidden, layers, both, weights, 1, window, precision, mode, approximate,
                                          geometry, lookers=lookers)
                    y = np.full(WINDOWS, np.nan, "f4")
                    try:
                        self.require(self.library.ours_bench(handle, floats(xs), values, floats(y), 1, WINDOWS, warm,
                                                             count, times.ctypes.data_as(DOUBLES), self.words))
                    finally:
                        self.library.ours_close(handle)
                    return float(np.abs(y - want).max())

                return says, run

            def add(precision, mode, approximate, geometry=0, lookers=8):
                label = f"native-cuda@{precision} " + ("tanh.approx " if approximate else "exact ")
                if lookers < 8:
                    label += f"{lookers} lookers "
                try:
                    says, run = ours(precision, mode, approximate, geometry, lookers)
                    peers.setdefault(label + says, run)
                except RuntimeError as e:
                    self.record(model=name, peer=label, failed=str(e))

            for approximate in (False, True):
                for geometry in range(3 if self.options.explore else 1):
                    add("fp32", 0, approximate, geometry)
            if self.options.explore:
                for lookers in range(4):
                    add("fp32", 0, False, 0, lookers)
                add("fp32", 2, False)
                add("fp16", 2, False)
            for dtype in (torch.float32, torch.float16):
                graph = Graph(net, 1, window, dtype)
                keep.append(graph)

                def cudnn(warm, count, times, graph=graph):
                    y = np.full(WINDOWS, np.nan, "f4")
                    self.require(self.library.graph_bench(
                        graph.handle, C.c_void_p(graph.hx.data_ptr()), C.c_void_p(graph.hy.data_ptr()), floats(xs),
                        values, floats(y), WINDOWS, warm, count, times.ctypes.data_as(DOUBLES), self.words))
                    return float(np.abs(y - want).max())

                peers[f"cuDNN {str(dtype)[6:]} graph"] = cudnn
            if name in TENSORRT and self.backends:
                self.add_tensorrt(name, net, window, xs, want, peers)
                if hidden <= 64 and not both:  # its rows are slow, and as far from the others' in every model
                    self.add_backend("onnxruntime:cuda.0@fp32", "", name, net, window, xs, want, peers)
            self.take_turns(name, peers, 1000, self.options.queries)

    def add_tensorrt(self, name, net, window, xs, want, peers):
        for spec in ("tensorrt:0@fp32", "tensorrt:0@fp16"):
            for settings in ("", "graph=off", "io=mapped"):
                # Without a graph, where launches are slowest, only the smallest models.
                if settings != "graph=off" or window <= 8:
                    self.add_backend(spec, settings, name, net, window, xs, want, peers)

    def add_backend(self, spec, settings, name, net, window, xs, want, peers):
        def asked(warm, count, times):
            # So slow that the rounds together, not each, make up the count.
            times.resize(count // self.options.rounds + 1, refcheck=False)
            handle, _ = self.backend(name, net, window, spec, settings)
            y = np.full(WINDOWS, np.nan, "f4")
            try:
                self.require(self.backends.backend_bench(
                    handle, floats(xs), window * FEATURES, floats(y), 1, WINDOWS, warm, len(times),
                    times.ctypes.data_as(DOUBLES), self.words))
            finally:
                self.backends.backend_close(handle)
            return float(np.abs(y - want).max())

        try:
            handle, says = self.backend(name, net, window, spec, settings)
            self.backends.backend_close(handle)
            how = settings or ("graph" if spec.startswith("tensorrt") else "as it comes")
            peers[f"{spec} {how} ({says})"] = asked
        except RuntimeError as e:
            self.record(model=name, peer=f"{spec} {settings}", failed=str(e))

    def streaming(self, wanted):
        """A time step each query: the step, and what prepare() waits for after it."""
        for name, cell, window, hidden, layers, both in MODELS:
            if both or (wanted and name not in wanted):
                continue
            torch.manual_seed(1)
            net = Net(cell, hidden, layers, both).eval()
            weights = weights_of(net, cell, hidden, layers, both)
            torch.manual_seed(3)
            x = torch.randn(WINDOWS, window, FEATURES)
            want = reference(net, x)
            xs = np.ascontiguousarray(x.numpy())
            # Whole windows only, so that the last answer of each is one.
            count = -(-self.options.queries // (WINDOWS * window)) * WINDOWS * window
            rounds, errors, says = [], [], ""
            for _ in range(self.options.rounds):
                handle, says = self.open(cell, hidden, layers, both, weights, 1, window, "fp32", 0, False, steps=True)
                y, step, prepare = np.full(WINDOWS, np.nan, "f4"), np.zeros(count), np.zeros(count)
                self.require(self.library.ours_steps(
                    handle, floats(xs), FEATURES, window, floats(y), WINDOWS, 0, count,
                    step.ctypes.data_as(DOUBLES), prepare.ctypes.data_as(DOUBLES), self.words))
                self.library.ours_close(handle)
                errors.append(float(np.abs(y - want).max()))
                rounds.append(np.r_[np.percentile(step, [50, 99, 99.9]), np.percentile(prepare, [50, 99])])
            p = np.median(np.array(rounds), axis=0)
            self.record(model=name, peer=f"native-cuda@fp32 exact, a step a query, {says}", p50=float(p[0]),
                        p99=float(p[1]), p999=float(p[2]), prepare_p50=float(p[3]), prepare_p99=float(p[4]),
                        error=max(errors), queries=count)

    def tails(self, wanted):
        """Up to a million queries in a row: of the models that one SM, or two, can keep. Short ones in several sessions."""
        for name, cell, window, hidden, layers, both in MODELS[:8]:
            if wanted and name not in wanted:
                continue
            torch.manual_seed(1)
            net = Net(cell, hidden, layers, both).eval()
            weights = weights_of(net, cell, hidden, layers, both)
            x = np.random.default_rng(4).standard_normal((WINDOWS, window * FEATURES)).astype("f4")
            clusters = hidden == 256 or (hidden == 128 and cell == "LSTM")
            count = self.options.tail_queries // (10 if clusters else 1)
            sessions = []
            for _ in range(self.options.rounds if hidden <= 64 and not both else 1):
                y, times = np.zeros(WINDOWS, "f4"), np.zeros(count)
                handle, says = self.open(cell, hidden, layers, both, weights, 1, window, "fp32", 0, False)
                self.require(self.library.ours_bench(handle, floats(x), window * FEATURES, floats(y), 1, WINDOWS, 1000,
                                                     count, times.ctypes.data_as(DOUBLES), self.words))
                self.library.ours_close(handle)
                sessions.append(np.percentile(times, [50, 90, 99, 99.9, 99.99, 100]))
                if self.options.times:
                    np.save(f"{self.options.times}-{name}-{len(sessions)}.npy", times.astype("f4"))
            ratios = [float(s[2] / s[0]) for s in sessions]
            p = np.median(np.array(sessions), axis=0)
            self.record(model=name, peer="native-cuda@fp32 exact, tail", p50=float(p[0]), p90=float(p[1]), p99=float(p[2]),
                        p999=float(p[3]), p9999=float(p[4]), most=float(max(s[5] for s in sessions)),
                        p99_by_p50=float(np.median(ratios)), sessions_p99_by_p50=[round(r, 3) for r in ratios],
                        queries=count)

    def offline(self, batches):
        cell, window, hidden = "GRU", 60, 64
        torch.manual_seed(1)
        net = Net(cell, hidden, 1, False).eval()
        weights = weights_of(net, cell, hidden, 1, False)
        most, values = max(batches), window * FEATURES
        torch.manual_seed(2)
        x = torch.randn(most, window, FEATURES)
        want = reference(net, x)
        hx = self.library.pinned(most * values * 4)
        host = np.ctypeslib.as_array(C.cast(hx, FLOATS), (most * values,))
        host[:] = x.numpy().ravel()
        for batch in batches:
            queries = max(60, min(2000, self.options.queries * 2000 // 20000 * 1024 // batch))
            peers = {"copy in alone": lambda w, n, t, b=batch: self.require(
                self.library.copy_bench(hx, b * values * 4, w, n, t.ctypes.data_as(DOUBLES), self.words))}
            for precision in ("fp16", "fp32"):
                def ours(warm, count, times, precision=precision, batch=batch):
                    handle, _ = self.open(cell, hidden, 1, False, weights, batch, window, precision, 2, False)
                    y = np.full(batch, np.nan, "f4")
                    try:
                        self.require(self.library.ours_bench(handle, C.cast(hx, FLOATS), batch * values, floats(y),
                                                             batch, 1, warm, count, times.ctypes.data_as(DOUBLES),
                                                             self.words))
                    finally:
                        self.library.ours_close(handle)
                    return float(np.abs(y - want[:batch]).max())

                peers[f"native-cuda@{precision}"] = ours
            near = x[:batch].contiguous().cuda()

            def on_device(warm, count, times, near=near, batch=batch):
                handle, _ = self.open(cell, hidden, 1, False, weights, batch, window, "fp16", 2, False)
                y = np.full(batch, np.nan, "f4")
                try:
                    self.require(self.library.ours_bench(handle, C.cast(near.data_ptr(), FLOATS), batch * values,
                                                         floats(y), batch, 1, warm, count,
                                                         times.ctypes.data_as(DOUBLES), self.words))
                finally:
                    self.library.ours_close(handle)
                return float(np.abs(y - want[:batch]).max())

            if batch >= 256:  # so few bytes are not asked where they lie
                peers["native-cuda@fp16, input on the device"] = on_device
            for dtype in (torch.float16, torch.float32):
                pinned_x = x[:batch].contiguous().pin_memory()
                graph = Graph(net, batch, window, dtype, host_in=pinned_x)

                def cudnn(warm, count, times, graph=graph, batch=batch):
                    self.require(self.library.graph_bench(graph.handle, None, None, None, 0, None, 1, warm, count,
                                                          times.ctypes.data_as(DOUBLES), self.words))
                    return float(np.abs(graph.hy.numpy().ravel() - want[:batch]).max())

                peers[f"cuDNN {str(dtype)[6:]} graph"] = cudnn
                inside = Graph(net, batch, window, dtype, host_in=pinned_x, copies=False)

                def device_only(warm, count, times, graph=inside, batch=batch):
                    self.require(self.library.graph_bench(graph.handle, None, None, None, 0, None, 1, warm, count,
                                                          times.ctypes.data_as(DOUBLES), self.words))
                    return float(np.abs(graph.dy.cpu().numpy().ravel() - want[:batch]).max())

                peers[f"cuDNN {str(dtype)[6:]} graph, input and output on the device"] = device_only
            self.take_turns(f"offline gru_t60_h64 batch {batch}", peers, 10, queries)


def query_gpu(fields):
    answer = subprocess.run(["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"], capture_output=True,
                            text=True)
    return answer.stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--library", default="build/gpu/libperf_gpu.so")
    parser.add_argument("--backends", default="build/gpu/libperf_backends.so", help="Steelyard's backends, for TensorRT")
    parser.add_argument("--models-folder", default="build/gpu/models")
    parser.add_argument("--output", default="perf/results/gpu.json")
    parser.add_argument("--queries", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", default="latency,streaming,tails,offline")
    parser.add_argument("--tail-queries", type=int, default=1000000)
    parser.add_argument("--times", default="", help="keeps the times of the tails in files that begin with this")
    parser.add_argument("--models", default="")
    parser.add_argument("--batches", default="1,2,4,8,256,1024,4096,16384,65536")
    parser.add_argument("--explore", action="store_true", help="further geometries of the latency kernels")
    options = parser.parse_args()
    torch.zeros(1).cuda()
    bench = Bench(options)
    parts = options.parts.split(",")
    wanted = [m for m in options.models.split(",") if m]
    if "latency" in parts:
        bench.latency(wanted)
    if "streaming" in parts:
        bench.streaming(wanted)
    if "tails" in parts:
        bench.tails(wanted)
    if "offline" in parts:
        bench.offline([int(b) for b in options.batches.split(",")])


if __name__ == "__main__":
    main()
