//! Indexes that are written.

use std::{collections::BTreeMap, fmt::Write};

use coderoom_engine::{Certainty, Imported, RelPath};
use proptest::prelude::*;
use scip::types::Index;

use super::{Files, SHAPES, code, export, lint::lint, parse, session};

fn texts(files: Files<'_>) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// Occurrences as a person reads them: place, text, symbol without its scheme, roles.
fn render(index: &Index, files: Files<'_>) -> String {
    let files = texts(files);
    let mut out = String::new();
    for document in &index.documents {
        let _ = writeln!(out, "{} {}", document.relative_path, document.language);
        for it in &document.occurrences {
            let (line, start, end) = (it.range[0], it.range[1] as usize, it.range[2] as usize);
            let source = &files[&document.relative_path];
            let text = source.split('\n').nth(line as usize).and_then(|line| line.get(start..end));
            let text = text.unwrap_or("?");
            let symbol = it.symbol.trim_start_matches("coderoom python ");
            let _ = writeln!(out, "  {}:{start} {text} {symbol} {}", line + 1, it.symbol_roles);
        }
        for about in &document.symbols {
            for other in &about.relationships {
                let _ = writeln!(out, "  {} < {}", about.symbol, other.symbol);
            }
        }
    }
    for about in &index.external_symbols {
        let _ = writeln!(out, "outside {} {}", about.symbol, about.display_name);
    }
    out
}

#[test]
fn a_package_is_exported() {
    let index = parse(&export(&code(&session(SHAPES)), Certainty::Exact, usize::MAX));
    lint(&index, &texts(SHAPES)).expect("a sound index");
    assert_eq!(index.metadata.tool_info.name, "coderoom");
    assert_eq!(index.metadata.project_root, "file:///home/me/a%20b");
    let found = render(&index, SHAPES);
    let expected = include_str!("shapes.txt");
    assert_eq!(found, expected, "\n{found}");
    let shapes = &index.documents[4];
    let about = |symbol: &str| {
        shapes.symbols.iter().find(|it| it.symbol.ends_with(symbol)).expect("it is described")
    };
    let class = about("/Shape#");
    assert_eq!(class.documentation, ["A shape.\n\nOf any kind."]);
    assert_eq!(class.signature_documentation.text, "class Shape");
    assert_eq!(class.display_name, "Shape");
    let area = about("/Square#area().");
    assert!(area.relationships[0].is_implementation && area.relationships[0].is_reference);
    let base = about("/Square#");
    assert!(base.relationships[0].is_implementation && !base.relationships[0].is_reference);
}

#[test]
fn the_same_snapshot_gives_the_same_bytes_in_parts_of_any_size() {
    let session = session(SHAPES);
    let whole = export(&code(&session), Certainty::Exact, usize::MAX);
    for part_bytes in [1, 700, 4000] {
        assert_eq!(export(&code(&session), Certainty::Exact, part_bytes), whole);
    }
}

#[test]
fn the_floor_widens_what_is_exported() {
    let files: Files<'_> =
        &[("a.py", "class A:\n    def unusual(self): pass\n\ndef f(x):\n    x.unusual()\n")];
    let count = |floor| {
        let index = parse(&export(&code(&session(files)), floor, usize::MAX));
        lint(&index, &texts(files)).expect("a sound index");
        index.documents[0].occurrences.iter().filter(|it| it.symbol.contains("unusual()")).count()
    };
    // The definitions of `self` are in it, too.
    assert_eq!(count(Certainty::Likely), count(Certainty::Exact) + 1);
}

#[test]
fn every_language_gives_a_sound_index() {
    let files: Files<'_> = &[
        (
            "web/shapes.ts",
            "/** A shape. */\nexport interface Shape { name: string; area(): number }\nexport class \
             Square implements Shape {\n  #hidden = 1\n  constructor(public name: string, private \
             side: number) {}\n  area(): number { const total = this.side; return total }\n  get \
             big(): boolean { return this.side > 9 }\n}\nexport function of(side: number): Square\n\
             export function of(side: string): Square\nexport function of<T>(side: any): Square { \
             return new Square(\"🚀\", side) }\nexport default function (shape: Shape) { return \
             shape.area() }\nexport const make = ({ side }: { side: number }) => ({ side, é: 1 })\n\
             export namespace N { export type T = Shape; export enum E { A, B } }\n",
        ),
        (
            "web/main.tsx",
            "import area, { Square as Sq, make, N } from \"./shapes\"\nimport * as all from \
             \"./shapes\"\nimport { join } from \"path\"\nconst s = new Sq(\"🚀\", 2)\nconst { side: \
             renamed } = make({ side: 1 })\nfunction View(props: { shape: N.T }) { return <b \
             id={join(props.shape.name)}>{area(s)}{renamed}{all.of(1).area()}</b> }\nexport { View \
             as default, s as \"a b\" }\n",
        ),
        ("go.mod", "module example.com/demo\n"),
        (
            "shapes/shapes.go",
            "// Package shapes has shapes.\npackage shapes\n\nimport \"fmt\"\n\n// Shape is \
             one.\ntype Shape interface{ Area() int }\n\ntype Square struct {\n\tSide \
             int\n\tname string\n}\n\nfunc (s *Square) Area() int { return s.Side * s.Side \
             }\n\nfunc init() { fmt.Println(New(1)) }\n\nfunc New(side int) *Square { return \
             &Square{Side: side} }\n",
        ),
        (
            "shapes/other.go",
            "package shapes\n\nfunc init() {}\n\nfunc Both[T Shape](a, b T) int { return a.Area() \
             + b.Area() }\n",
        ),
        (
            "main.go",
            "package main\n\nimport (\n\t\"os\"\n\n\tsh \"example.com/demo/shapes\"\n)\n\nfunc \
             main() {\n\ts := sh.New(2)\n\tos.Exit(s.Area() + sh.Both(s, s))\n}\n",
        ),
    ];
    let code = code(&session(files));
    for floor in [Certainty::Exact, Certainty::ByName] {
        let index = parse(&export(&code, floor, usize::MAX));
        lint(&index, &texts(files)).expect("a sound index");
        let found = render(&index, files).replace("coderoom ", "");
        for line in [
            "web/main.tsx TypeScriptReact",
            "  6:78 area typescript . . `web/shapes`/default(). 8",
            "  1:25 Sq typescript . . `web/shapes`/Square# 2",
            "  4:6 s typescript . . `web/main`/s. 1",
            "  6:70 name typescript . . `web/shapes`/Shape#name. 8",
            "  6:25 total local 11 1",
            "  typescript . . `web/shapes`/Square# < typescript . . `web/shapes`/Shape#",
            "  14:17 Area go . . `example.com/demo/shapes`/Square#Area(). 1",
            "  11:11 Area go . . `example.com/demo/shapes`/Square#Area(). 8",
            "  5:5 Both go . . `example.com/demo/shapes`/Both(). 1",
            "  3:5 init go . . `example.com/demo/shapes`/init(). 1",
            "  16:5 init go . . `example.com/demo/shapes`/init(+1). 1",
            "outside go . . os/Exit. Exit",
        ] {
            assert!(found.lines().any(|it| it == line), "{line} is not in\n{found}");
        }
    }
}

