"""Keeps raw answers of tools and forms the oracle from those that agree."""

import json
import re
from collections import Counter

#: So many tools have to say the same.
ENOUGH = 2
#: So many lines a hard symbol must have at least. The others must have one that tools agree on.
HARD_LINES = 2


class Asked:
    """The answers of one tool, in a file: places, or a text that says why there are none."""

    def __init__(self, path):
        self.path = path
        self.answers = json.loads(path.read_text()) if path.exists() else {}

    def has(self, what, item):
        """Whether that was asked."""
        return self.key(what, item) in self.answers

    def put(self, what, item, answer):
        """Keeps an answer."""
        self.answers[self.key(what, item)] = answer

    def get(self, what, item):
        """The places, or None if there was no answer."""
        answer = self.answers.get(self.key(what, item))
        return None if answer is None or isinstance(answer, str) else answer

    def save(self):
        """Writes the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.answers, indent=0))

    @staticmethod
    def key(what, item):
        """How a question is named in the file."""
        return f"{what} {item.path}:{item.line}:{item.column}"


def agree_on_references(items, raw, most, root, observed):
    """The first symbols with references on which enough tools agree or that tests were seen to
    make, of each kind as many as `most` says. Lines that define something of that name (the
    symbol, and what overrides it) count neither as found nor as wrong: they are what is asked
    about, not who uses it."""
    symbols = []
    texts = {}
    left = dict(most)
    for item in items:
        answers = [answer for tool in raw.values()
                   if (answer := tool.get("references", item)) is not None]
        votes = Counter(line for answer in answers
                        for line in {(path, line) for path, line, _ in answer})
        neutral = {place for place in votes if defines(texts, root, *place, item.name)}
        neutral.add((item.path, item.line))
        for place in neutral:
            votes.pop(place, None)
        agreed = {place for place, count in votes.items() if count >= ENOUGH}
        seen = {tuple(place) for place in observed.get(f"{item.path}:{item.line}", [])} - neutral
        good = len(agreed | seen) >= HARD_LINES if item.group == "hard" else agreed
        if len(answers) < ENOUGH + 1 or not good or not left[item.kind]:
            continue
        left[item.kind] -= 1
        symbol = {
            "path": item.path, "line": item.line, "column": item.column, "name": item.name,
            "kind": item.kind, "group": item.group, "references": agreed | seen,
            "observed": seen, "only_observed": seen - agreed, "neutral": neutral,
            "disputed": set(votes) - agreed - seen}
        symbols.append({key: [list(place) for place in sorted(value)]
                        if isinstance(value, set) else value for key, value in symbol.items()})
    return sorted(symbols, key=lambda item: (item["group"] == "hard", item["path"], item["line"]))


def defines(texts, root, path, line, name):
    """Whether a line defines a function or class of that name."""
    if not path.endswith(".py"):
        return False
    if path not in texts:
        texts[path] = (root / path).read_text(encoding="utf-8", errors="replace").split("\n")
    lines = texts[path]
    text = lines[line - 1] if line <= len(lines) else ""
    return bool(re.match(rf"\s*(async\s+)?(def|class)\s+{re.escape(name)}\b", text))


def agree_on_definitions(items, raw):
    """The uses whose definition enough tools agree on, and no two others on another place."""
    found = []
    for item in items:
        answers = [answer for tool in raw.values()
                   if (answer := tool.get("definition", item)) is not None]
        votes = Counter(place for answer in answers
                        for place in {(path, line) for path, line, _ in answer})
        agreed = [place for place, count in votes.items() if count >= ENOUGH]
        # A name whose definition is the very line is a local that tells nothing.
        if len(agreed) == 1 and agreed[0] != (item.path, item.line):
            found.append({
                "path": item.path, "line": item.line, "column": item.column, "name": item.name,
                "kind": item.kind, "group": item.group, "target": list(agreed[0])})
    return sorted(found, key=lambda item: (item["path"], item["line"], item["column"]))


def write(path, oracle, say=print):
    """Writes an oracle: one symbol a line, so that differences can be read."""
    def rows(items):
        return ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)

    head = {key: value for key, value in oracle.items() if key not in ("symbols", "definitions")}
    text = (json.dumps(head)[:-1] + ',\n"symbols":[\n' + rows(oracle["symbols"])
            + '\n],\n"definitions":[\n' + rows(oracle["definitions"]) + "\n]}\n")
    path.write_text(text)
    groups = Counter(item["group"] for item in oracle["symbols"])
    count = sum(len(item["references"]) for item in oracle["symbols"])
    say(f"{path.name}: {dict(groups)} symbols, {len(oracle['definitions'])} definitions, "
        f"{count} references, {len(text) // 1024} KiB")
