//! The facts of a small file.

use crate::{Language, table::tests::rendered};

#[test]
fn facts_of_a_small_file() {
    let source = include_str!("fixtures/Orders.kt");
    insta::assert_snapshot!("Orders.kt", rendered(Language::Kotlin, source));
}