#[test]
fn what_is_handed_on_from_outside_is_no_symbol_of_the_module_that_does() {
    let files: Files<'_> = &[
        (
            "a.py",
            "try:\n    from lib import Level\nexcept ImportError:\n    class Level:\n        LOW = 1\n",
        ),
        ("b.py", "import a\nfrom a import Level\nprint(Level.LOW, a.Level.LOW)\n"),
        ("c.py", "from lib import Level\nprint(Level.LOW)\n"),
    ];
    let index = parse(&export(&code(&session(files)), Certainty::Exact, usize::MAX));
    lint(&index, &texts(files)).expect("a sound index");
    let outside: Vec<&str> = index.external_symbols.iter().map(|it| it.symbol.as_str()).collect();
    assert_eq!(outside, ["coderoom python . . lib/Level.", "coderoom python . . lib/Level.LOW."]);
}

#[test]
fn nobody_waits_for_an_export_that_is_stopped() {
    assert_eq!(code(&session(SHAPES)).scip_part(None, Certainty::Exact, 1, &|| true), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the sources say, the index is sound, and fits the sources that it is of.
    #[test]
    fn every_index_is_sound(sources in prop::collection::vec(source(), 1..4)) {
        let names = ["a.py", "b.py", "p/__init__.py", "p/a.py"];
        let files: Vec<(&str, &str)> =
            names.into_iter().zip(sources.iter().map(String::as_str)).collect();
        let code = code(&session(&files));
        for floor in [Certainty::Exact, Certainty::ByName] {
            let bytes = export(&code, floor, 1000);
            let index = parse(&bytes);
            lint(&index, &texts(&files)).map_err(TestCaseError::fail)?;
            let imported = Imported::read(&bytes, &RelPath::root(), None, &code, &|| false);
            let imported = imported.map_err(|err| TestCaseError::fail(err.to_string()))?;
            prop_assert_eq!(&imported.report().refused_documents, &[]);
        }
    }
}

/// Lines that declare and use a few names in every way.
fn source() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "C", "D", "é", "p"]);
    let line = prop::sample::select(vec![
        "class N(M): pass",
        "class N:",
        "    def M(self, N=1): self.M = N; return self.N",
        "    N = M",
        "    class M(N):",
        "        def N(self): return super().N()",
        "def N(M, *N): return lambda N: M(N=M)",
        "def N():",
        "    def M(): return N",
        "    class N:",
        "        M: N",
        "from M import N",
        "from . import M as N",
        "import p.N as M",
        "import p.N",
        "from p import *",
        "N = M().N",
        "N: M = N[M]",
        "for N in M: N.M()",
        "@N.M",
        "with N as (M, N): pass",
        "\"🚀\"; N.M.N",
        "N(M=[M for M in N])",
        "if N:",
        "    global M; M = N",
        ")(",
    ]);
    let line = (line, name.clone(), name)
        .prop_map(|(line, n, m)| line.replace('M', m).replace('N', n) + "\n");
    prop::collection::vec(line, 0..25).prop_map(|lines| lines.concat())
}
