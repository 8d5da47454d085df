"""Describes the machine of a run: enough to compare results, nothing that names the machine."""

import datetime
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path


def describe():
    """What and when, as pairs for a table."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory_gib():.0f} GiB",
        # The numbers only: what a distributor or a host adds can name the place.
        "kernel": "Linux " + re.match(r"[\d.]+", platform.release()).group(),
        "file system": file_system(),
        "rustc": version("rustc"),
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def processor():
    """The processor's model."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib():
    """All memory there is."""
    first = Path("/proc/meminfo").read_text().splitlines()[0]
    return int(first.split()[1]) / (1 << 20)


def file_system():
    """The type of the file system that the corpora are on."""
    from .corpora import cache
    try:
        said = subprocess.run(["stat", "-f", "-c", "%T", str(cache())], text=True,
                              capture_output=True, check=True)
        return said.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def version(program):
    """What a program says of its version, without the date and the place it was built."""
    if not shutil.which(program):
        return "not installed"
    said = subprocess.run([program, "--version"], text=True, capture_output=True).stdout.split()
    return said[1] if len(said) > 1 else "unknown"


def commit(repository):
    """The commit of this repository, marked when the work tree has changes; empty without one."""
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=repository, text=True,
                              capture_output=True).stdout.strip()
    short = git("rev-parse", "--short=12", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no")
    return f"{short}-changed" if short and changed else short
