//! The facts of a small file.

use crate::{
    Budget, Cut, Language, extract, languages::fixtures::check_spans, rewrite::Rewriter,
    syntax_errors, table::tests::rendered,
};

#[test]
fn facts_of_a_small_file() {
    let source = include_str!("fixtures/Orders.kt");
    insta::assert_snapshot!("Orders.kt", rendered(Language::Kotlin, source));
}

/// The grammar's scanner looks for the end of the word behind `@` (and of the line behind `@x(`)
/// without a look at the end of the file: files that are being written end there.
#[test]
fn files_that_end_in_an_annotation_are_read() {
    let before = "class C {\n    val x = 1\n";
    for tail in ["@", "@get", "    @Inject(", "    @Inject(a = 1", "@a\n@b", "@a(\n)@b("] {
        for before in ["", "import a.b\n", before] {
            let source = format!("{before}{tail}");
            let facts = extract(Language::Kotlin, source.as_bytes(), &Budget::default());
            check_spans(&facts, &source);
            let errors = syntax_errors(Language::Kotlin, source.as_bytes(), &Budget::default());
            assert_eq!(errors, facts.errors);
            assert!(errors.iter().all(|it| it.span.end as usize <= source.len()));
        }
    }
    let rewriter = Rewriter::new(Language::Kotlin, "f($X)", "g($X)").expect("a pattern");
    let found = rewriter.replacements("fun h() = f(1)\n@").expect("it is read");
    assert!(found.len() == 1 && found[0].range == (10..14), "{found:?}");
    let last = rewriter.replacements("val x = f(2)").expect("it is read");
    assert!(last.len() == 1 && last[0].range == (8..12), "{last:?}");
    let _ = Rewriter::new(Language::Kotlin, "import a.b\n@", "x");
}

/// A file that is half Kotlin and half C: the parser tries ever new ways to go on, and is stopped.
#[test]
fn a_parser_that_finds_no_end_is_stopped() {
    let kotlin = include_str!("fixtures/Orders.kt").replace("Customer)", "Austomer)");
    let c = include_str!("../c/fixtures/driver.c");
    let source = format!("{}{}", &kotlin[..882], &c[c.len() - 1440..]);
    let facts = extract(Language::Kotlin, source.as_bytes(), &Budget::default());
    assert_eq!(facts.cut, Some(Cut::TooSlow));
    check_spans(&facts, &source);
}
