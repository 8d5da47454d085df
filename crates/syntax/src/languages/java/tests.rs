//! What the fixtures say, line by line; and that broken code does no harm.

use proptest::prelude::*;

use crate::{
    Budget, Cut, Facts, Language, Place, Plugin, extract,
    languages::{
        fixtures::{Paths, check_spans, spliced},
        java::Java,
    },
};

const FIXTURES: [(&str, &str); 4] = [
    ("types", include_str!("fixtures/Types.java")),
    ("bodies", include_str!("fixtures/Bodies.java")),
    ("broken", include_str!("fixtures/Broken.java")),
    ("module-info", include_str!("fixtures/module-info.java")),
];

fn facts(source: &str) -> Facts {
    extract(Language::Java, source.as_bytes(), &Budget::default())
}

#[test]
fn fixtures() {
    for (name, source) in FIXTURES {
        insta::assert_snapshot!(name, facts(source).render(source));
    }
}

#[test]
fn deep_nesting_is_cut() {
    let deep = format!("class A {{ int x = {}1{}; }}", "f(".repeat(3_000), ")".repeat(3_000));
    assert_eq!(facts(&deep).cut, Some(Cut::TooDeep));
    let long = format!("class A {{ int x = {}1; }}", "y + ".repeat(20_000));
    let facts = facts(&long);
    assert_eq!(facts.cut, None);
    assert_eq!(facts.occurrences.len(), 20_002);
}

#[test]
fn packages_are_directories_of_all_source_roots() {
    let tree = Paths(&[
        ("core/src/main/java/com/shop/orders/Order.java", "package com.shop.orders;"),
        ("core/src/test/java/com/shop/orders/OrderTest.java", "package com.shop.orders;"),
        ("web/src/main/java/com/shop/orders/Page.java", "/* */\npackage  com.shop.orders ;\n"),
        ("web/src/main/java/com/shop/web/Web.java", ""),
        ("web/src/main/resources/com/shop/orders/page.html", ""),
        ("notcom/shop/orders/A.java", ""),
    ]);
    let package = |dir: &str| Place::Package(dir.to_owned());
    let web = "web/src/main/java/com/shop/web/Web.java";
    let found = Java.module(&tree, web, "com.shop.orders");
    let expected = vec![
        package("web/src/main/java/com/shop/orders"),
        package("core/src/main/java/com/shop/orders"),
        package("core/src/test/java/com/shop/orders"),
    ];
    assert_eq!(found, [Place::Several(expected)]);
    assert_eq!(Java.module(&tree, web, "."), [package("web/src/main/java/com/shop/web")]);
    assert_eq!(Java.module(&tree, web, "java.util"), []);
    let shop = package("web/src/main/java/com/shop");
    let orders = package("web/src/main/java/com/shop/orders");
    assert_eq!(Java.submodule(&tree, &shop, "orders"), [orders]);
    let page = "web/src/main/java/com/shop/orders/Page.java";
    assert_eq!(Java.module_name(&tree, page), "com.shop.orders");
}

proptest! {
    /// Whatever is cut out of a file or put in, facts stay within it.
    #[test]
    fn damage_does_no_harm(
        which in 0..FIXTURES.len(), at in 0usize..4_000, len in 0usize..400, with in "[a-z(){}\\[\\]:=.,<>@*\" \n]{0,12}"
    ) {
        let broken = spliced(FIXTURES[which].1, at, len, &with);
        check_spans(&facts(&broken), &broken);
    }
}
