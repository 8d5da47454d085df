//! What the tests of all languages need.

use crate::{Budget, Facts, Language, ScopeIx, Span, Tree, extract};

/// A tree of paths with texts.
pub(crate) struct Paths(pub(crate) &'static [(&'static str, &'static str)]);

impl Tree for Paths {
    fn is_file(&self, path: &str) -> bool {
        self.0.iter().any(|(it, _)| *it == path)
    }

    fn is_dir(&self, path: &str) -> bool {
        path.is_empty() || self.0.iter().any(|(it, _)| it.starts_with(&format!("{path}/")))
    }

    fn files_in(&self, dir: &str) -> Vec<String> {
        let inside = |path: &str| {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            (parent == dir).then(|| name.to_owned())
        };
        self.0.iter().filter_map(|(path, _)| inside(path)).collect()
    }

    fn files_named(&self, name: &str) -> Vec<String> {
        let is_named = |path: &str| path.rsplit('/').next() == Some(name);
        self.0.iter().map(|it| it.0).filter(|it| is_named(it)).map(str::to_owned).collect()
    }

    fn dirs_named(&self, name: &str) -> Vec<String> {
        let mut dirs = Vec::new();
        for (path, _) in self.0 {
            let mut dir = *path;
            while let Some((up, _)) = dir.rsplit_once('/') {
                dir = up;
                if dir.rsplit('/').next() == Some(name) {
                    dirs.push(dir.to_owned());
                }
            }
        }
        dirs.sort();
        dirs.dedup();
        dirs
    }

    fn read(&self, path: &str) -> Option<String> {
        self.0.iter().find(|(it, _)| *it == path).map(|(_, text)| (*text).to_owned())
    }
}

/// `source` with the `len` characters from `at` on replaced.
pub(crate) fn spliced(source: &str, at: usize, len: usize, with: &str) -> String {
    let mut out: String = source.chars().take(at).collect();
    out.push_str(with);
    out.extend(source.chars().skip(at).skip(len));
    out
}

/// Panics unless all spans lie in the text, on character boundaries, and indices lead somewhere.
pub(crate) fn check_spans(facts: &Facts, source: &str) {
    let check = |span: Span| {
        assert!(span.start <= span.end, "{span:?}");
        assert!(source.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    };
    for symbol in &facts.symbols {
        [symbol.at, symbol.full, symbol.signature, symbol.doc].into_iter().for_each(check);
        assert!((symbol.scope.0 as usize) < facts.scopes.len());
    }
    for (n, scope) in facts.scopes.iter().enumerate() {
        check(scope.span);
        assert!(scope.parent.0 < n.max(1) as u32, "scope {n} in {:?}", scope.parent);
        assert!(n == 0 || facts.scope(ScopeIx(0)).span.contains(scope.span));
    }
    for occurrence in &facts.occurrences {
        let span = facts.span(occurrence);
        check(span);
        assert_eq!(&source[span.start as usize..span.end as usize], facts.name(occurrence.name));
    }
    assert!(facts.occurrences.is_sorted_by_key(|it| it.start));
    for pair in facts.occurrences.windows(2) {
        // `Point { x }` names both a field and a variable.
        let both = pair[0].start == pair[1].start && pair[0].name == pair[1].name;
        let apart = facts.span(&pair[0]).end <= pair[1].start;
        assert!(both || apart, "two names at {}", pair[1].start);
    }
}

/// Of a value that is declared at length only the beginning is shown: never half a character, and
/// never nothing because of one.
#[test]
fn signatures_are_cut_between_characters() {
    let shapes = [
        (Language::Python, "NAME = 'TEXT'"),
        (Language::TypeScript, "const NAME = 'TEXT';"),
        (Language::Rust, "fn f() { let NAME = \"TEXT\"; }"),
        (Language::Go, "package p\n\nvar NAME = \"TEXT\"\n"),
        (Language::Java, "class C { String NAME = \"TEXT\"; }"),
        (Language::C, "const char *NAME = \"TEXT\";"),
        (Language::Cpp, "using NAME = decltype(\"TEXT\");"),
    ];
    for (language, shape) in shapes {
        for more in 0..4 {
            let name = format!("{}x", "_".repeat(more));
            let source = shape.replace("NAME", &name).replace("TEXT", &"語".repeat(90));
            let facts = extract(language, source.as_bytes(), &Budget::default());
            check_spans(&facts, &source);
            let x = facts.symbols.iter().find(|it| facts.name(it.name) == name);
            let shown =
                x.and_then(|it| source.get(it.signature.start as usize..it.signature.end as usize));
            assert!(
                shown.is_some_and(|it| it.ends_with('語') && it.len() < 200),
                "{language:?} {shown:?}"
            );
        }
    }
}
