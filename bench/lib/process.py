"""Runs other programs the way an agent does (output read through a pipe to the end) and reads
what the kernel knows about a process: CPU time and memory.

`os.posix_spawn` is used rather than `subprocess` because it costs 0.3 ms less for each start,
which matters when the answer itself takes one. It cannot change directory, so the benchmark
changes into the corpus once and every tool runs there.
"""

import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
TICKS = os.sysconf("SC_CLK_TCK")


class Slow(Exception):
    """A program was stopped because it took longer than its limit."""


class Failed(Exception):
    """A program ended with an error, or an answer could not be understood."""


@dataclass
class Finished:
    """What one run of a program took and said."""

    seconds: float
    cpu: float
    peak_kib: int
    size: int
    output: bytes


def run(argv, env, limit, keep=False, ok=(0, 1)):
    """Starts `argv`, reads its output to the end and waits for it; `argv[0]` is a full path.

    Exit codes outside `ok` raise `Failed` with what the program wrote to standard error (1 is
    "no match" for every search tool here); a run beyond `limit` seconds is killed: `Slow`.
    """
    reader, writer = os.pipe()
    errors = os.memfd_create("stderr")
    kept = []
    size = 0
    try:
        start = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, env, setpgroup=0, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writer, 1),
            (os.POSIX_SPAWN_DUP2, errors, 2),
        ])
        os.close(writer)
        writer = None
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        buffer = bytearray(CHUNK)
        slow = False
        while True:
            left = start + limit - time.perf_counter()
            if left <= 0 or not poll.poll(left * 1000):
                os.killpg(pid, signal.SIGKILL)
                slow = True
                break
            got = os.readv(reader, [buffer])
            if got == 0:
                break
            size += got
            if keep:
                kept.append(bytes(buffer[:got]))
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - start
        if slow:
            raise Slow(f"stopped after {limit:.0f} s")
        code = os.waitstatus_to_exitcode(status)
        if code not in ok:
            said = os.pread(errors, 2000, 0).decode(errors="replace").strip()
            raise Failed(f"exit code {code}: {said.splitlines()[-1] if said else 'no message'}")
        return Finished(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, size,
                        b"".join(kept))
    finally:
        os.close(reader)
        os.close(errors)
        if writer is not None:
            os.close(writer)


def cpu_seconds(pid):
    """User and system time of a living process, its threads included, from /proc/PID/stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@dataclass
class Memory:
    """Resident memory of a process, in bytes."""

    rss: int
    pss: int
    anonymous: int
    peak: int


def memory(pid):
    """Rss, Pss and Anonymous from smaps_rollup; the highest Rss ever (VmHWM) from status."""
    sizes = {}
    for name in ("smaps_rollup", "status"):
        for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
            words = line.split()
            if len(words) == 3 and words[2] == "kB":
                sizes[words[0]] = int(words[1]) * 1024
    return Memory(sizes["Rss:"], sizes["Pss:"], sizes["Anonymous:"], sizes["VmHWM:"])


def settle(pid, limit=60.0, pause=0.5):
    """Waits until a process stops using the processor, so that its background work is done."""
    end = time.monotonic() + limit
    before = cpu_seconds(pid)
    while time.monotonic() < end:
        time.sleep(pause)
        now = cpu_seconds(pid)
        if now - before <= 0.02:
            return
        before = now


def stop(process, patience=10.0):
    """Ends a `subprocess.Popen` politely, then by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except Exception:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()
