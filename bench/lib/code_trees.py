"""The source trees on which questions about code are measured."""

import hashlib
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from . import corpora
from .corpora import Missing, cache, call

BENCH = Path(__file__).resolve().parent.parent
REPOSITORY = BENCH.parent


@dataclass(frozen=True)
class Tree:
    """Sources of one language."""

    name: str
    language: str
    #: Of the files that count, separated by commas.
    extensions: str
    root: Path
    #: What universal-ctags calls the language.
    ctags: str


def prepare(name):
    """The tree of that name, fetched if it is not in the cache yet."""
    language, extensions, ctags, locate = TREES[name]
    return Tree(name, language, extensions, locate(), ctags)


def source(name):
    """A tree of the oracles' corpora, by the module that knows where they come from."""
    if str(BENCH / "code") not in sys.path:
        sys.path.append(str(BENCH / "code"))
    import sources
    return sources.locate(getattr(sources, name))


def rust_dependencies():
    """The sources of the crates that this repository is built from, as cargo has them."""
    call(["cargo", "fetch", "--locked"], cwd=REPOSITORY)
    lock = hashlib.sha256((REPOSITORY / "Cargo.lock").read_bytes()).hexdigest()[:12]
    root = cache() / "corpora" / f"rust-dependencies-{lock}"

    def unpack(target):
        said = call(["rustc", "-vV"])
        host = re.search(r"^host: (.+)$", said, re.MULTILINE).group(1)
        said = call(["cargo", "metadata", "--locked", "--offline", "--format-version", "1",
                     "--filter-platform", host], cwd=REPOSITORY)
        packages = json.loads(said[said.index("{"):])["packages"]
        for package in packages:
            if not package["source"]:
                continue
            folder = Path(package["manifest_path"]).parent
            for path in [folder / "Cargo.toml", *folder.rglob("*.rs")]:
                copy = target / folder.name / path.relative_to(folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)

    corpora.build(root, unpack)
    return root


#: Of each tree its language, extensions, name of the language for ctags, and where it is.
TREES = {
    "django": ("Python", "py", "Python", lambda: corpora.django().root),
    "kernel": ("C", "c,h", "C", lambda: corpora.linux().root / "kernel"),
    "fs": ("C", "c,h", "C", lambda: corpora.linux().root / "fs"),
    "maplibre": ("TypeScript", "ts,tsx", "TypeScript", lambda: source("MAPLIBRE")),
    "matrix": ("TypeScript", "ts,tsx", "TypeScript", lambda: source("MATRIX")),
    "rust": ("Rust", "rs", "Rust", rust_dependencies),
    "linux": ("C", "c,h", "C", lambda: corpora.linux().root),
}
#: Those that are measured if nothing is said; all of Linux takes its time.
USUAL = [name for name in TREES if name != "linux"]


def prepare_all(names):
    """The trees that can be had, and for each other one the reason."""
    trees, absent = [], {}
    for name in names:
        try:
            trees.append(prepare(name))
        except (Missing, OSError) as reason:
            absent[name] = str(reason)
    return trees, absent
