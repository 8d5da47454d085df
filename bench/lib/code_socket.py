"""The twelve questions over the socket, and files that change on disk while they are asked."""

import json
import re
import shutil
import tempfile
import time
from pathlib import Path

from .coderoom import START_LIMIT, Daemon
from .process import Failed, Slow
from .code_engine import QUESTIONS

LIMIT = 60.0
PATIENCE = 2.0
WORD = "coderoom_bench_probe"
#: A file that is edited has at least so many.
FUNCTIONS = 12
#: A line that defines the word, in each language.
LINES = {
    "Python": "def {}(): return 1", "TypeScript": "export function {}(): number {{ return 1; }}",
    "C": "int {}(void) {{ return 1; }}", "Rust": "pub fn {}() -> u32 {{ 1 }}",
}


def wait_for_code(daemon):
    """Waits until the index of code is there; returns the workspace's status."""
    end = time.monotonic() + START_LIMIT
    while True:
        status = daemon.status()
        if status["code"]["state"] == "ready" and status["uncovered_files"] == 0:
            return status
        if time.monotonic() > end:
            raise Slow("the index of code does not get done")
        time.sleep(0.02)


def parameters(root, question, symbol):
    """A question about a symbol that was drawn, as the engine was asked it."""
    base = {"workspace": str(root)}
    path, line, column = symbol["defined"]
    if question == "symbols":
        return {**base, "name": symbol["name"], "limit": 200}
    if question in ("outline", "dependencies", "dependents"):
        return {**base, "path": path, "limit": 200}
    if question == "unused":
        return {**base, "paths": [path], "limit": 200}
    if question == "definition":
        path, line, column = symbol["used"]
    return {**base, "path": path, "line": line, "column": column}


class Raw:
    """A connection that is timed from the first byte sent to the last one received: what the
    client makes of the answer is its own affair."""

    def __init__(self, daemon):
        self.line = daemon.connect()
        self.line.connection.settimeout(LIMIT)

    def ask(self, method, params):
        """Seconds, and whether there was an answer and not an error."""
        message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        message = message.encode() + b"\n"
        begun = time.perf_counter()
        self.line.connection.sendall(message)
        reply = self.line.reader.readline()
        seconds = time.perf_counter() - begun
        if not reply:
            raise Failed("the daemon closed the connection")
        return seconds, b'"error":{' not in reply[:200]

    def close(self):
        """Hangs up."""
        self.line.__exit__()


def ask_all(daemon, root, symbols):
    """Every question about every symbol twice; samples as the engine gives them."""
    raw, samples = Raw(daemon), []
    try:
        for question in QUESTIONS:
            for state in ("other", "again"):
                for number, symbol in enumerate(symbols):
                    seconds, ok = raw.ask(question, parameters(root, question, symbol))
                    samples.append({"question": question, "state": state, "symbol": number,
                                    "seconds": seconds, "ok": ok})
    finally:
        raw.close()
    return samples


class Scratch:
    """A copy of a tree in which one file of about 3,000 lines has a line with the word."""

    def __init__(self, tree):
        self.folder = Path(tempfile.mkdtemp(prefix="bench-code-"))
        self.root = self.folder / tree.root.name
        shutil.copytree(tree.root, self.root, symlinks=True,
                        ignore=shutil.ignore_patterns(".git", ".glep"))
        self.path = about_3000_lines(self.root, tree.extensions.split(","))
        lines = self.path.read_text().split("\n")
        put_line(lines, tree.language)
        self.lines = len(lines)
        self.text = "\n".join(lines)
        self.path.write_text(self.text)

    @property
    def file(self):
        """The file, relative to the root."""
        return str(self.path.relative_to(self.root))

    def close(self):
        """Removes it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def about_3000_lines(root, extensions):
    """The file whose number of lines is nearest to 3,000, the first by path."""
    counted = []
    for extension in extensions:
        for path in root.rglob(f"*.{extension}"):
            # Nothing of that length is smaller, and nothing much larger is code.
            if path.is_file() and 40_000 < path.stat().st_size < 400_000:
                text = path.read_bytes()
                counted.append((abs(text.count(b"\n") - 3000), str(path), path))
    for _, _, path in sorted(counted):
        # Tables of constants are no code that anybody edits.
        if len(places_for_functions(path.read_text(errors="replace").split("\n"))) >= FUNCTIONS:
            return path
    raise Failed("no file of about 3,000 lines")


def places_for_functions(lines):
    """The lines before which a function may stand."""
    return [number for number, line in enumerate(lines)
            if re.match(r"(def|class) ", line) and number and not lines[number - 1].strip()
            or number and lines[number - 1] == "}"]


def put_line(lines, language):
    """Puts the line with the word in, near the middle, where a function may stand."""
    places = places_for_functions(lines)
    middle = len(lines) // 2
    best = min(places or [len(lines)], key=lambda number: abs(number - middle))
    lines.insert(best, LINES[language].format(WORD))


def edits_on_disk(bin_dir, scratch, rounds):
    """Writes another name into the file, again and again, and asks until the answer has it.
    Samples: question, seconds from the end of the write, and how many answers that took."""
    daemon, samples = Daemon(bin_dir, scratch.root), []
    try:
        daemon.start()
        wait_for_code(daemon)
        raw = Raw(daemon)
        for number in range(rounds):
            for question in ("symbols", "references"):
                name = f"{WORD}_{question}_{number}"
                text = scratch.text.replace(WORD, name)
                scratch.path.write_text(text)
                samples.append({"question": question, **until_seen(raw, scratch, question, name)})
        raw.close()
    finally:
        daemon.close()
    return samples


def until_seen(raw, scratch, question, name):
    """Asks for a name until it is in the answer."""
    base = {"workspace": str(scratch.root)}
    asked = {"symbols": {**base, "name": name, "match": "exact"},
             "references": {**base, "symbol": name}}[question]
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": question, "params": asked})
    message = message.encode() + b"\n"
    path = scratch.file.encode()
    begun, answers = time.perf_counter(), 0
    while True:
        raw.line.connection.sendall(message)
        reply = raw.line.reader.readline()
        seconds = time.perf_counter() - begun
        answers += 1
        seen = b'"error":{' not in reply[:200] and path in reply
        if seen or seconds > PATIENCE:
            return {"seconds": seconds, "answers": answers, "seen": seen}
