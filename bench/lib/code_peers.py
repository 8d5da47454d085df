"""What people use in the place of questions about code: universal-ctags (an index of definitions),
`rg -w NAME` (every line with the name), codegraph (an index of symbols and calls)."""

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .code_engine import figures
from .code_socket import Raw, parameters, wait_for_code
from .coderoom import Daemon
from .corpora import Missing, cache, call, quiet_environment
from .process import Failed, Slow, cpu_seconds, memory, run, settle

LIMIT = 900.0


@dataclass
class Indexing:
    """One tool making its index from nothing, several times."""

    tool: str
    problem: str = ""
    seconds: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    #: Bytes on disk or in memory.
    size: int = 0
    note: str = ""


def ctags():
    """universal-ctags and its version; Debian has it."""
    found = shutil.which("ctags")
    said = call([found, "--version"]) if found else ""
    if not said.startswith("Universal Ctags"):
        raise Missing("no universal-ctags on PATH: `apt-get install universal-ctags` has it")
    return found, said.split("\n")[0].split("Ctags ")[1].split("(")[0].strip(" ,")


def codegraph():
    """The module that drives codegraph, if it is in the cache; it is not installed for this."""
    folder = Path(__file__).resolve().parent.parent / "code"
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    import codegraph as driver
    target = cache() / "peers" / f"codegraph-{driver.VERSION}"
    if not (target / "node_modules").exists():
        raise Missing("codegraph is not in the cache: `python3 bench/code/score.py ORACLE "
                      "--tool codegraph` installs it from npm")
    return driver


def index_with_ctags(program, tree, row):
    """Definitions in the language's files; it knows no references."""
    target = cache() / "indexes" / f"{tree.root.name}.tags"
    target.parent.mkdir(exist_ok=True)
    maps = ["--langmap=C:+.h"] if tree.ctags == "C" else []
    maps += ["--langmap=TypeScript:+.tsx"] if tree.ctags == "TypeScript" else []
    done = run([program, "-R", *maps, f"--languages={tree.ctags}", "--fields=+n", "-f",
                str(target), str(tree.root)], quiet_environment(), LIMIT)
    row.seconds.append(done.seconds)
    row.cpu.append(done.cpu)
    row.size = target.stat().st_size


def index_with_codegraph(driver, tree, row):
    """A new index of a copy of the tree, once: it takes its time."""
    if row.seconds:
        return
    copy = cache() / "indexes" / f"{tree.root.name}.codegraph-timed"
    shutil.rmtree(copy, ignore_errors=True)
    try:
        shutil.copytree(tree.root, copy, ignore=shutil.ignore_patterns(".git", ".glep"))
        done = run([str(driver.program()), "init", str(copy)],
                   {**driver.environment(), "PWD": str(copy)}, LIMIT)
        row.seconds.append(done.seconds)
        row.cpu.append(done.cpu)
        kept = copy / ".codegraph"
        row.size = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def index_with_coderoom(bin_dir, tree, row):
    """A new daemon: texts, trigrams, and the index of code in the background."""
    daemon = Daemon(bin_dir, tree.root)
    try:
        begun = time.perf_counter()
        daemon.start()
        status = wait_for_code(daemon)
        row.seconds.append(time.perf_counter() - begun)
        row.cpu.append(cpu_seconds(daemon.pid))
        row.size = status["code"]["bytes"]
        settle(daemon.pid, limit=20)
        kept = memory(daemon.pid)
        row.note = (f"{status['code']['files']:,} files; daemon at rest "
                    f"{kept.rss / status['text_bytes']:.2f} x its text (Rss), "
                    f"peak {kept.peak / status['text_bytes']:.2f}")
    finally:
        daemon.close()


def indexing(bin_dir, tree, rounds, say):
    """All tools on one tree, in alternation."""
    makers = {"coderoom": lambda row: index_with_coderoom(bin_dir, tree, row)}
    rows = {name: Indexing(name) for name in ("coderoom", "universal-ctags", "codegraph")}
    try:
        program, version = ctags()
        rows["universal-ctags"].note = version
        makers["universal-ctags"] = lambda row: index_with_ctags(program, tree, row)
    except Missing as reason:
        rows["universal-ctags"].problem = str(reason)
    try:
        driver = codegraph()
        rows["codegraph"].note = f"{driver.VERSION}; once"
        makers["codegraph"] = lambda row: index_with_codegraph(driver, tree, row)
    except Missing as reason:
        rows["codegraph"].problem = str(reason)
    for number in range(rounds):
        say(f"  {tree.name}: indexing, round {number + 1} of {rounds}")
        for name, make in makers.items():
            if rows[name].problem:
                continue
            try:
                make(rows[name])
            except (Missing, Failed, Slow, OSError) as reason:
                rows[name].problem = str(reason)
    return list(rows.values())


class Words:
    """`rg -w -n NAME` in the files of the language."""

    name = "rg -w"

    def __init__(self, rg, tree):
        globs = [word for it in tree.extensions.split(",") for word in ("-g", f"*.{it}")]
        self.argv = [str(rg), "--no-config", "-w", "-n", "-F", "--no-heading", *globs, "-e"]

    def references(self, symbol):
        """Seconds and lines."""
        done = run([*self.argv, symbol["name"]], quiet_environment(), 60, keep=True)
        return done.seconds, done.output.count(b"\n")


class Asked:
    """coderoom's `references` over the socket."""

    name = "coderoom socket"

    def __init__(self, daemon, tree):
        self.raw, self.root = Raw(daemon), tree.root

    def references(self, symbol):
        """Seconds; how many there are is another question."""
        return self.raw.ask("references", parameters(self.root, "references", symbol))[0], None


class Edges:
    """codegraph's database, read in the benchmark's own process: no process start, no text."""

    name = "codegraph (its database, in process)"

    def __init__(self, driver, tree):
        self.index = driver.Codegraph(tree.root, tree.language.lower())

    def references(self, symbol):
        """Seconds and edges."""
        path, line, _ = symbol["defined"]
        begun = time.perf_counter()
        found = self.index.references({"path": path, "line": line, "name": symbol["name"]})
        return time.perf_counter() - begun, len(found)


def references(rg, daemon, tree, symbols):
    """Who uses each symbol, asked of all tools in turn. Rows of name, seconds, problem."""
    os.chdir(tree.root)
    tools, rows = [Asked(daemon, tree), Words(rg, tree)], []
    try:
        driver = codegraph()
        if not (cache() / "indexes" / f"{tree.root.name}.codegraph").exists():
            raise Missing("no index of this tree in the cache")
        tools.append(Edges(driver, tree))
    except Missing as reason:
        rows.append((Edges.name, [], str(reason)))
    seconds = {tool.name: [] for tool in tools}
    for number, symbol in enumerate(symbols):
        first = number % len(tools)
        for tool in tools[first:] + tools[:first]:
            seconds[tool.name].append(tool.references(symbol)[0])
    return [(name, figures(values), "") for name, values in seconds.items()] + rows
