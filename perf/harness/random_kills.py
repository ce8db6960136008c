#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills campaigns and workers at random moments and looks at what is left.

    python3 perf/harness/random_kills.py build/bin/steelyard MODEL.onnx DATA.csv [KILLS]

After every kill no process may be left, every block that the database held a moment before must be in it, byte for byte, and
--resume must complete every case (one whose worker was killed is Failed) without touching those blocks. Prints a line a kill
and a sum; exit code 1 when any of it did not hold.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

program, model, data = (os.path.abspath(p) for p in sys.argv[1:4])
kills = int(sys.argv[4]) if len(sys.argv) > 4 else 200
chance = random.Random(1)


def children(parent):
    """Direct children by /proc."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def blocks_in(database):
    """What is stored of each block; nothing before there is a database."""
    if not database.exists():
        return {}
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=5)) as connection:
            rows = connection.execute("SELECT campaign, position, number, data FROM block").fetchall()
    except sqlite3.OperationalError:  # killed before its tables were made
        return {}
    return {row[:3]: hashlib.sha256(row[3]).hexdigest() for row in rows}


def holds(database, before):
    now = blocks_in(database)
    return all(now.get(key) == value for key, value in before.items())


def one(folder, number):
    database = folder / f"{number}.db"
    campaign = subprocess.Popen(
        [program, "run", "--model", model, "--data", data, "--device", "native-cpu", "--device", "null", "--min-duration",
         "0.4s", "--min-queries", "100", "--db", str(database), "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # A random time after a random block of the ten, on a busy machine too; one time in eleven perhaps before there is anything.
    wanted = chance.randrange(-1, 10)
    while campaign.poll() is None and (len(blocks_in(database)) < wanted or (wanted == 0 and not database.exists())):
        time.sleep(0.05)
    time.sleep(chance.uniform(0.0, 0.6))
    workers = children(campaign.pid)
    of_worker = bool(workers) and chance.random() < 0.5
    before = blocks_in(database)
    try:
        os.kill(chance.choice(workers) if of_worker else campaign.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    campaign.wait(60 if of_worker else 10)
    end = time.monotonic() + 3
    while any(alive(w) for w in workers) and time.monotonic() < end:
        time.sleep(0.01)
    left = [w for w in workers if alive(w)]
    kept = holds(database, before)
    if not database.exists():
        return of_worker, left, "no database yet", kept
    again = subprocess.run([program, "run", "--db", str(database), "--resume", "--json"], capture_output=True, text=True)
    if again.returncode not in (0, 1, 2, 3):
        return of_worker, left, again.stderr.strip()[-200:], False
    if again.returncode in (2, 3):
        ok = "holds no campaign" in again.stderr or "nothing" in again.stderr
        return of_worker, left, again.stderr.strip().splitlines()[0][:120] if again.stderr.strip() else "", ok
    rows = json.loads(again.stdout)["cases"]
    kinds = sorted(row["outcome"]["kind"] for row in rows)
    good = kinds == ["Completed", "Completed"] or (of_worker and "Failed" in kinds)
    return of_worker, left, f"{len(before):2} blocks {kinds}", good and kept and holds(database, before)


failures = 0
with tempfile.TemporaryDirectory() as name:
    for number in range(kills):
        of_worker, left, words, good = one(pathlib.Path(name), number)
        bad = bool(left) or not good
        failures += bad
        print(f"{number:4} {'worker' if of_worker else 'campaign':8} {words}{' LEFT ' + str(left) if left else ''}"
              f"{' BAD' if bad else ''}", flush=True)
print(f"{kills} kills, {failures} with something wrong")
sys.exit(1 if failures else 0)
