//! What the fixtures say, line by line; and that broken code does no harm.

use proptest::prelude::*;

use crate::{
    Budget, Cut, Facts, Language, Place, Plugin, Tree, extract,
    languages::{fixtures::Paths, go::Go},
};

const FIXTURES: [(&str, &str); 4] = [
    ("declarations", include_str!("fixtures/declarations.go")),
    ("statements", include_str!("fixtures/statements.go")),
    ("broken", include_str!("fixtures/broken.go")),
    ("external_test", include_str!("fixtures/external_test.go")),
];

fn facts(source: &str) -> Facts {
    extract(Language::Go, source.as_bytes(), &Budget::default())
}

#[test]
fn fixtures() {
    for (name, source) in FIXTURES {
        insta::assert_snapshot!(name, facts(source).render(source));
    }
}

#[test]
fn deep_nesting_is_cut() {
    let deep = format!("package a\nvar x = {}1{}", "f(".repeat(3_000), ")".repeat(3_000));
    assert_eq!(facts(&deep).cut, Some(Cut::TooDeep));
    let long = format!("package a\nvar x = {}1", "y + ".repeat(20_000));
    let facts = facts(&long);
    assert_eq!(facts.cut, None);
    assert_eq!(facts.occurrences.len(), 20_001);
}

#[test]
fn import_paths_lead_to_directories() {
    let tree = Paths(&[
        ("go.mod", "module example.com/shop // it\n\nreplace (\n\texample.com/far => ./near\n)\n"),
        ("main.go", ""),
        ("store/store.go", ""),
        ("near/deep/a.go", ""),
        ("vendor/github.com/lib/pq/pq.go", ""),
        ("tools/go.mod", "module example.com/shop/tools\nreplace example.com/shop => ../\n"),
        ("tools/gen/gen.go", ""),
        ("tools/gen/gen_test.go", ""),
        ("old/src/legacy/util/a.go", ""),
        ("docs/readme.md", ""),
    ]);
    let find = |from: &str, path: &str| Go.module(&tree, from, path);
    let package = |dir: &str| vec![Place::Package(dir.to_owned())];
    assert_eq!(find("main.go", "example.com/shop/store"), package("store"));
    assert_eq!(find("main.go", "example.com/shop"), package(""));
    assert_eq!(find("store/store.go", "."), package("store"));
    assert_eq!(find("main.go", "example.com/far/deep"), package("near/deep"));
    assert_eq!(find("store/store.go", "github.com/lib/pq"), package("vendor/github.com/lib/pq"));
    assert_eq!(find("main.go", "example.com/shop/tools/gen"), package("tools/gen"));
    assert_eq!(find("tools/gen/gen.go", "example.com/shop/store"), package("store"));
    assert_eq!(find("main.go", "legacy/util"), package("old/src/legacy/util"));
    assert_eq!(find("main.go", "example.com/shop/docs"), Vec::new());
    assert_eq!(find("main.go", "fmt"), Vec::new());
    let test = Place::File("tools/gen/gen_test.go".to_owned());
    assert_eq!(find("tools/gen/gen_test.go", ".test"), vec![Place::Several(vec![test])]);
    assert_eq!(Go.module_name(&tree, "tools/gen/gen.go"), "example.com/shop/tools/gen");
    assert_eq!(Go.module_name(&tree, "main.go"), "example.com/shop");
    assert!(tree.is_dir("old/src"));
}

proptest! {
    /// Whatever is cut out of a file or put in, facts stay within it.
    #[test]
    fn damage_does_no_harm(
        which in 0..FIXTURES.len(), at in 0usize..4_000, len in 0usize..400, with in "[a-z(){}\\[\\]:=.,*\" \n]{0,12}"
    ) {
        let source = FIXTURES[which].1;
        let broken = crate::languages::fixtures::spliced(source, at, len, &with);
        crate::languages::fixtures::check_spans(&facts(&broken), &broken);
    }
}
