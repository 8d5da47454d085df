//! The facts of a small file.

use crate::{Language, table::tests::rendered};

#[test]
fn facts_of_a_small_file() {
    let source = include_str!("fixtures/Orders.scala");
    insta::assert_snapshot!("Orders.scala", rendered(Language::Scala, source));
}
