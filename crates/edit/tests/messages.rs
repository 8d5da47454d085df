//! What a failed edit tells its author: read these as a model that has nothing else to go by.

mod support;

use coderoom_edit::{EditError, Format};
use support::tried;

const CODE: &str = "\
class A:
\tdef first(self):
\t\treturn \u{201c}one\u{201d}

\tdef second(self):
\t\treturn 2

class B:
\tdef first(self):
\t\treturn 3
";

/// The code and the message of an error.
fn told(format: Format, input: &str) -> String {
    let list = [("a.py", CODE), ("b.py", "x\ny\nx\ny\n")];
    let error: EditError = tried(format, input, &list).expect_err("test");
    format!("[{}] {error}", error.code())
}

fn all(format: Format, inputs: &[&str]) -> String {
    let told: Vec<String> = inputs.iter().map(|input| told(format, input)).collect();
    told.join("\n\n")
}

#[test]
fn unified_diffs() {
    insta::assert_snapshot!(all(
        Format::Unified,
        &[
            "no diff at all",
            "@@ -1 +1 @@\n-a\n+b\n",
            "--- a/a.py\n+++ b/a.py\n",
            "--- a/none.py\n+++ b/none.py\n@@ -1 +1 @@\n-a\n+b\n",
            "--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+b\n",
            "--- a/../a.py\n+++ b/../a.py\n@@ -1 +1 @@\n-a\n+b\n",
            "--- a/a.py\n+++ b/a.py\n@@ -5,2 +5,2 @@ class A:\n     def second(self):\n-        return 2\n+        return 4\n",
            "--- a/a.py\n+++ b/a.py\n@@ -6,1 +6,1 @@\n-\t\treturn 5\n+\t\treturn 2\n",
            "--- a/a.py\n+++ b/a.py\n@@ -90,1 +90,1 @@\n-nothing like it here\n+x\n",
            "--- a/b.py\n+++ b/b.py\n@@\n x\n-y\n+z\n",
            "--- a/a.py\n+++ b/a.py\n@@ -5,4 +5,4 @@\n \tdef second(self):\nreturn 2\n",
            "diff --git a/p.png b/p.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\n",
            "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+a\n",
        ]
    ));
}

#[test]
fn codex_patches() {
    let patch = |body: &str| format!("*** Begin Patch\n{body}*** End Patch\n");
    let inputs = [
        "*** Update File: a.py\n".to_owned(),
        "*** Begin Patch\n*** Update File: a.py\n".to_owned(),
        patch(""),
        patch("*** Change File: a.py\n"),
        patch("*** Update File: a.py\n"),
        patch("*** Update File: a.py\n@@\n*** End of File\n"),
        patch("*** Update File: a.py\n@@\n-x\nreturn 2\n"),
        patch("*** Update File: a.py\n@@ class C:\n-x\n+y\n"),
        patch("*** Update File: a.py\n@@ class B:\n-\tdef second(self):\n+y\n"),
        patch("*** Delete File: none.py\n"),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    insta::assert_snapshot!(all(Format::Codex, &inputs));
}

#[test]
fn search_blocks() {
    insta::assert_snapshot!(all(
        Format::Blocks,
        &[
            "nothing",
            "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n",
            "a.py\n<<<<<<< SEARCH\na\n",
            "a.py\n<<<<<<< SEARCH\na\n=======\nb\n",
            "a.py\n<<<<<<< SEARCH\nclass B:\n\tdef second(self):\n\t\treturn 3\n=======\nx\n>>>>>>> REPLACE\n",
            "b.py\n<<<<<<< SEARCH\ny\n=======\nz\n>>>>>>> REPLACE\n",
            "a.py\n<<<<<<< SEARCH\n\t\treturn \"One\"\n=======\nz\n>>>>>>> REPLACE\n",
        ]
    ));
}

#[test]
fn workspace_edits() {
    let edit = |edits: &str| format!(r#"{{"changes": {{"a.py": [{edits}]}}}}"#);
    let at = |from: &str, to: &str| {
        let position = |at: &str| {
            let (line, character) = at.split_once(':').expect("test");
            format!(r#"{{"line": {line}, "character": {character}}}"#)
        };
        format!(
            r#"{{"range": {{"start": {}, "end": {}}}, "newText": "x"}}"#,
            position(from),
            position(to)
        )
    };
    let inputs = [
        "{".to_owned(),
        "{}".to_owned(),
        r#"{"documentChanges": [{"kind": "truncate", "uri": "a"}]}"#.to_owned(),
        r#"{"documentChanges": [{"kind": "create", "uri": "file:///elsewhere"}]}"#.to_owned(),
        r#"{"documentChanges": [{"kind": "create", "uri": "a.py"}]}"#.to_owned(),
        edit(&at("40:0", "40:1")),
        edit(&at("1:0", "0:0")),
        edit(&format!("{}, {}", at("0:0", "1:3"), at("1:2", "1:4"))),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    insta::assert_snapshot!(all(Format::WorkspaceEdit, &inputs));
}
