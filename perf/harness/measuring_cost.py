#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What being measured costs: a campaign with worker and sampler against a bare loop around the same engine.

    ninja -C build steelyard perf_bare_engine && perf/harness/measuring_cost.py build MODEL.onnx DATA.csv [PAIRS [SECONDS]]

Fresh processes in pairs, the order of each drawn. Where a process's buffers happen to lie is worth 2 % of this model's time, always
the same 2 % for the same words; so the length of the model's path is drawn for each pair, and what the bare loop takes before. Prints the median of the paired ratios on / off with its 95 % interval (order
statistics, no assumption): of the median latency, of wall time a query, and of CPU time a query with the sampler's, which other
load on the machine disturbs least. Exit code 1 when the upper end for wall time is above 1.02.
"""
import json
import math
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

BAR = 1.02
build, model, data = (os.path.abspath(p) for p in sys.argv[1:4])
pairs = int(sys.argv[4]) if len(sys.argv) > 4 else 40
seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 1.0


def told(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def campaign(folder, number, model):
    case = told([f"{build}/bin/steelyard", "run", "--model", model, "--data", data, "--device", "native-cpu", "--min-duration",
                 f"{seconds}s", "--max-duration", f"{seconds}s", "--db", str(folder / f"{number}.db"), "--json"])["cases"][0]
    wall = 1e9 / case["throughput_per_second"]
    return {"p50_ns": case["latency_ns"]["percentiles"][0]["ns"], "wall_ns": wall,
            "cpu_ns": wall * case["utilisation"]["percent"] / 100, "queries": case["queries"]}


def bare(model):
    return told([f"{build}/perf/bare_engine", model, data, str(seconds), str(chance.randrange(8192))])


def somewhere(folder):
    place = folder / ("x" * chance.randrange(1, 250))
    place.mkdir(exist_ok=True)
    return shutil.copy(model, place)


def interval(values):
    """Of the median: the k-th value from either end, k from the binomial."""
    values = sorted(values)
    n, k, below = len(values), 0, 0.0
    while k < n // 2 and below + math.comb(n, k) / 2**n <= 0.025:
        below += math.comb(n, k) / 2**n
        k += 1
    return values[max(k - 1, 0)], values[n - max(k, 1)]


chance = random.Random(1)
rows = []
with tempfile.TemporaryDirectory() as name:
    for number in range(pairs):
        folder = pathlib.Path(name)
        copy = somewhere(folder)
        first = chance.random() < 0.5
        on = campaign(folder, number, copy) if first else None
        off = bare(copy)
        rows.append((on or campaign(folder, number, copy), off))
        print(f"{number + 1:3} on {rows[-1][0]['wall_ns']:9.1f} ns off {off['wall_ns']:9.1f} ns a query", file=sys.stderr, flush=True)
result = {"pairs": pairs, "seconds": seconds, "queries": sum(on["queries"] for on, _ in rows)}
for figure in ("p50_ns", "wall_ns", "cpu_ns"):
    ratios = [on[figure] / off[figure] for on, off in rows]
    low, high = interval(ratios)
    result[figure] = {"on": round(statistics.median(on[figure] for on, _ in rows), 1),
                      "off": round(statistics.median(off[figure] for _, off in rows), 1),
                      "ratio": round(statistics.median(ratios), 4), "low": round(low, 4), "high": round(high, 4)}
print(json.dumps(result, indent=1))
sys.exit(result["wall_ns"]["high"] > BAR)
