//! The fixtures' facts, reviewed line by line, which file a module is, and what holds for any
//! source.

use proptest::prelude::*;

use super::modules;
use crate::{
    Budget, Cut, Language, Place, extract,
    languages::fixtures::{Paths, check_spans, spliced},
};

fn facts(source: &str) -> crate::Facts {
    let facts = extract(Language::Rust, source.as_bytes(), &Budget::default());
    assert!(facts.is_sound());
    let packed = crate::Packed::new(&facts);
    assert!(packed.unpack().is_ok_and(|again| again == facts));
    check_spans(&facts, source);
    facts
}

const FIXTURES: &[&str] = &[
    include_str!("fixtures/modules.rs"),
    include_str!("fixtures/types.rs"),
    include_str!("fixtures/bodies.rs"),
    include_str!("fixtures/macros.rs"),
    include_str!("fixtures/broken.rs"),
];

#[test]
fn modules_and_names_from_elsewhere() {
    insta::assert_snapshot!(facts(FIXTURES[0]).render(FIXTURES[0]));
}

#[test]
fn types_and_what_belongs_to_them() {
    insta::assert_snapshot!(facts(FIXTURES[1]).render(FIXTURES[1]));
}

#[test]
fn bodies_of_functions() {
    insta::assert_snapshot!(facts(FIXTURES[2]).render(FIXTURES[2]));
}

#[test]
fn macros_and_what_is_given_to_them() {
    insta::assert_snapshot!(facts(FIXTURES[3]).render(FIXTURES[3]));
}

#[test]
fn broken_code_keeps_what_is_whole() {
    insta::assert_snapshot!(facts(FIXTURES[4]).render(FIXTURES[4]));
}

#[test]
fn only_broken_code_has_errors() {
    for source in &FIXTURES[..4] {
        assert_eq!(facts(source).errors, [], "{source}");
    }
}

#[test]
fn literals_comments_and_operators_are_told_apart() {
    let source = r##"
fn f() {
    let a = 'x'; let b = '\''; let c = b'\\'; let d = "a\"b"; let e = r#"a"b"#; let f = b"x";
    let g = 1..2; let h = 1.5e-3_f64; let i = x.0.1; let j = 1.max(2); let k = 0xE+1;
    let l = a as u64 <= b; let m = a << 1 >> 2; let n: Vec<Vec<u8>>= Vec::new(); let o = c"x";
    /* nested /* comment */ 'a */ let p = &&x; let q = || 1; let r = |x: &'a str| x; // '"
    a <<= 1; b >>= 2; c |= d; e &= f && g || h; let s = 'l: loop { break 'l 1; };
    let t = if a < b { c } else { d }; let u = S { a: 1 }.a; let v = ..=5; let w = (..);
}
"##;
    assert_eq!(facts(source).errors, []);
}

#[test]
fn nesting_without_end_is_cut_and_long_chains_are_not() {
    let many = 50_000;
    let towers = [
        format!("fn f() {{ {} }}", "(".repeat(many)),
        format!("fn f() {{ {} }}", "{ m!".repeat(many)),
        format!("const A: {} = 1;", "Vec<".repeat(many)),
        format!("use {};", "a::{".repeat(many)),
        format!("fn f() {{ let {} = 1; }}", "(Some".repeat(many)),
        format!("fn f() {{ {} }}", "return ".repeat(many)),
        format!("fn f() {{ {} }}", "|x| ".repeat(many)),
        "mod a {".repeat(many),
    ];
    for tower in &towers {
        let budget = Budget { max_depth: 200, ..Budget::default() };
        let facts = extract(Language::Rust, tower.as_bytes(), &budget);
        check_spans(&facts, tower);
        assert_eq!(facts.cut, Some(Cut::TooDeep), "{}", &tower[..30]);
    }
    let chains = [
        format!("fn f() {{ x{}; }}", ".a(1)".repeat(many)),
        format!("fn f() {{ x = 1{}; }}", " + 1".repeat(many)),
        format!("fn f() {{ {}1; }}", "!".repeat(many)),
        format!("fn f() {{ if a {{}} {} }}", "else if a {}".repeat(many)),
        format!("fn f(a: {}u8) {{}}", "&".repeat(many)),
        ")".repeat(many),
        "#[a]".repeat(many),
    ];
    for chain in &chains {
        assert_eq!(facts(chain).cut, None, "{}", &chain[..30]);
    }
}

