"""Tables of `bench/run code`."""

import statistics

from .code_engine import QUESTIONS, STATES, figures
from .report import MIB, milliseconds, table

#: Medians that we want to reach; each table says whether they are.
DEFINITION_US, REFERENCES_US, SOCKET_US, EDIT_MS, MEMORY, PYTHON_MB = 50, 1000, 40, 5, 1.7, 15


def micro(seconds):
    """A time in microseconds."""
    return "" if seconds is None else f"{seconds * 1e6:,.0f}"


def speed_table(rows):
    """Rows of (tree, statistics, seconds and CPU seconds by threads)."""
    cells = []
    for tree, stats, seconds, cpu in rows:
        for threads, values in sorted(seconds.items()):
            taken = statistics.median(values)
            # Counted in hundredths of a second: of nothing, there is none.
            busy = statistics.median(cpu[threads]) or taken
            cells.append([tree.name, tree.language, threads, f"{stats['files']:,}",
                          f"{stats['source_bytes'] / MIB:,.1f}", f"{taken:.2f}",
                          f"{stats['source_bytes'] / 1e6 / taken:.1f}",
                          f"{stats['source_bytes'] / 1e6 / busy:.1f}",
                          f"{stats['files'] / taken:,.0f}", len(values), stats["with_errors"]])
    return table(["tree", "language", "threads", "files", "MiB", "p50 s", "MB/s",
                  "MB a CPU second", "files/s", "n", "files with errors"], cells, words=(0, 1))


def memory_table(rows):
    """Rows of (tree, what the program said of its memory)."""
    cells = []
    for tree, said in rows:
        stats, text = said["stats"], said["text_bytes"]
        source = stats["source_bytes"] / 1e6
        cells.append([tree.name, f"{text / MIB:,.1f}", f"{source * 1e6 / MIB:,.1f}",
                      f"{stats['facts_bytes'] / source / 1000:,.0f}",
                      f"{stats['names_bytes'] / source / 1000:,.0f}",
                      f"{said['without'] / MIB:,.0f}", f"{said['with'] / MIB:,.0f}",
                      f"{said['without'] / text:.2f}", f"{said['with'] / text:.2f}"])
    return table(["tree", "text MiB", "of it source MiB", "facts kB for each MB of source",
                  "names kB for each MB", "Rss without the index MiB", "with MiB",
                  "without, x text", "with, x text"], cells, words=(0,))


def questions_table(engine, socket):
    """Engine and socket, side by side: samples by question and state."""
    cells = []
    for question in QUESTIONS:
        row = [question]
        for state in STATES:
            p50, p95 = figures([it["seconds"] for it in engine[question, state]])
            row += [micro(p50), micro(p95)]
        p50, p95 = figures([it["seconds"] for it in socket[question, "again"]])
        over, _ = figures(overhead(engine[question, "again"], socket[question, "again"]))
        cells.append([*row, micro(p50), micro(p95), micro(over),
                      f"{len(engine[question, 'again'])}"])
    return table(["question", "first p50 µs", "p95", "other p50", "p95", "again p50", "p95",
                  "socket again p50", "p95", "socket more, p50", "n"], cells, words=(0,))


def overhead(engine, socket):
    """What the socket adds to each symbol's answer."""
    inside = {it["symbol"]: it["seconds"] for it in engine}
    return [it["seconds"] - inside[it["symbol"]] for it in socket if it["symbol"] in inside]


def slowest_table(engine, symbols, count=8):
    """The symbols whose answers took longest."""
    rows = [it for (_, state), samples in engine.items() for it in samples if state == "other"]
    rows.sort(key=lambda it: -it["seconds"])
    return table(["question", "symbol", "entries", "ms"],
                 [[it["question"], symbols[it["symbol"]]["name"], it["entries"],
                   milliseconds(it["seconds"])] for it in rows[:count]], words=(0, 1))


def edits_table(rows):
    """Rows of (language, file, lines, way, samples)."""
    cells = []
    for language, file, lines, way, samples in rows:
        for question in ("symbols", "references"):
            mine = [it for it in samples if it["question"] == question]
            p50, p95 = figures([it["seconds"] for it in mine])
            late = sum(it.get("answers", 1) > 1 or not it["seen"] for it in mine)
            cells.append([language, file, lines, way, question, milliseconds(p50),
                          milliseconds(p95), milliseconds(max(it["seconds"] for it in mine)),
                          f"{late} of {len(mine)}"])
    return table(["language", "file", "lines", "way", "question", "p50 ms", "p95 ms",
                  "slowest ms", "not in the first answer"], cells, words=(0, 1, 3, 4))


def indexing_table(rows):
    """Rows of (tree, indexings)."""
    cells = []
    for tree, tools in rows:
        for row in tools:
            if row.problem or not row.seconds:
                cells.append([tree.name, row.tool, "", "", "", 0, row.problem or "not measured"])
                continue
            cells.append([tree.name, row.tool, f"{statistics.median(row.seconds):.2f}",
                          f"{statistics.median(row.cpu):.2f}", f"{row.size / MIB:,.1f}",
                          len(row.seconds), row.note])
    return table(["tree", "tool", "p50 s", "CPU s", "index MiB", "n", "note"], cells,
                 words=(0, 1, -1))


def references_table(rows):
    """Rows of (tree, tools' figures)."""
    cells = []
    for tree, tools in rows:
        for name, taken, problem in tools:
            p50, p95 = taken or (None, None)
            cells.append([tree.name, name, milliseconds(p50) if p50 else "",
                          milliseconds(p95) if p95 else "", problem])
    return table(["tree", "tool", "p50 ms", "p95 ms", "note"], cells, words=(0, 1, -1))


def targets_table(found):
    """Pairs of what is wanted and what was found."""
    return table(["figure", "wanted", "found", ""],
                 [[what, wanted, value, "reached" if reached else "missed"]
                  for what, wanted, value, reached in found], words=(0, 3))
