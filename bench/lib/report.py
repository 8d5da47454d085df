"""Turns figures into Markdown tables and CSV files."""

import csv
import statistics

from .measure import percentile
from .queries import CLASSES

MIB = 1 << 20


def milliseconds(seconds):
    """A time with about three figures."""
    value = seconds * 1000
    if value < 0.1:
        return f"{value:.3f}"
    if value < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def times(ratio):
    """A ratio with two or three figures."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def table(head, rows, words=(0, -1)):
    """A Markdown table of numbers, but for the columns in `words`, which are aligned left."""
    left = {position % len(head) for position in words}
    rule = [" --- |" if position in left else " ---: |" for position in range(len(head))]
    lines = ["| " + " | ".join(head) + " |", "|" + "".join(rule)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
              for row in rows]
    return "\n".join(lines) + "\n"


def overview(measured):
    """All tools by all classes: the median time, and how many times faster than ripgrep."""
    rows = []
    for number, first in enumerate(measured[0].results):
        cells = []
        for entry in measured:
            result = entry.results[number]
            if not result.seconds:
                cells.append("–")
                continue
            ratio = f" ({times(result.ratio())})" if number and result.ratios else ""
            mark = "" if result.agrees == "exact" else "*"
            cells.append(milliseconds(result.p50()) + ratio + mark)
        name = f"{first.tool} ({first.problem})" if first.absent else first.tool
        rows.append([name, *cells])
    head = ["p50 ms (times faster than rg)"] + [entry.query.name for entry in measured]
    text = table(head, rows, words=[0])
    return text + "\n`*`: not the same hits as ripgrep's, or not all of them; see below. " \
                  "`–`: no figure; see below.\n"


def queries_table(measured):
    """The queries with the hits that ripgrep counted in this run."""
    rows = [[entry.query.name, CLASSES[entry.query.name], f"`{entry.query.shown()}`",
             f"{entry.lines:,}" if entry.query.mode != "files" else "", f"{entry.files:,}"]
            for entry in measured]
    return table(["class", "what it stands for", "query", "lines", "files"], rows,
                 words=[0, 1, 2])


def details(measured):
    """One table for each class; tools that are absent altogether are in the overview alone."""
    parts = []
    for entry in measured:
        rows = []
        for result in entry.results:
            if result.absent:
                continue
            if result.seconds:
                ratio = times(result.ratio()) if result.ratios else ""
                rows.append([result.tool, milliseconds(result.p50()), milliseconds(result.p95()),
                             ratio, len(result.seconds),
                             "; ".join(filter(None, [result.agrees, result.problem]))])
            else:
                rows.append([result.tool, "", "", "", 0, result.problem])
        parts.append(f"#### {entry.query.name}: `{entry.query.shown()}`\n\n" + table(
            ["tool", "p50 ms", "p95 ms", "x rg", "n", "hits agree with rg's"], rows))
    return "\n".join(parts)


def load_table(rows, size):
    """Time and memory of getting ready."""
    reading = statistics.median(rows[0].cpu)
    cells = []
    for row in rows:
        if row.problem or not row.first:
            cells.append([row.tool, *[""] * 8, row.problem or "not measured"])
            continue
        held = row.text or size
        note = f"{row.text / MIB:,.0f} MiB text, {row.index / MIB:,.0f} MiB postings" \
            if row.text else ""
        cpu = statistics.median(row.cpu)
        kept = row.memory
        cells.append([
            row.tool, f"{statistics.median(row.first):.2f}",
            f"{statistics.median(row.complete):.2f}", f"{cpu:.2f}", f"{cpu - reading:.2f}",
            f"{row.disk / MIB:,.0f}" if row.disk else "",
            f"{kept.rss / MIB:,.0f} / {kept.pss / MIB:,.0f} / {kept.anonymous / MIB:,.0f}"
            if kept else "",
            f"{kept.pss / held:.2f}" if kept else "", f"{kept.peak / held:.2f}" if kept else "",
            note])
    return table(["tool", "first answer s", "index complete s", "CPU s", "CPU s beyond reading",
                  "index on disk MiB", "Rss / Pss / Anonymous MiB", "Pss x text", "peak x text",
                  "note"], cells)


def memory_table(pairs):
    """Memory of processes that stay."""
    return table(["process", "Rss MiB", "Pss MiB", "Anonymous MiB", "highest Rss MiB"],
                 [[name, *(f"{value / MIB:,.0f}" for value in
                           (held.rss, held.pss, held.anonymous, held.peak))]
                  for name, held in pairs], words=[0])


def fresh_table(rows):
    """How soon writes are seen."""
    cells = []
    for row in rows:
        if row.problem:
            cells.append([row.tool, "", "", "", "", row.problem])
            continue
        seen = row.seconds
        cells.append([row.tool, milliseconds(statistics.median(seen)) if seen else "",
                      milliseconds(percentile(seen, 95)) if seen else "",
                      f"{row.late} of {row.edits}", row.never,
                      ", ".join(dict.fromkeys(row.never_kinds))])
    return table(["tool", "p50 ms", "p95 ms", "not in the first answer", "never", "never seen"],
                 cells)


def clients_table(clients, restart):
    """More clients, and a warm restart."""
    later = clients.seconds[1:]
    rows = [
        ["1st client: connect and first answer, ms", milliseconds(clients.seconds[0])],
        ["2nd to 100th client: the same, p50 ms", milliseconds(statistics.median(later))],
        ["2nd to 100th client: the same, p95 ms", milliseconds(percentile(later, 95))],
        ["memory for each further client, KiB", f"{clients.growth / 1024 / len(later):.1f}"],
        ["warm restart to first correct answer, p50 ms",
         milliseconds(statistics.median(restart.seconds))],
        ["warm restart, slowest ms", milliseconds(max(restart.seconds))],
        ["warm restart, CPU s", f"{statistics.median(restart.cpu):.2f}"],
        ["first answers that were wrong", f"{restart.wrong} of {len(restart.seconds)}"],
    ]
    return table(["what", "figure"], rows, words=[0])


def pairs_table(head, pairs):
    """A table of names and values."""
    return table(head, list(pairs.items()))


def write_csv(path, head, rows):
    """A CSV file with a head line."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