static WORKSPACE: Paths = Paths(&[
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\n\
         the-core = { path = \"crates/core\" }\n",
    ),
    (
        "crates/app/Cargo.toml",
        "[package]\nname = \"the-app\"\n[[bin]]\nname = \"app\"\npath = \"run/start.rs\"\n\
         [dependencies]\nthe-core.workspace = true\n\
         kernel = { package = \"the-core\", version = \"1\" }\n\
         [target.'cfg(unix)'.dependencies.side]\npath = \"../side\"\n",
    ),
    ("crates/app/run/start.rs", "mod cli;\nmod both { mod deep; }\n"),
    ("crates/app/run/cli.rs", "#[path = \"odd/name.rs\"]\nmod flags;\n"),
    ("crates/app/run/cli/args.rs", ""),
    ("crates/app/run/odd/name.rs", ""),
    ("crates/app/run/both/deep.rs", ""),
    ("crates/app/src/lib.rs", "pub mod shared;\n"),
    ("crates/app/src/main.rs", "mod only;\nmod shared;\n"),
    ("crates/app/src/only.rs", ""),
    ("crates/app/src/shared/mod.rs", "mod part;\n"),
    ("crates/app/src/shared/part.rs", ""),
    ("crates/app/tests/all.rs", "mod help;\n"),
    ("crates/app/tests/help.rs", ""),
    ("crates/app/tests/alone.rs", ""),
    ("crates/core/Cargo.toml", "[package]\nname = \"the-core\"\n[lib]\npath = \"lib/core.rs\"\n"),
    ("crates/core/lib/core.rs", "mod inner { pub mod most {} }\npub mod outer;\n"),
    ("crates/core/lib/outer.rs", "mod leaf;\n"),
    ("crates/core/lib/outer/leaf.rs", ""),
    ("crates/side/Cargo.toml", "[package]\nname = \"side\"\n"),
    ("crates/side/src/lib.rs", ""),
]);

#[test]
fn modules_lead_to_their_files() {
    let cases = [
        ("app/src/shared/part.rs", "crate", "app/src/lib.rs"),
        ("app/src/shared/part.rs", "super", "app/src/shared/mod.rs"),
        ("app/src/shared/part.rs", "super::super", "app/src/lib.rs"),
        ("app/src/shared/part.rs", "self", "app/src/shared/part.rs"),
        ("app/src/only.rs", "crate", "app/src/main.rs"),
        ("app/src/main.rs", "the_app", "app/src/lib.rs"),
        ("app/tests/all.rs", "self::help", "app/tests/help.rs"),
        ("app/tests/help.rs", "crate", "app/tests/all.rs"),
        ("app/tests/alone.rs", "crate", "app/tests/alone.rs"),
        ("app/tests/alone.rs", "the_app::shared", "app/src/shared/mod.rs"),
        ("app/run/cli.rs", "crate::cli", "app/run/cli.rs"),
        ("app/run/cli.rs", "odd/name.rs", "app/run/odd/name.rs"),
        ("app/run/cli.rs", "self::flags", "app/run/odd/name.rs"),
        ("app/run/cli.rs", "self::args", "app/run/cli/args.rs"),
        ("app/run/start.rs", "self::both::deep", "app/run/both/deep.rs"),
        ("app/src/only.rs", "the_core", "core/lib/core.rs"),
        ("app/src/only.rs", "kernel::outer::leaf", "core/lib/outer/leaf.rs"),
        ("app/src/only.rs", "side", "side/src/lib.rs"),
        ("core/lib/outer/leaf.rs", "crate::outer::Type", "core/lib/outer.rs"),
    ];
    for (from, module, wanted) in cases {
        let found = modules::find(&WORKSPACE, &format!("crates/{from}"), module);
        assert_eq!(found, [Place::File(format!("crates/{wanted}"))], "{module} in {from}");
    }
    for module in ["std", "serde", "Option", "println"] {
        assert_eq!(modules::find(&WORKSPACE, "crates/app/src/lib.rs", module), []);
    }
    let inline = modules::find(&WORKSPACE, "crates/core/lib/core.rs", "self::inner::most");
    let path = vec!["inner".to_owned(), "most".to_owned()];
    assert_eq!(inline, [Place::Inside("crates/core/lib/core.rs".to_owned(), path)]);
    let up = modules::find(&WORKSPACE, "crates/app/run/both/deep.rs", "super");
    let path = vec!["both".to_owned()];
    assert_eq!(up, [Place::Inside("crates/app/run/start.rs".to_owned(), path)]);
}

#[test]
fn files_have_the_names_of_their_modules() {
    let cases = [
        ("crates/core/lib/outer/leaf.rs", "the_core::outer::leaf"),
        ("crates/app/src/shared/part.rs", "the_app::shared::part"),
        ("crates/app/src/main.rs", "the_app"),
        ("crates/app/tests/help.rs", "all::help"),
        ("crates/app/run/both/deep.rs", "start::both::deep"),
    ];
    for (path, name) in cases {
        assert_eq!(modules::name_of(&WORKSPACE, path), name);
    }
}

proptest! {
    #[test]
    fn cuts_and_splices_of_fixtures_are_read(
        which in 0..FIXTURES.len(),
        at in 0usize..4_000,
        len in 0usize..60,
        with in "([{}()\\[\\]<>,;:.'\"#!$|&=a-z ]|mod |fn |let |impl |::|=> |r#|/\\*|é){0,8}",
    ) {
        let source = FIXTURES[which];
        let at = at % source.chars().count();
        let source = spliced(source, at, len, &with);
        facts(&source);
    }

    #[test]
    fn any_text_is_read(source in "\\PC{0,200}") {
        facts(&source);
    }
}
