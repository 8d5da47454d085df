"""How soon code is known after a start: with an empty cache, and with what an earlier start kept."""

import time
from pathlib import Path

from . import report
from .code_engine import figures
from .code_socket import wait_for_code
from .coderoom import Daemon

STATES = ["empty cache", "restart"]


def starts(bin_dir, tree, rounds):
    """One row for each start, both kinds in alternation."""
    rows = []
    for _ in range(rounds):
        daemon = Daemon(bin_dir, tree.root)
        try:
            for state in STATES:
                began = time.perf_counter()
                daemon.start()
                code = wait_for_code(daemon)["code"]
                rows.append({"state": state, "seconds": time.perf_counter() - began,
                             "reading": code["seconds"], "files": code["files"],
                             "recalled": code["recalled_files"], "heap": anonymous(daemon.pid)})
                daemon.stop()
        finally:
            daemon.close()
    return rows


def anonymous(pid):
    """Bytes of memory that no file stands behind."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Anonymous:"))
    return int(line.split()[1]) * 1024


def table(found):
    """One row for each tree and kind of start: medians."""
    rows = []
    for tree, samples in found:
        for state in STATES:
            of = [it for it in samples if it["state"] == state]
            middle = {key: figures([it[key] for it in of])[0]
                      for key in ("seconds", "reading", "heap")}
            rows.append([tree, state, f"{middle['seconds']:.2f}", f"{middle['reading']:.2f}",
                         f"{of[-1]['recalled']} of {of[-1]['files']}",
                         f"{middle['heap'] / 1e6:.0f}"])
    return report.table(["tree", "start", "until code is known, s", "of that for code, s",
                         "files known from before",
                         "memory without files behind it, MB"],
                        rows, words=(0, 1))
