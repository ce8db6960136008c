#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the engine's benchmark, measures it beside its peers and writes the table.

python3 perf/engine/run.py [--peers DIR] [--core N] [--rounds N] [--parts latency,offline,threads,random]
                                 [--built DIR] [--table-only]

Peers are looked for in DIR (default build/peers), one folder each, and in the system; those that are missing are named
in the result. A row whose strongest peer is missing does not count as met.
  onnxruntime/          include/ and lib/ (tools/setup makes build/third_party/onnxruntime)
  openvino/             the folder openvino/ of the PyPI wheel `openvino`
  rtneural/, xsimd/     sources from GitHub: jatinchowdhury18/RTNeural, xtensor-stack/xsimd; never part of this repository
  openblas/             Debian's libopenblas0-pthread unpacked, for LibTorch, which is slow with the reference BLAS
  onednn/               oneDNN 3, built for one thread from GitHub: uxlfoundation/oneDNN (cmake -DDNNL_CPU_RUNTIME=SEQ
                        -DDNNL_ENABLE_WORKLOAD=INFERENCE -DONEDNN_BUILD_GRAPH=OFF -DCMAKE_INSTALL_PREFIX=DIR/onednn);
                        without it Debian's libdnnl-dev (2.6)
  LibTorch              Debian: libtorch-dev
  prototype/            cpu_peers.cpp, the prototype by which the bars were set; measured beside the engine, no peer
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RESULT = SOURCE / "perf/results/cpu-engine.json"
PAGE = SOURCE / "docs/performance.md"
PEERS = ["onnxruntime", "openvino", "onednn", "libtorch", "rtneural_eigen", "rtneural_xsimd"]
STRONGEST = {"latency": ["rtneural_eigen", "rtneural_xsimd"], "offline": ["openvino", "onednn"],
             "threads": ["openvino", "onednn"], "random": ["onnxruntime", "openvino"]}
# Bars of the page, not of the measurement: what is asked of a batch of 256, as ours / best peer in speed.
OFFLINE_BARS = {"GRU T8 H5": 5, "LSTM T8 H5": 5, "BiLSTM T8 H5": 5, "GRU T32 H32": 1.8, "GRU T60 H64": 1.8,
                "LSTM T60 H64": 1.3, "LSTM T60 H128": 1.15, "LSTM T60 H256": 1.05}


def sh(*command, **kwargs):
    return subprocess.run([str(c) for c in command], check=True, **kwargs)


