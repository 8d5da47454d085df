"""Prepares the trees that are searched: downloads them from the package registries, unpacks them
under the cache, and commits them in a git repository of their own, so that `git grep` works and
every tool sees the same `.gitignore`. Nothing of a corpus ever enters this repository.

A corpus is ready when its marker file exists beside it; a half-made one is made again.
"""

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

LINUX_PACKAGE = "linux-source-6.1"
LINUX_VERSION = "6.1.192-2"
DJANGO_VERSION = "5.2.19"

#: Debian's package ignores everything at its top level, which would hide the tree from every
#: tool that honours .gitignore.
DEBIAN_IGNORE_LINE = "/*"


class Missing(Exception):
    """A corpus or a tool cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Corpus:
    """A tree to search."""

    name: str
    version: str
    licence: str
    origin: str
    root: Path


def cache():
    """Where corpora, tools and indexes are kept between runs."""
    named = os.environ.get("CODEROOM_BENCH_CACHE")
    path = Path(named) if named else Path.home() / ".cache" / "coderoom-bench"
    path = path.expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def call(argv, cwd=None, env=None):
    """Runs a step of the preparation; its last words become the reason if it fails."""
    try:
        done = subprocess.run([str(word) for word in argv], cwd=cwd, env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise Missing(f"`{argv[0]}` is not on this machine") from None
    if done.returncode:
        last = (done.stdout.strip().splitlines() or ["no message"])[-1]
        raise Missing(f"`{Path(str(argv[0])).name}` failed: {last}")
    return done.stdout


def prepare(name, repository):
    """The corpus of that name, made if it is not in the cache yet."""
    makers = {"linux": linux, "django": django, "self": lambda: this_repository(repository)}
    return makers[name]()


def linux():
    """Debian's source of Linux 6.1, without Debian's line that ignores the whole tree."""
    version, archive = debian_package(LINUX_PACKAGE, LINUX_VERSION)
    root = cache() / "corpora" / f"linux-{version}"

    def unpack(target):
        scratch = target.with_suffix(".deb-contents")
        call(["dpkg-deb", "-x", archive, scratch])
        # The tar program, because Python's xz takes minutes for this one.
        call(["tar", "--no-same-owner", "-xJf",
              scratch / "usr/src" / f"{LINUX_PACKAGE}.tar.xz", "-C", scratch])
        (scratch / LINUX_PACKAGE).rename(target)
        shutil.rmtree(scratch)
        ignore = target / ".gitignore"
        kept = [line for line in ignore.read_text().splitlines() if line != DEBIAN_IGNORE_LINE]
        ignore.write_text("\n".join(kept) + "\n")

    build(root, unpack)
    return Corpus("linux", version, "GPL-2.0 WITH Linux-syscall-note",
                  f"Debian package {LINUX_PACKAGE}", root)


def django():
    """Django's source distribution."""
    root = cache() / "corpora" / f"django-{DJANGO_VERSION}"

    def unpack(target):
        downloads = cache() / "downloads"
        archive = downloads / f"django-{DJANGO_VERSION}.tar.gz"
        if not archive.exists():
            call(["python3", "-m", "pip", "download", "--no-binary", ":all:", "--no-deps",
                  f"Django=={DJANGO_VERSION}", "--dest", downloads])
        scratch = target.with_suffix(".sdist")
        with tarfile.open(archive) as contents:
            contents.extractall(scratch, filter="data")
        (scratch / f"django-{DJANGO_VERSION}").rename(target)
        scratch.rmdir()

    build(root, unpack)
    return Corpus("django", DJANGO_VERSION, "BSD-3-Clause", "PyPI sdist of Django", root)


def this_repository(repository):
    """The committed files of this repository, copied so that the tests never write into it."""
    try:
        commit = call(["git", "rev-parse", "--short=12", "HEAD"], cwd=repository).strip()
    except Missing as reason:
        raise Missing(f"the corpus `self` needs a commit in this repository: {reason}") from None
    root = cache() / "corpora" / f"self-{commit}"

    def unpack(target):
        archive = target.with_suffix(".tar")
        call(["git", "archive", "--output", archive, "HEAD"], cwd=repository)
        target.mkdir()
        call(["tar", "--no-same-owner", "-xf", archive, "-C", target])
        archive.unlink()

    build(root, unpack)
    return Corpus("self", commit, "as this repository", "git archive of HEAD", root)


def debian_package(package, version):
    """The version and archive of a Debian package: the pinned one, else the newest there is."""
    downloads = cache() / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    if not (held := sorted(downloads.glob(f"{package}_{escaped(version)}_*.deb"))):
        try:
            call(["apt-get", "download", f"{package}={version}"], cwd=downloads)
        except Missing:
            # Debian's archive keeps a version until a few newer ones are out.
            call(["apt-get", "download", package], cwd=downloads)
        held = sorted(downloads.glob(f"{package}_*.deb"), key=lambda path: path.stat().st_mtime)
    archive = held[-1]
    return archive.name.split("_")[1].replace("%3a", ":"), archive


def escaped(version):
    """A version as it stands in the name of a Debian archive."""
    return version.replace(":", "%3a")


def build(root, unpack):
    """Unpacks and commits a tree once."""
    marker = root.with_name(f"{root.name}.ready")
    if marker.exists() and root.is_dir():
        return
    print(f"preparing {root.name} ...", flush=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    for leftover in root.parent.glob(f"{root.name}*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    unpack(root)
    environment = quiet_environment()
    call(["git", "init", "--quiet", "."], cwd=root, env=environment)
    # glep keeps its index inside the tree: no other tool may take it for source.
    (root / ".git" / "info" / "exclude").write_text(".glep/\n")
    call(["git", "add", "--all"], cwd=root, env=environment)
    call(["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit",
          "--quiet", "--message", "corpus"], cwd=root, env=environment)
    marker.touch()


def quiet_environment():
    """The environment of every program that is measured: no personal configuration of git,
    ripgrep or others, and the same language everywhere."""
    home = cache() / "home"
    home.mkdir(exist_ok=True)
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home),
            "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1"}
