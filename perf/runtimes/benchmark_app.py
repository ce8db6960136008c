#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The median latency that we find against the one that OpenVINO's own benchmark_app finds, in fresh processes in turn.

    ninja -C build steelyard openvino && perf/runtimes/benchmark_app.py build BENCHMARK_APP MODEL.onnx WINDOW,FEATURES [PAIRS]

BENCHMARK_APP comes with `pip install openvino` (of the version in tools/setup). Both sides: one thread, one stream, FP32, one query at
a time. Prints JSON with the median of the paired ratios; exit code 1 when that is more than 3 % from 1.
"""
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

BAR = 0.03
build, app, model = (os.path.abspath(p) for p in sys.argv[1:4])
window, features = sys.argv[4].split(",")
pairs = int(sys.argv[5]) if len(sys.argv) > 5 else 10
SECONDS = "2"


def ours(folder, number):
    done = subprocess.run([f"{build}/bin/steelyard", "run", "--model", model, "--device", "openvino:cpu", "--min-duration",
                           f"{SECONDS}s", "--max-duration", f"{SECONDS}s", "--db", str(folder / f"{number}.db"), "--json"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)["cases"][0]["latency_ns"]["percentiles"][0]["ns"] / 1e3


def theirs():
    done = subprocess.run([app, "-m", model, "-d", "CPU", "-api", "sync", "-hint", "none", "-nthreads", "1", "-nstreams", "1",
                           "-infer_precision", "f32", "-shape", f"[1,{window},{features}]", "-t", SECONDS],
                          capture_output=True, text=True)
    found = re.search(r"Median:\s+([0-9.]+) us", done.stdout)
    if done.returncode != 0 or not found:
        sys.exit(done.stdout[-2000:] + done.stderr)
    return float(found[1])


chance = random.Random(1)
rows = []
with tempfile.TemporaryDirectory() as name:
    for number in range(pairs):
        first = chance.random() < 0.5
        a = ours(pathlib.Path(name), number) if first else None
        b = theirs()
        rows.append((a or ours(pathlib.Path(name), number), b))
        print(f"{number + 1:3} steelyard {rows[-1][0]:8.2f} us  benchmark_app {b:8.2f} us", file=sys.stderr, flush=True)
ratio = statistics.median(a / b for a, b in rows)
print(json.dumps({"processes_a_side": pairs, "steelyard_p50_us": round(statistics.median(a for a, _ in rows), 2),
                  "benchmark_app_p50_us": round(statistics.median(b for _, b in rows), 2), "median_ratio": round(ratio, 4)}))
sys.exit(abs(ratio - 1) > BAR)
