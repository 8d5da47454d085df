"""Where the source trees of the oracles come from: package registries only, unpacked under the
cache and never into this repository."""

import shutil
import tarfile

from lib import corpora
from lib.corpora import Missing, cache, call, debian_package

MAPLIBRE = "maplibre-gl-6.17.0"
MATRIX = "matrix-js-sdk-43.0.0"
RIPGREP_VERSION = "15.2.0"
RIPGREP_CRATES = ["ripgrep", "grep", "grep-cli", "grep-matcher", "grep-pcre2", "grep-printer",
                  "grep-regex", "grep-searcher", "globset", "ignore"]
LIBGIT2_VERSION = "0.18.8"
LEVELDB_VERSION = "2.0.9"
ESBUILD_PACKAGE, ESBUILD_VERSION = "golang-github-evanw-esbuild-dev", "0.17.0-1"

#: What npm packages leave out; close to what both projects use.
TSCONFIG = """{
  "compilerOptions": {
    "target": "ES2022", "module": "ESNext", "moduleResolution": "bundler", "noEmit": true,
    "allowImportingTsExtensions": true, "resolveJsonModule": true, "esModuleInterop": true,
    "strict": false, "skipLibCheck": true, "experimentalDecorators": true,
    "lib": ["ES2024", "DOM", "DOM.Iterable", "ESNext"], "types": []
  },
  "include": ["**/*.ts", "**/*.tsx"]
}
"""


def locate(name):
    """The root of a corpus by the name that an oracle gives it, fetched if it is not there."""
    held = cache() / "corpora" / name
    if held.is_dir() and held.with_name(f"{name}.ready").exists():
        return held
    for prefix, maker in MAKERS.items():
        if name.startswith(prefix):
            made = maker()
            if made.name != name:
                raise Missing(f"the corpus is now {made.name}, the oracle is for {name}")
            return made
    raise Missing(f"no such corpus: {name}")


def from_npm(name):
    """The sources in a package of npm, without what is built from them."""
    root = cache() / "corpora" / name
    package, _, version = name.rpartition("-")

    def unpack(target):
        downloads = cache() / "downloads"
        archive = downloads / f"{name}.tgz"
        if not archive.exists():
            call(["npm", "pack", f"{package}@{version}"], cwd=downloads)
        scratch = target.with_suffix(".npm")
        with tarfile.open(archive) as contents:
            contents.extractall(scratch, filter="data")
        for built in ("dist", "lib"):
            shutil.rmtree(scratch / "package" / built, ignore_errors=True)
        (scratch / "package").rename(target)
        scratch.rmdir()
        (target / "tsconfig.json").write_text(TSCONFIG)

    corpora.build(root, unpack)
    return root


def maplibre():
    """MapLibre GL JS: classes, with its tests."""
    return from_npm(MAPLIBRE)


def matrix():
    """The Matrix client: classes and events."""
    return from_npm(MATRIX)


def vendored(scratch, crate, version, more=""):
    """The folder with a crate and all that it needs."""
    # A package without code that depends on it: `cargo vendor` fetches them.
    (scratch / "src").mkdir(parents=True)
    (scratch / "src/lib.rs").touch()
    wanted = ", ".join(filter(None, [f'version = "={version}"', more]))
    (scratch / "Cargo.toml").write_text(
        '[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2021"\n'
        f"[dependencies]\n{crate} = {{ {wanted} }}\n[workspace]\n")
    call(["cargo", "vendor", "--quiet", scratch / "vendor"], cwd=scratch)
    return scratch / "vendor"


def from_crate(name, version, folder, parts):
    """Some folders of the foreign sources that a crate carries."""
    root = cache() / "corpora" / f"{name}-{version}"

    def unpack(target):
        scratch = target.with_suffix(".vendor")
        held = vendored(scratch, name, version) / name / folder
        for part in parts:
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            (held / part).rename(target / part)
        shutil.rmtree(scratch)

    corpora.build(root, unpack)
    return root


def libgit2():
    """libgit2, in C, without the libraries that it brings along."""
    return from_crate("libgit2-sys", LIBGIT2_VERSION, "libgit2",
                      ["include", "src", "deps/xdiff", "deps/llhttp"])


def leveldb():
    """LevelDB, in C++, with its tests."""
    return from_crate("leveldb-sys", LEVELDB_VERSION, "deps/leveldb-1.22",
                      ["db", "helpers", "include", "port", "table", "util"])


def ripgrep_crates():
    """ripgrep and its own crates from crates.io, as one workspace."""
    root = cache() / "corpora" / f"ripgrep-crates-{RIPGREP_VERSION}"

    def unpack(target):
        scratch = target.with_suffix(".vendor")
        held = vendored(scratch, "ripgrep", RIPGREP_VERSION, 'features = ["pcre2"]')
        target.mkdir()
        for crate in RIPGREP_CRATES:
            (held / crate).rename(target / crate)
        # Cargo.lock of the package would pin crates that are members here.
        for leftover in [*target.glob("*/.cargo-checksum.json"), *target.glob("*/Cargo.lock")]:
            leftover.unlink()
        members = ", ".join(f'"{crate}"' for crate in RIPGREP_CRATES)
        paths = "".join(f'{crate} = {{ path = "{crate}" }}\n' for crate in RIPGREP_CRATES
                        if crate != "ripgrep")
        (target / "Cargo.toml").write_text(
            f'[workspace]\nresolver = "2"\nmembers = [{members}]\n\n[patch.crates-io]\n{paths}')
        (target / ".gitignore").write_text("/target\n")
        shutil.rmtree(scratch)

    corpora.build(root, unpack)
    return root


def esbuild():
    """esbuild from Debian's package of its Go sources."""
    version, archive = debian_package(ESBUILD_PACKAGE, ESBUILD_VERSION)
    root = cache() / "corpora" / f"esbuild-{version}"

    def unpack(target):
        scratch = target.with_suffix(".deb-contents")
        call(["dpkg-deb", "-x", archive, scratch])
        (scratch / "usr/share/gocode/src/github.com/evanw/esbuild").rename(target)
        shutil.rmtree(scratch)
        if not (target / "go.mod").exists():
            (target / "go.mod").write_text("module github.com/evanw/esbuild\n\ngo 1.19\n")

    corpora.build(root, unpack)
    return root


MAKERS = {"django-": lambda: corpora.django().root, "maplibre-gl-": maplibre,
          "matrix-js-sdk-": matrix, "ripgrep-crates-": ripgrep_crates, "esbuild-": esbuild,
          "libgit2-sys-": libgit2, "leveldb-sys-": leveldb}
