"""Times all tools on all queries in strict alternation: in every round each tool answers once,
and the round starts with another tool each time, so that a busy moment of the machine meets all
of them alike. A ratio is taken inside its round: ripgrep's time divided by the tool's.

Before the rounds of a query each tool answers once untimed. That answer is compared with
ripgrep's, and warms whatever can be warmed.
"""

import os
import statistics
from dataclasses import dataclass, field

from . import agree
from .process import Failed, Slow


@dataclass
class Settings:
    """How long to measure."""

    rounds: int
    #: Seconds for one answer, and for all of a tool's answers in one class.
    limit: float
    budget: float


@dataclass
class Result:
    """One tool on one query."""

    tool: str
    #: The tool is not on this machine at all; `problem` says why.
    absent: bool = False
    agrees: str = ""
    #: Why there are no times, or fewer than the other tools have.
    problem: str = ""
    seconds: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    sizes: set = field(default_factory=set)

    def p50(self):
        """The median in seconds."""
        return statistics.median(self.seconds)

    def p95(self):
        """The 95th percentile (nearest rank: of 11 samples it is the highest)."""
        return percentile(self.seconds, 95)

    def ratio(self):
        """The median of the rounds' ratios; above 1 is faster than ripgrep."""
        return statistics.median(self.ratios)


@dataclass
class Measured:
    """One query on all tools."""

    query: object
    lines: int
    files: int
    results: list


@dataclass
class Sample:
    """One answer, as it goes into the CSV file."""

    query: str
    round: int
    place: int
    tool: str
    seconds: float
    size: object
    load: float


def percentile(values, percent):
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]


def measure(tools, absent, queries, settings, say):
    """Measures every query; `tools[0]` is ripgrep. `absent` maps a tool's name to the reason why
    it could not be had. Returns what was measured, and every sample."""
    measured, samples = [], []
    for query in queries:
        say(f"  {query.name:8} {query.shown()}")
        results = {tool.name: Result(tool.name) for tool in tools}
        reference = tools[0].hits(query, settings.limit)
        lines, files = agree.count_hits(reference, query.mode)
        report_drift(query, lines, files, say)
        for tool in tools:
            check(tool, query, reference, results[tool.name], settings.limit)
        del reference
        samples += time_rounds(tools, query, results, settings)
        missing = [Result(name, absent=True, problem=reason) for name, reason in absent.items()]
        measured.append(Measured(query, lines, files, [*results.values(), *missing]))
    return measured, samples


def check(tool, query, reference, result, limit):
    """Compares one answer with ripgrep's and notes a tool that cannot answer at all."""
    if reason := tool.unsupported(query):
        result.problem = reason
        return
    try:
        found = tool.hits(query, limit)
    except (Slow, Failed, OSError) as reason:
        result.problem = str(reason)
        return
    wanted = agree.positions(reference) if tool.positions_only and query.mode == "lines" \
        else reference
    if tool.bounded and found < wanted:
        result.agrees = f"first {len(found):,}"
    else:
        result.agrees = agree.verdict(wanted, found)


def time_rounds(tools, query, results, settings):
    """The rounds of one query."""
    samples = []
    for number in range(settings.rounds):
        times = {}
        first = number % len(tools)
        for place, tool in enumerate(tools[first:] + tools[:first]):
            result = results[tool.name]
            if result.problem or sum(result.seconds) > settings.budget:
                continue
            try:
                seconds, size = tool.search(query, settings.limit)
            except (Slow, Failed, OSError) as reason:
                result.problem = str(reason)
                continue
            times[tool.name] = seconds
            result.seconds.append(seconds)
            result.sizes.add(size)
            samples.append(Sample(query.name, number, place, tool.name, seconds, size,
                                  os.getloadavg()[0]))
        baseline = times.get(tools[0].name)
        for name, seconds in times.items():
            if baseline:
                results[name].ratios.append(baseline / seconds)
    for result in results.values():
        # The same question has the same answer; order may differ, the size may not.
        if len(result.sizes) > 1:
            result.agrees += f" (size of output varied: {len(result.sizes)} sizes)"
    return samples


def report_drift(query, lines, files, say):
    """Says so when the corpus has not the hits that the pattern was chosen for."""
    if query.mode == "files":
        wanted = (query.files, query.files)
    else:
        wanted = (query.lines, query.files)
    for name, expected, counted in (("lines", wanted[0], lines), ("files", wanted[1], files)):
        if expected is not None and expected != counted:
            say(f"           note: {counted:,} {name}; {expected:,} when the pattern was chosen")
