"""What one more client costs on a workspace that is loaded, and how long a warm restart takes."""

import time
from dataclasses import dataclass, field

from .process import cpu_seconds, memory, settle

LIMIT = 60.0


@dataclass
class Clients:
    """A hundred clients, connected one after another and kept."""

    #: Seconds from connecting to the end of the first answer, for each client.
    seconds: list = field(default_factory=list)
    #: Bytes that the daemon grew by (Pss) from the first client to the last.
    growth: int = 0


@dataclass
class Restart:
    """A daemon that was stopped and started again on the same workspace."""

    #: Seconds from the start of the process to the end of the first correct answer.
    seconds: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    wrong: int = 0


def hundred_clients(daemon, query, ask, count=100):
    """Connects `count` clients; each asks one query and stays. `ask(line, query)` sends it."""
    figures = Clients()
    lines = []
    try:
        settle(daemon.pid, limit=10)
        before = None
        for _ in range(count):
            start = time.perf_counter()
            line = daemon.connect()
            lines.append(line)
            ask(line, query)
            figures.seconds.append(time.perf_counter() - start)
            if before is None:
                before = memory(daemon.pid).pss
        figures.growth = memory(daemon.pid).pss - before
    finally:
        for line in lines:
            line.__exit__()
    return figures


def restarts(daemon, query, ask, wanted, rounds):
    """Stops and starts a daemon that has its cache, and compares its first answer with `wanted`,
    the output that ripgrep gave."""
    figures = Restart()
    for _ in range(rounds):
        daemon.stop()
        start = time.perf_counter()
        daemon.start()
        with daemon.connect() as line:
            found = ask(line, query)
        figures.seconds.append(time.perf_counter() - start)
        figures.cpu.append(cpu_seconds(daemon.pid))
        figures.wrong += set(found.split(b"\n")) - {b""} != wanted
    return figures
