//! The facts of a small file.

use crate::{Language, table::tests::rendered};

#[test]
fn facts_of_a_small_file() {
    let source = include_str!("fixtures/deploy.sh");
    insta::assert_snapshot!("deploy.sh", rendered(Language::Bash, source));
}
