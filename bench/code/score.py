#!/usr/bin/env python3
"""Scores answers about code against an oracle: precision and recall of references by line, and
the share of correct definitions.

    python3 bench/code/score.py oracles/python-django.json --tool coderoom --verbose

A symbol's precision is the share of the lines given that the oracle has, its recall the share of
the oracle's lines that are given. *Macro* is the mean over symbols (precision only over symbols
with an answer, recall over all), *micro* counts all lines of all symbols together. Lines where the
symbol, or what overrides it, is defined count neither way; *observed* is the recall of the calls
that Django's own tests were seen to make. Answers in other languages' files are
not looked at.
"""

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

#: Which certainties count at each floor.
FLOORS = {"exact": {"exact"}, "exact+likely": {"exact", "likely"}, "all": None}
SUFFIXES = {
    "python": (".py", ".pyi"), "typescript": (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs"),
    "rust": (".rs",), "go": (".go",), "java": (".java",), "c": (".c", ".h"),
    "cpp": (".cc", ".cpp", ".cxx", ".h", ".hpp"),
}


@dataclass
class Score:
    """One symbol at one floor: the lines as sets of (path, line)."""

    symbol: dict
    found: set
    wrong: set
    missed: set

    @property
    def precision(self):
        """None if nothing was given."""
        given = len(self.found) + len(self.wrong)
        return len(self.found) / given if given else None

    @property
    def recall(self):
        """None if there is nothing to find."""
        wanted = len(self.found) + len(self.missed)
        return len(self.found) / wanted if wanted else None

    @property
    def observed(self):
        """The share of the calls seen at run time that is given; None if none was seen."""
        seen = {tuple(place) for place in self.symbol.get("observed", [])}
        seen &= self.found | self.missed
        return len(self.found & seen) / len(seen) if seen else None


@dataclass
class Answers:
    """What a tool said to all questions of an oracle."""

    references: list
    definitions: list
    seconds: list = field(default_factory=list)
    failed: Counter = field(default_factory=Counter)


def ask(tool, oracle, only=None):
    """Puts the oracle's questions to a tool. A question that fails has no answer."""
    answers = Answers([], [])

    def put(question, item):
        begun = time.perf_counter()
        try:
            given = question(item)
        except Exception as problem:
            answers.failed[f"{type(problem).__name__}: {problem}"[:200]] += 1
            given = []
        answers.seconds.append(time.perf_counter() - begun)
        return given

    for item in oracle["symbols"]:
        wanted = only is None or item["name"] in only
        answers.references.append(put(tool.references, item) if wanted else None)
    for item in oracle["definitions"] if hasattr(tool, "definition") else []:
        wanted = only is None or item["name"] in only
        answers.definitions.append(put(tool.definition, item) if wanted else None)
    return answers


def score_symbol(symbol, given, floor, suffixes, static=False):
    """Compares one answer, from a certainty upwards, with the oracle. With `static`, calls that
    were only seen at run time count neither way."""
    neutral = {tuple(place) for place in symbol.get("neutral", [])}
    if static:
        neutral |= {tuple(place) for place in symbol.get("only_observed", [])}
    neutral.add((symbol["path"], symbol["line"]))
    wanted = {tuple(place) for place in symbol["references"]} - neutral
    allowed = FLOORS[floor]
    lines = {(place["path"], place["line"]) for place in given
             if place["path"].endswith(suffixes) and place.get("role") != "definition"
             and (allowed is None or place.get("certainty", "exact") in allowed)} - neutral
    return Score(symbol, lines & wanted, lines - wanted, wanted - lines)


def summary(scores):
    """The figures of a group of symbols."""
    precisions = [score.precision for score in scores if score.precision is not None]
    found = sum(len(score.found) for score in scores)
    wrong = sum(len(score.wrong) for score in scores)
    missed = sum(len(score.missed) for score in scores)
    return {
        "symbols": len(scores), "answered": len(precisions),
        "precision": mean(precisions), "recall": mean([score.recall for score in scores]),
        "observed": mean([score.observed for score in scores]),
        "micro_precision": found / (found + wrong) if found + wrong else None,
        "micro_recall": found / (found + missed) if found + missed else None,
        "found": found, "wrong": wrong, "missed": missed,
    }


def mean(values):
    """The mean of those that are there, or None of nothing."""
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def score_references(oracle, given, static=False):
    """For each floor and group the figures, and each floor's scores by symbol."""
    suffixes = SUFFIXES[oracle["language"]]
    figures, scores = {}, {}
    for floor in FLOORS:
        scores[floor] = [score_symbol(symbol, answer, floor, suffixes, static)
                         for symbol, answer in zip(oracle["symbols"], given)
                         if answer is not None]
        groups = defaultdict(list)
        for score in scores[floor]:
            groups[score.symbol["group"]].append(score)
        figures[floor] = {group: summary(groups[group]) for group in sorted(groups, reverse=True)}
    return figures, scores


def is_imported(root, target, place):
    """Whether the oracle leads to a Go import and the answer to the package that it imports: gopls
    gives the one for a package's name, others the other."""
    path, line = target
    file = root / path
    lines = file.read_text(errors="replace").split("\n") if file.is_file() else []
    imported = re.search(r'"([^"]+)"\s*$', lines[line - 1]) if 0 < line <= len(lines) else None
    folder = place[0].rpartition("/")[0]
    return bool(imported and folder) and f"/{imported[1]}".endswith(f"/{folder}")


def score_definitions(oracle, given, root):
    """Of each group: how many uses, how many answers, how many right at the first place and how
    many that have the right one among others."""
    go = oracle["language"] == "go"
    groups = defaultdict(Counter)
    wrong = []
    for item, answer in zip(oracle["definitions"], given):
        if answer is None:
            continue
        places = [(place["path"], place["line"]) for place in answer]
        target = tuple(item["target"])
        right = [place == target or go and is_imported(root, target, place) for place in places]
        first = bool(right) and right[0]
        groups[item["group"]].update(uses=1, answered=bool(places), correct=first,
                                     among=any(right))
        if not first:
            wrong.append((item, answer))
    return {group: dict(groups[group]) for group in sorted(groups, reverse=True)}, wrong


def tables(name, oracle, figures, definitions, answers):
    """The figures as Markdown."""
    out = [f"{name} on {oracle['corpus']} ({oracle['language']})", "",
           "| references | certainty | symbols | answered | precision | recall | "
           "observed | micro precision | micro recall | found | wrong | missed |",
           "| --- | --- | " + " | ".join(["---:"] * 10) + " |"]
    certain = any("certainty" in place for answer in answers.references for place in answer or [])
    for floor, groups in figures.items():
        if not certain and floor != "all":
            continue  # a tool without certainties has the same figures at every floor
        for group, row in groups.items():
            out.append(f"| {group} | {floor} | {row['symbols']} | {row['answered']} | "
                       + " | ".join(share(row[key]) for key in
                                    ("precision", "recall", "observed", "micro_precision",
                                     "micro_recall"))
                       + f" | {row['found']} | {row['wrong']} | {row['missed']} |")
    if definitions:
        out += ["", "| definitions | uses | answered | correct | among the answers |",
                "| --- | ---: | ---: | ---: | ---: |"]
        for group, row in definitions.items():
            uses = row["uses"]
            out.append(f"| {group} | {uses} | {row['answered']} | {share(row['correct'] / uses)} "
                       f"| {share(row['among'] / uses)} |")
    if answers.seconds:
        ordered = sorted(answers.seconds)
        out += ["", f"time a question: median {statistics.median(ordered) * 1000:.1f} ms, "
                f"95th percentile {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms"]
    out += [f"failed {count} times: {reason}" for reason, count in answers.failed.most_common(5)]
    return "\n".join(out)


def share(value):
    """A figure between 0 and 1 with three digits."""
    return "-" if value is None else f"{value:.3f}"


def verbose(root, scores, given, wrong_definitions):
    """Every line that is wrong or missed, with its text: worst symbols first."""
    texts = {}

    def text(place):
        path, line = place
        if path not in texts:
            file = root / path
            texts[path] = (file.read_text(errors="replace").split("\n") if file.is_file() else [])
        lines = texts[path]
        return lines[line - 1].strip()[:110] if 0 < line <= len(lines) else "(no such line)"

    said = {id(score): answer for score, answer in zip(scores, given)}
    for score in sorted(scores, key=lambda item: len(item.found) - len(item.wrong)
                        - len(item.missed)):
        if not score.wrong and not score.missed:
            continue
        item = score.symbol
        print(f"\n## {item['name']} ({item['group']}, {item.get('kind', '')}) "
              f"{item['path']}:{item['line']}:{item['column']}: {len(score.found)} found, "
              f"{len(score.wrong)} wrong, {len(score.missed)} missed")
        certainty = {(place["path"], place["line"]): place.get("certainty", "")
                     for place in said[id(score)]}
        disputed = {tuple(place) for place in item.get("disputed", [])}
        for place in sorted(score.wrong):
            note = ", one tool of the oracle has it" if place in disputed else ""
            print(f"  wrong  {place[0]}:{place[1]} [{certainty[place]}{note}] {text(place)}")
        for place in sorted(score.missed):
            print(f"  missed {place[0]}:{place[1]} {text(place)}")
    for item, answer in wrong_definitions:
        use = (item["path"], item["line"])
        print(f"\n## definition of {item['name']} ({item['group']}) at "
              f"{item['path']}:{item['line']}:{item['column']} {text(use)}")
        print(f"  wanted {item['target'][0]}:{item['target'][1]} {text(item['target'])}")
        for place in answer[:5]:
            print(f"  given  {place['path']}:{place['line']} "
                  f"[{place.get('certainty', '')}] {text((place['path'], place['line']))}")


def main():
    """The command line; returns the exit status."""
    import drivers
    from sources import locate
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("oracle", type=Path, help="a file of bench/code/oracles")
    add("--tool", choices=sorted(drivers.TOOLS), default="coderoom")
    add("--bin", type=Path, help="the program, if not the usual one")
    add("--root", type=Path, help="where the corpus is (default: the cache; fetched if missing)")
    add("--only", help="only symbols of these names, separated by commas")
    add("--static", action="store_true", help="leave out calls that were only seen at run time")
    add("--verbose", action="store_true", help="list what is wrong and what is missed")
    add("--floor", choices=FLOORS, default="all", help="of the list of --verbose")
    add("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    if not options.oracle.exists():
        options.oracle = HERE / "oracles" / options.oracle.name
    oracle = json.loads(options.oracle.read_text())
    root = (options.root or locate(oracle["corpus"])).resolve()
    tool = drivers.TOOLS[options.tool](root, oracle["language"], options.bin)
    try:
        answers = ask(tool, oracle, options.only and options.only.split(","))
    finally:
        tool.close()
    figures, scores = score_references(oracle, answers.references, options.static)
    definitions, wrong = score_definitions(oracle, answers.definitions, root)
    if options.verbose:
        asked = [answer for answer in answers.references if answer is not None]
        verbose(root, scores[options.floor], asked, wrong)
        print()
    print(tables(options.tool, oracle, figures, definitions, answers))
    if options.json:
        options.json.write_text(json.dumps({
            "tool": options.tool, "corpus": oracle["corpus"], "references": figures,
            "definitions": definitions,
            "median_seconds": statistics.median(answers.seconds)}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(1)  # whoever reads has seen enough
