# SPDX-License-Identifier: Apache-2.0
"""Energy a query, by NVML's energy counter, ten seconds and more a figure, one after the other on an otherwise idle GPU.

python3 perf/gpu/energy.py [--seconds 10] [--output FILE], from a folder where perf/gpu/run.py works

For each model: what the device draws idle, with a session open whose kernel polls, and after its idle time; then every
peer as fast as it can, and native-cuda at that peer's rate.
"""
import argparse
import ctypes as C
import datetime
import json
import time

import numpy as np
import pynvml
import run
import torch


class Meter:
    def __init__(self):
        pynvml.nvmlInit()
        self.device = pynvml.nvmlDeviceGetHandleByIndex(0)

    def joules(self):
        return pynvml.nvmlDeviceGetTotalEnergyConsumption(self.device) * 1e-3

    def over(self, work):
        """Joules and seconds of work(), which returns how many queries it made."""
        before, begin = self.joules(), time.monotonic()
        made = work()
        seconds = time.monotonic() - begin
        return {"watts": (self.joules() - before) / seconds, "seconds": seconds, "queries": made,
                "joules": self.joules() - before}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--library", default="build/gpu/libperf_gpu.so")
    parser.add_argument("--backends", default="build/gpu/libperf_backends.so")
    parser.add_argument("--models-folder", default="build/gpu/models")
    parser.add_argument("--output", default="perf/results/gpu-energy.json")
    parser.add_argument("--models", default="gru_t8_h5,gru_t60_h64")
    options = parser.parse_args()
    torch.zeros(1).cuda()
    bench, meter, rows = run.Bench(options), Meter(), []
    for paced in (bench.library.ours_paced, bench.library.graph_paced):
        paced.restype = C.c_int

    def sleep():
        time.sleep(options.seconds)
        return 0

    def row(model, what, figures):
        if figures["queries"]:
            figures["joules_per_query"] = figures["joules"] / figures["queries"]
            figures["rate"] = figures["queries"] / figures["seconds"]
        rows.append({"model": model, "what": what, **figures})
        print(rows[-1], flush=True)

    for name, cell, window, hidden, layers, both in run.MODELS:
        if name not in options.models.split(","):
            continue
        torch.manual_seed(1)
        net = run.Net(cell, hidden, layers, both).eval()
        weights = run.weights_of(net, cell, hidden, layers, both)
        x = np.random.default_rng(4).standard_normal((run.WINDOWS, window * run.FEATURES)).astype("f4")
        y = np.zeros(1, "f4")
        graph = run.Graph(net, 1, window, torch.float32)
        made = C.c_longlong()

        def native(rate, seconds, handle):
            bench.require(bench.library.ours_paced(handle, run.floats(x), window * run.FEATURES, run.floats(y),
                                                   C.c_double(rate), C.c_double(seconds), C.byref(made), bench.words))
            return made.value

        def cudnn():
            bench.require(bench.library.graph_paced(
                graph.handle, C.c_void_p(graph.hx.data_ptr()), run.floats(x), window * run.FEATURES, C.c_double(0),
                C.c_double(options.seconds), C.byref(made), bench.words))
            return made.value

        def open_native(idle):
            return bench.open(cell, hidden, layers, both, weights, 1, window, "fp32", 0, False, 0, idle)[0]

        time.sleep(2)
        row(name, "context, nothing open", meter.over(sleep))
        handle = open_native(3600000)
        native(0, 0.1, handle)
        row(name, "native-cuda open, its kernel polls", meter.over(sleep))
        bench.library.ours_close(handle)
        handle = open_native(500)
        native(0, 0.1, handle)
        time.sleep(1.5)
        row(name, "native-cuda open, after its idle time", meter.over(sleep))
        peers = {"cuDNN float32 graph": cudnn}
        session = None
        try:
            if bench.backends:
                session, says = bench.backend(name, net, window, "tensorrt:0@fp32", "")

                def tensorrt():
                    bench.require(bench.backends.backend_paced(
                        session, run.floats(x), window * run.FEATURES, run.floats(y), C.c_double(options.seconds),
                        C.byref(made), bench.words))
                    return made.value

                peers[f"tensorrt:0@fp32 graph ({says})"] = tensorrt
        except RuntimeError as e:
            print(e)
        for peer, work in peers.items():
            figures = meter.over(work)
            row(name, f"{peer}, as fast as it can", figures)
            rate = figures["queries"] / figures["seconds"]
            row(name, f"native-cuda at that rate ({peer})", meter.over(lambda: native(rate, options.seconds, handle)))
        row(name, "native-cuda, as fast as it can", meter.over(lambda: native(0, options.seconds, handle)))
        bench.library.ours_close(handle)
        if session:
            bench.backends.backend_close(session)
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump({"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                   "device": run.query_gpu("name"), "driver": run.query_gpu("driver_version"),
                   "clocks_after": run.query_gpu("clocks.sm,clocks.mem"),
                   "boundary": "the GPU board, NVML total energy counter", "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