def build(peers, folder):
    def found(*names):
        return next((p for p in (peers / n for n in names) if p.exists()), "")

    ort = found("onnxruntime") or SOURCE / "build/third_party/onnxruntime"
    sh("cmake", "-S", SOURCE / "perf/engine", "-B", folder, "-G", "Ninja", f"-DONNXRUNTIME={ort}",
       f"-DOPENVINO={found('openvino', 'ov/openvino')}", f"-DRTNEURAL={found('rtneural')}",
       f"-DXSIMD={found('xsimd')}", f"-DONEDNN_FOLDER={found('onednn')}",
       f"-DPROTOTYPE={found('prototype/cpu_peers.cpp')}", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", stdout=subprocess.DEVNULL)
    sh("ninja", "-C", folder, stdout=subprocess.DEVNULL)


def machine():
    def first(file, key):
        for line in open(file):
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
        return "unknown"

    flags = first("/proc/cpuinfo", "flags").split()
    wanted = [f for f in ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx512_fp16", "amx_tile") if f in flags]
    gcc = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    return {"cpu": first("/proc/cpuinfo", "model name") + f", family {first('/proc/cpuinfo', 'cpu family')}"
                   f" model {first('/proc/cpuinfo', 'model	')}", "cores": os.cpu_count(), "flags": wanted,
            "virtual": "hypervisor" in flags, "compiler": f"g++ {gcc}"}


def measure(args, folder, peers):
    env = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", OPENBLAS_CORETYPE="SKYLAKEX")
    blas = list((peers / "openblas").glob("usr/lib/*/openblas-pthread"))
    if blas:
        env["LD_LIBRARY_PATH"] = str(blas[0])
    modules = [m for m in PEERS if (folder / f"peer_{m}.so").exists()]
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    result.update(machine=machine(), not_run=[p for p in PEERS if p not in modules])
    runs = result.setdefault("runs", {})
    for part in args.parts.split(","):
        limits = subprocess.run([folder / "limits", str(args.core)], capture_output=True, text=True, check=True)
        runs[part] = {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%MZ"),
                      "rounds": 5 if part == "random" else args.rounds, "limits": json.loads(limits.stdout)}
        chosen = modules + [m for m in ["prototype"] if (folder / f"peer_{m}.so").exists()]
        options = ["--rounds", runs[part]["rounds"], "--core", args.core, "--json", folder / "part.json"]
        if part == "threads":
            options += ["--threads", 2, "--block-ms", 150]
        if part == "offline":
            options += ["--block-ms", 60]
        if part == "random":
            chosen = [m for m in modules if m in STRONGEST["random"]]
            options += ["--block-ms", 5, "--pause-ms", 150, "--count", 200]
        mode = "offline" if part == "threads" else part
        sh(folder / "bench", mode, *options, *(folder / f"peer_{m}.so" for m in ["native", *chosen]), env=env)
        result[part] = json.loads((folder / "part.json").read_text())["networks"]
        result[part + "_counts"] = any(m in modules for m in STRONGEST[part])
        # Lists of numbers on one line each.
        text = re.sub(r"\[[-\d.,\s]+\]", lambda m: re.sub(r"\s+", "", m.group()), json.dumps(result, indent=1))
        RESULT.write_text(text + "\n")
    return result


def by_name(network):
    return {e["engine"]: e for e in network["engines"]}


def best(network, low=False):
    peers = [e for e in network["engines"] if not e["engine"].startswith(("native", "prototype"))
             and ("bf16" in e["engine"]) == low]
    return min(peers, key=lambda e: e["us"], default=None)


def limits_of(result):
    """The largest that any part's measurement found: a busy neighbour makes a limit low and a share of it high."""
    found = [run["limits"] for run in result["runs"].values()]
    reading = {kb: max(f["read_gb_per_second"][kb] for f in found) for kb in found[0]["read_gb_per_second"]}
    return {"fp32_gflops": max(f["fp32_gflops"] for f in found), "read_gb_per_second": reading}


def bandwidth(limits, kb):
    sizes = {int(k): v for k, v in limits["read_gb_per_second"].items()}
    return sizes[min((s for s in sizes if s >= kb), default=max(sizes))]


def limit_us(network, limits, bytes_each=4):
    """The longer of two: multiply-adds at the peak, and the weights of every step from where they can lie. What the
    first-level cache (48 KB, of which 40 are counted) cannot keep comes from further out."""
    weights = network["weights"] * bytes_each
    near = min(weights, 40 << 10)
    l1 = limits["read_gb_per_second"]["40"]
    far = bandwidth(limits, weights / 1024)
    step = near / l1 + (weights - near) / far
    reading = step * network["window"] * 1e-3
    computing = network["flops"] / limits["fp32_gflops"] * 1e-3
    if network["batch"] > 1:
        return computing, "FMA"
    return (reading, "L2" if weights > 40 << 10 else "L1") if reading > computing else (computing, "FMA")


def verdict(ratio, bar, counts, more=False):
    if not bar:
        return ""
    if not counts:
        return f"{bar} (not counted: strongest peer missing)"
    return f"{bar} {'met' if (ratio >= bar if more else ratio <= bar) else '**missed**'}"


def latency_table(r):
    lines = ["| network, one query | native fp32 | quiet | best fp32 peer | ours / best | bar | prototype / best | limit | "
             "limit / best | share of the limit |", "|---|---|---|---|---|---|---|---|---|---|"]
    limits = limits_of(r)
    for n in r["latency"]:
        e, peer = by_name(n), best(n)
        for name in ("native", "native-prepared"):
            if name not in e:
                continue
            own, prepared = e[name], name.endswith("prepared")
            ratio = own["ratio_to_best_peer"]
            # What is prepared has read the state's half of the weights; the other layer's and the input's are left.
            part = n["weights"] * (0.5 if prepared else 1)
            limit, kind = limit_us(dict(n, weights=part, flops=n["flops"] * (0.5 if prepared else 1)), limits)
            share = f"{limit / own['quiet_us']:.2f}" if n["weights"] > 8000 else "–"
            bar = n["prepared_bar"] if prepared else n["bar"]
            other = e.get("prototype") if not prepared else None
            lines.append(f"| {n['network']}{' after prepare()' if prepared else ''} | {own['us']:.3g} µs | "
                         f"{own['quiet_us']:.3g} | {peer['engine']} {peer['us']:.3g} µs | {ratio:.2f} | "
                         f"{verdict(round(ratio, 2), bar, r['latency_counts'])} | "
                         f"{other['us'] / peer['us'] if other else 0:.2f} | ".replace(" 0.00 ", " – ")
                         + f"{kind} {limit:.3g} µs | {limit / peer['us']:.2f} | {share} |")
    return lines


LOW_BARS = {"bf16": 0.2, "int8": 3}  # percent of the outputs' standard deviation


def low_table(r):
    lines = ["| network, one query | native fp32 | native bf16 | error: rms, most | native int8 | error: rms, most | "
             "best bf16 peer | its error | bf16 / peer | int8 / peer | bar |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    for n in r["latency"]:
        e, peer = by_name(n), best(n, low=True)
        if not peer or "native-bf16" not in e:
            continue
        bar = 0.25 if n["weights"] < 20000 else 0.5

        def error(x, kind=""):
            over = kind and round(x["rms_error_percent"], 2) > LOW_BARS[kind]
            return f"{x['rms_error_percent']:.2g}, {x['most_error_percent']:.2g} %{' **missed**' if over else ''}"

        for prepared in ("", "prepared-"):
            bf16, int8 = e.get(f"native-{prepared}bf16"), e.get(f"native-{prepared}int8")
            if not bf16 or not int8:
                continue
            fp32 = e["native-prepared" if prepared else "native"]
            ratios = [bf16["us"] / peer["us"], int8["us"] / peer["us"]]
            marks = [f"{x:.2f}{' **missed**' if round(x, 2) > bar else ''}" for x in ratios]
            lines.append(f"| {n['network']}{' after prepare()' if prepared else ''} | {fp32['us']:.3g} µs | "
                         f"{bf16['us']:.3g} µs | {error(bf16, 'bf16')} | {int8['us']:.3g} µs | {error(int8, 'int8')} | "
                         f"{peer['engine']} {peer['us']:.3g} µs | {error(peer)} | {marks[0]} | {marks[1]} | {bar} |")
    return lines


def offline_table(r, part):
    lines = ["| network, batch 256 | native fp32 | best fp32 peer | ours / best | bar | prototype / best | "
             "share of the FMA peak | native bf16 | best bf16 peer | bf16: ours / best |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for n in r[part]:
        e, peer, low = by_name(n), best(n), best(n, low=True)
        own = e["native"]
        speed = 1 / own["ratio_to_best_peer"]
        threads = 2 if part == "threads" else 1
        share = limit_us(n, limits_of(r))[0] / own["quiet_us"] / threads
        large = n["weights"] > 12000
        k = lambda x: f"{x['queries_per_second'] / 1e3:.4g} k/s"
        bar = verdict(round(speed, 2), OFFLINE_BARS.get(n["network"]), r[part + "_counts"], True) if threads == 1 else ""
        narrow, other = e.get("native-bf16"), e.get("prototype")
        times = narrow["queries_per_second"] / low["queries_per_second"] if narrow and low else 0
        missed = " **missed** (1.3)" if large and threads == 1 and round(times, 2) < 1.3 else ""
        lines.append(f"| {n['network']} | {k(own)} | {peer['engine']} {k(peer)} | {speed:.2f} | {bar} | "
                     f"{other['queries_per_second'] / peer['queries_per_second'] if other else 0:.2f} | ".replace(" 0.00 ", " – ")
                     + f"{share:.2f}{' **missed** (0.75)' if large and threads == 1 and round(share, 2) < 0.75 else ''} | "
                     f"{k(narrow) if narrow else '–'} | {low['engine'] + ' ' + k(low) if low else '–'} | "
                     f"{f'{times:.2f}' if times else '–'}{missed} |")
    return lines


def random_lines(r):
    ratios = sorted((n["engines"][0]["ratio_to_best_peer"], n["network"]) for n in r["random"])
    at = lambda q: f"{ratios[min(len(ratios) - 1, int(q * len(ratios)))][0]:.2f}"
    over = [f"{name} ({ratio:.2f})" for ratio, name in ratios if ratio > 1.05]
    return [f"{len(ratios)} random networks (hidden 1 to 300, 1 to 3 layers, odd inputs and windows), ours / the better of "
            "ONNX Runtime and OpenVINO, sorted:", "",
            "| lowest | 10 % | 25 % | median | 75 % | 90 % | highest | over 1.05 |", "|---|---|---|---|---|---|---|---|",
            f"| {at(0)} | {at(.1)} | {at(.25)} | {at(.5)} | {at(.75)} | {at(.9)} | {ratios[-1][0]:.2f} | {len(over)} |",
            "", "Over 1.05: " + (", ".join(over) or "none") + "."]


def write_page(r):
    m = r["machine"]
    begin, end = "<!-- measured: written by perf/engine/run.py -->", "<!-- end of measured -->"
    text = [begin, "", f"{m['cpu']} ({m['cores']} cores{', virtual machine' if m['virtual'] else ''}; "
            f"{', '.join(m['flags'])}), {m['compiler']}; `python3 perf/engine/run.py`; peers not run: "
            f"{', '.join(r['not_run']) or 'none'}. Limits of one core, measured before each part; the largest count:", "",
            "| part | date | rounds | fp32 | reading 40 KB (L1) | reading 512 KB (L2) |", "|---|---|---|---|---|---|"]
    for part, run in r["runs"].items():
        read = run["limits"]["read_gb_per_second"]
        text.append(f"| {part} | {run['date']} | {run['rounds']} | {run['limits']['fp32_gflops']:.0f} GFLOP/s | "
                    f"{read['40']:.0f} GB/s | {read['512']:.0f} GB/s |")
    text.append("")
    if "latency" in r:
        text += ["### Latency", "", *latency_table(r), "", *low_table(r), ""]
    if "offline" in r:
        text += ["### Offline, one thread", "", *offline_table(r, "offline"), ""]
    if "threads" in r:
        text += ["### Offline, two threads (two engines)", "", *offline_table(r, "threads"), ""]
    if "random" in r:
        text += ["### Shapes that nobody tuned for", "", *random_lines(r), ""]
    page = PAGE.read_text()
    head, rest = page.split(begin)
    PAGE.write_text(head + "\n".join(text) + "\n" + end + rest.split(end)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=pathlib.Path, default=SOURCE / "build/peers")
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--parts", default="latency,offline,threads,random")
    parser.add_argument("--built", type=pathlib.Path, help="measure with what was built there instead of building")
    parser.add_argument("--table-only", action="store_true", help="write the page again from the kept result")
    args = parser.parse_args()
    if args.table_only:
        return write_page(json.loads(RESULT.read_text()))
    folder = args.built or SOURCE / "build/perf-engine"
    if not args.built:
        build(args.peers, folder)
    write_page(measure(args, folder, args.peers))


main()
