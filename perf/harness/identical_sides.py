#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a model with itself, again and again: how often are two identical sides called different?

    perf/harness/identical_sides.py build/bin/steelyard MODEL.onnx DATA.csv [TIMES]

Both sides in one campaign on native-cpu, 5 processes of 2 blocks a side (standard effort, 2 s a case). Prints a line a comparison
and how often each verdict was given; exit code 1 when more than one comparison in fifty was called BETTER or WORSE in any figure.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

program, model, data = (os.path.abspath(p) for p in sys.argv[1:4])
times = int(sys.argv[4]) if len(sys.argv) > 4 else 50
verdicts = collections.defaultdict(collections.Counter)
called = done = 0
with tempfile.TemporaryDirectory() as name:
    for number in range(1, times + 1):
        database = pathlib.Path(name) / f"{number}.db"
        run = subprocess.run([program, "run", "--model", f"base={model}", "--model", f"head={model}", "--data", data, "--device",
                              "native-cpu", "--effort", "standard", "--min-duration", "2s", "--max-duration", "2s", "--seed",
                              str(number), "--db", str(database), "--json"], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(run.stderr)
        compared = subprocess.run([program, "compare", f"{database}:base", f"{database}:head", "--format", "json"],
                                  capture_output=True, text=True)
        if compared.returncode not in (0, 5):
            sys.exit(compared.stderr)
        metrics = [m for m in json.loads(compared.stdout)["cases"][0]["metrics"] if m["ratio"] is not None]
        for metric in metrics:
            verdicts[metric["metric"]][metric["verdict"]] += 1
        different = [m for m in metrics if m["verdict"] in ("BETTER", "WORSE")]
        called += bool(different)
        done += 1
        shown = next(m for m in metrics if m["metric"] == "latency.p50")
        print(f"{number:3} p50 {shown['ratio']:.4f} [{shown['low']:.4f}, {shown['high']:.4f}] {shown['verdict']}"
              + "".join(f"  {m['metric']} {m['verdict']} {m['ratio']:.4f}" for m in different), flush=True)
        database.unlink()
for metric, counts in verdicts.items():
    print(f"{metric:14} {dict(counts)}")
print(f"called BETTER or WORSE: {called} of {done}")
sys.exit(called > max(1, times // 50))
