"""Finds or installs the peers, each in one pinned version and from its package registry, under
the cache: nothing is installed into the system, and root is not needed.

Each function returns the program's path and the version that it reports itself, or raises
`Missing` with the reason, which the tables then print instead of leaving the peer out.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from .corpora import Missing, cache, call, debian_package

RIPGREP_VERSION = "15.2.0"
CODESEARCH_VERSION = "0.0~hg20120502-3+b19"
GLEP_VERSION = "2.0.0"
FFF_VERSION = "0.11.0"


@dataclass(frozen=True)
class Program:
    """An installed peer."""

    path: Path
    version: str
    licence: str
    origin: str


def ripgrep():
    """`$RG`, the `rg` on PATH or the one in the cache if it has the right version, else built."""
    built = cache() / "peers" / f"ripgrep-{RIPGREP_VERSION}"
    offered = [os.environ.get("RG"), shutil.which("rg"), built / "bin" / "rg"]
    for candidate in filter(None, offered):
        if Path(candidate).is_file() and ripgrep_version(candidate) == RIPGREP_VERSION:
            break
    else:
        print(f"building ripgrep {RIPGREP_VERSION} ...", flush=True)
        call(["cargo", "install", "ripgrep", "--version", RIPGREP_VERSION, "--locked",
              "--root", built])
        candidate = built / "bin" / "rg"
    return Program(Path(candidate).resolve(), RIPGREP_VERSION, "Unlicense OR MIT",
                   "crates.io: ripgrep")


def ripgrep_version(path):
    """The version a program reports, empty if it is not ripgrep (coderoom's shim names itself)."""
    try:
        first = call([path, "--version"]).splitlines()[0].split()
    except (Missing, IndexError, OSError):
        return ""
    is_plain = len(first) >= 2 and first[0] == "ripgrep" and "coderoom" not in " ".join(first)
    return first[1] if is_plain else ""


def codesearch():
    """The folder with Debian's `csearch` and `cindex`."""
    version, archive = debian_package("codesearch", CODESEARCH_VERSION)
    target = cache() / "peers" / f"codesearch-{version}"
    if not (target / "usr/bin/csearch").exists():
        call(["dpkg-deb", "-x", archive, target])
    return Program(target / "usr/bin", version, "BSD-3-Clause", "Debian: codesearch")


def glep():
    """glep, an indexed grep for agents."""
    target = cache() / "peers" / f"glep-{GLEP_VERSION}"
    path = target / "bin" / "glep"
    if not path.exists():
        call([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
              "--only-binary", ":all:", "--target", target, f"glep=={GLEP_VERSION}"])
    return Program(path, call([path, "--version"]).split()[-1], "MIT", "PyPI: glep")


def fff(bench):
    """The small program under `bench/fff` that drives the library; built with its own lock."""
    manifest = bench / "fff" / "Cargo.toml"
    target = cache() / "peers" / "fff-target"
    print("building bench/fff (minutes the first time) ...", flush=True)
    call(["cargo", "build", "--release", "--locked", "--manifest-path", manifest,
          "--target-dir", target], cwd=bench / "fff")
    return Program(target / "release" / "bench-fff", FFF_VERSION, "MIT", "crates.io: fff-search")


def git():
    """The machine's own git."""
    path = shutil.which("git")
    if not path:
        raise Missing("`git` is not on this machine")
    return Program(Path(path), call([path, "--version"]).split()[2], "GPL-2.0-only",
                   "this machine")
