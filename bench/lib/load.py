"""What it takes to get ready: the time and processor time from nothing to complete, and the
memory that stays. The yardstick is reading every file once: `rg --files -0 | xargs -0 cat`.

"Cold" means that the tool starts from nothing; the page cache is warm for all of them, because
what is measured is the tool and not the disk.
"""

import shlex
import shutil
import time
from dataclasses import dataclass, field

from .coderoom import Daemon
from .corpora import quiet_environment
from .peers import Csearch, Fff, Glep, forget_glep_index
from .process import Memory, cpu_seconds, memory, run, settle

LIMIT = 600.0


@dataclass
class Load:
    """One tool getting ready, several times."""

    tool: str
    problem: str = ""
    #: Seconds until it can answer, and until its index is complete.
    first: list = field(default_factory=list)
    complete: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    #: Memory that stays resident when it is ready (none for tools without a process).
    memory: Memory = None
    #: Bytes of its index on disk.
    disk: int = 0
    #: Bytes of text that it holds, and of postings in memory, if it says so.
    text: int = 0
    index: int = 0


def read_everything(rg, root, discard=True):
    """Lists and reads every file that ripgrep would search; `root` is the current directory.
    Returns the finished run, whose output size is the corpus in bytes unless discarded."""
    target = " > /dev/null" if discard else ""
    script = f"{shlex.quote(str(rg))} --files -0 | xargs -0 cat{target}"
    return run([shutil.which("sh"), "-c", script], quiet_environment(), LIMIT)


def corpus_size(rg, root):
    """The number of files and of bytes that are searched."""
    listed = run([str(rg), "--files"], quiet_environment(), LIMIT, keep=True)
    return listed.output.count(b"\n"), read_everything(rg, root, discard=False).size


def measure(rg, loaders, rounds, say):
    """Runs the yardstick and every loader in alternation. A loader is a name and a function that
    adds one observation to its `Load`. Returns the rows of the table."""
    yardstick = Load("read every file")
    rows = {name: Load(name) for name, _ in loaders}
    for number in range(rounds):
        say(f"  loading, round {number + 1} of {rounds}")
        done = read_everything(rg, None)
        yardstick.first.append(done.seconds)
        yardstick.complete.append(done.seconds)
        yardstick.cpu.append(done.cpu)
        for name, loader in loaders:
            row = rows[name]
            if row.problem:
                continue
            try:
                loader(row)
            except Exception as reason:  # one tool's failure is a line in the table
                row.problem = str(reason) or type(reason).__name__
    return [yardstick, *rows.values()]


def csearch_loader(folder, root, index):
    """`cindex` into a new index file."""
    def load(row):
        tool = Csearch(folder, root, index)
        done = run([tool.indexer, "-reset", str(root)], tool.environment, LIMIT)
        finished(row, done)
        row.disk = index.stat().st_size
    return load


def glep_loader(program, root):
    """`glep index` without an older index."""
    def load(row):
        forget_glep_index(root)
        tool = Glep("glep", program, root)
        finished(row, run([tool.program, "index"], tool.environment, LIMIT))
        row.disk = sum(path.stat().st_size for path in (root / ".glep").rglob("*")
                       if path.is_file())
    return load


def finished(row, done):
    """Adds an indexer's run: it is ready when it has ended."""
    row.first.append(done.seconds)
    row.complete.append(done.seconds)
    row.cpu.append(done.cpu)


def fff_loader(program, root):
    """A new process that loads and indexes the tree."""
    def load(row):
        tool = Fff(program, root)
        try:
            tool.start()
            row.first.append(tool.walk_seconds)
            row.complete.append(tool.load_seconds)
            row.cpu.append(cpu_seconds(tool.pid))
            row.memory = memory(tool.pid)
        finally:
            tool.close()
    return load


def coderoom_loader(bin_dir, root):
    """A new daemon without a cache."""
    def load(row):
        daemon = Daemon(bin_dir, root)
        try:
            began = time.perf_counter()
            row.first.append(daemon.start())
            status = daemon.wait_indexed()
            row.complete.append(time.perf_counter() - began)
            row.cpu.append(cpu_seconds(daemon.pid))
            settle(daemon.pid)
            row.memory = memory(daemon.pid)
            row.text, row.index = status["text_bytes"], status["index_bytes"]
        finally:
            daemon.close()
    return load
