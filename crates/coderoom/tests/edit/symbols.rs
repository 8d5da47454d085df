//! Edits that name symbols, and rewrites of structure.

use serde_json::{Value, json};

use super::Fixture;

const SHAPES: &str = "\
class Square:
    \"\"\"A square.\"\"\"

    @property
    def side(self):
        return self._side

    def area(self):
        return self.side * self.side


def area(shape):
    \"\"\"Its area.\"\"\"
    return shape.area()
";

#[track_caller]
fn edit(fixture: &mut Fixture, symbol: &str, action: &str, text: &str) -> Value {
    let params = json!({"session": "s", "symbol": symbol, "action": action, "text": text});
    fixture.call("edit_symbol", params)
}

#[test]
fn a_symbol_is_edited_by_its_name() {
    let mut fixture = Fixture::new(&[("shapes.py", SHAPES)]);
    fixture.open("s");
    edit(&mut fixture, "Square.area", "replace_body", "side = self.side\nreturn side ** 2");
    let now = SHAPES.replace(
        "        return self.side * self.side\n",
        "        side = self.side\n        return side ** 2\n",
    );
    assert_eq!(fixture.text("s", "shapes.py"), now);
    edit(&mut fixture, "Square.side", "delete", "");
    let now = now.replace("    @property\n    def side(self):\n        return self._side\n\n", "");
    assert_eq!(fixture.text("s", "shapes.py"), now);
    edit(&mut fixture, "Square.area", "insert_before", "def side(self):\n    return 1");
    let now = now.replace(
        "    def area(self)",
        "    def side(self):\n        return 1\n\n    def area(self)",
    );
    assert_eq!(fixture.text("s", "shapes.py"), now);
    edit(&mut fixture, "Square", "insert_after", "class Circle:\n    pass\n");
    let now = now.replace("\n\n\ndef area", "\n\n\nclass Circle:\n    pass\n\n\ndef area");
    assert_eq!(fixture.text("s", "shapes.py"), now);
    edit(&mut fixture, "Circle", "replace", "class Disc:\n    radius = 1");
    let now = now.replace("class Circle:\n    pass", "class Disc:\n    radius = 1");
    assert_eq!(fixture.text("s", "shapes.py"), now);
    let several = json!({"session": "s", "symbol": "area", "action": "delete"});
    assert_eq!(fixture.client.refusal("edit_symbol", several).code, "ambiguous_symbol");
    let broken = json!({"session": "s", "symbol": "Disc", "action": "replace", "text": "class ("});
    assert_eq!(fixture.client.refusal("edit_symbol", broken).code, "syntax_error");
    let empty = json!({"session": "s", "symbol": "Disc", "action": "replace"});
    assert_eq!(fixture.client.refusal("edit_symbol", empty).code, "bad_parameter");
    assert_eq!(fixture.text("s", "shapes.py"), now);
    assert_eq!(fixture.on_disk("shapes.py"), SHAPES);
}

#[test]
fn decorators_comments_and_exports_belong_to_a_symbol() {
    let rust = "/// One.\n#[inline]\npub fn one() -> u32 {\n    1\n}\n\n// Two.\npub fn two() {}\n";
    let script = "/** One. */\r\nexport function one(): number {\r\n  return 1\r\n}\r\n\r\nexport const two = (x: number) => {\r\n  return x\r\n}\r\n";
    let mut fixture = Fixture::new(&[("a.rs", rust), ("b.ts", script)]);
    fixture.open("s");
    let at = |path: &str, symbol: &str, action: &str, text: &str| json!({"session": "s", "path": path, "symbol": symbol, "action": action, "text": text});
    fixture.call("edit_symbol", at("a.rs", "one", "delete", ""));
    assert_eq!(fixture.text("s", "a.rs"), "// Two.\npub fn two() {}\n");
    fixture.call("edit_symbol", at("a.rs", "two", "replace_body", "let x = 1;\ndrop(x);"));
    let now = "// Two.\npub fn two() {\n    let x = 1;\n    drop(x);\n}\n";
    assert_eq!(fixture.text("s", "a.rs"), now);
    fixture.call("edit_symbol", at("b.ts", "two", "replace_body", "const y = x\nreturn y"));
    fixture.call("edit_symbol", at("b.ts", "one", "replace", "export const one = () => 1"));
    let now = "export const one = () => 1\r\n\r\nexport const two = (x: number) => {\r\n  const y = x\r\n  return y\r\n}\r\n";
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(fixture.on_disk("b.ts"), now);
}

/// Places that name a symbol, as `path:line`.
fn places(fixture: &mut Fixture, symbol: &str, path: &str) -> Vec<String> {
    let params = json!({"session": "s", "symbol": symbol, "path": path});
    let reply = fixture.call("references", params);
    let rows = reply["references"].as_array().expect("references");
    rows.iter().map(|row| format!("{}:{}", row["path"], row["line"])).collect()
}

#[track_caller]
fn sound(fixture: &mut Fixture) {
    let reply = fixture.call("validate", json!({"session": "s", "types": false}));
    assert_eq!(reply["problems"], json!([]), "{reply}");
}

#[test]
fn a_rename_follows_imports_and_leaves_other_names_alone() {
    let mut fixture = Fixture::new(&[
        ("pkg/__init__.py", "from .shapes import area\n__all__ = [\"area\"]\n"),
        (
            "pkg/shapes.py",
            "def area(side):\n    return side\n\n\ndef twice(area):\n    return area * 2\n",
        ),
        (
            "user.py",
            "from pkg import area\nimport pkg.shapes as sh\n\nprint(area(3), sh.area(4))\n",
        ),
        ("alias.py", "from pkg.shapes import area as g\n\nprint(g(3))\n"),
        ("other.py", "def area():\n    return 1\n\n\nprint(area())\n"),
    ]);
    fixture.open("s");
    let old = places(&mut fixture, "area", "pkg/shapes.py");
    let params = json!({"session": "s", "symbol": "area", "path": "pkg/shapes.py", "to": "surface",
                        "include": "likely"});
    let reply = fixture.call("rename_symbol", params);
    assert_eq!(reply["files"].as_array().map(Vec::len), Some(4), "{reply}");
    assert_eq!(places(&mut fixture, "surface", "pkg/shapes.py"), old);
    assert_eq!(
        fixture.text("s", "user.py"),
        "from pkg import surface\nimport pkg.shapes as sh\n\nprint(surface(3), sh.surface(4))\n"
    );
    assert_eq!(
        fixture.text("s", "alias.py"),
        "from pkg.shapes import surface as g\n\nprint(g(3))\n"
    );
    assert!(fixture.text("s", "pkg/shapes.py").contains("def twice(area):\n    return area * 2"));
    assert!(fixture.text("s", "other.py").contains("area()"));
    sound(&mut fixture);
    let log = fixture.call("history", json!({"session": "s"}));
    assert_eq!(log["entries"][0]["reason"], "rename area to surface");
}

#[test]
fn a_rename_keeps_the_fields_of_objects_in_short_form() {
    let mut fixture = Fixture::new(&[
        ("m.ts", "export const side = 1\nexport const box = { side }\n"),
        ("n.ts", "import { side } from './m'\nexport const other = { side, two: [side] }\n"),
    ]);
    fixture.open("s");
    let params = json!({"session": "s", "symbol": "side", "path": "m.ts", "line": 1, "to": "edge",
                        "include": "exact"});
    fixture.call("rename_symbol", params);
    assert_eq!(
        fixture.text("s", "m.ts"),
        "export const edge = 1\nexport const box = { side: edge }\n"
    );
    assert_eq!(
        fixture.text("s", "n.ts"),
        "import { edge } from './m'\nexport const other = { side: edge, two: [edge] }\n"
    );
    sound(&mut fixture);
}

#[test]
fn methods_that_override_one_another_are_renamed_together() {
    let shapes = "class A:\n    def run(self):\n        return 1\n\n\nclass B(A):\n    def run(self):\n        return super().run()\n\n\nclass C:\n    def run(self):\n        return 2\n";
    let user = "from a import A, B, C\n\n\ndef f(a: A, b: B, c: C):\n    return a.run() + b.run() + c.run()\n";
    let mut fixture = Fixture::new(&[("a.py", shapes), ("b.py", user)]);
    fixture.open("s");
    let params = json!({"session": "s", "symbol": "B.run", "to": "go"});
    let reply = fixture.call("rename_symbol", params);
    assert!(reply["notes"].to_string().contains("A.run (a.py:2)"), "{reply}");
    assert_eq!(fixture.text("s", "a.py"), shapes.replacen("run", "go", 3));
    assert_eq!(fixture.text("s", "b.py"), user.replacen("run", "go", 2));
    sound(&mut fixture);
}

#[test]
fn a_rename_that_would_guess_or_collide_is_refused() {
    let mut fixture = Fixture::new(&[
        (
            "a.py",
            "class A:\n    def run(self):\n        return 1\n\n    def stop(self):\n        return 2\n",
        ),
        ("b.py", "def use(thing):\n    return thing.run()\n"),
        ("d.py", "from c import one\n\n\ndef four():\n    return 4\n\n\nprint(one(), four())\n"),
        (
            "c.py",
            "def one():\n    return 1\n\n\ndef two():\n    return one()\n\n\ndef three(x):\n    return [one() + x]\n",
        ),
    ]);
    fixture.open("s");
    let rename = |symbol: &str, to: &str| json!({"session": "s", "symbol": symbol, "to": to});
    let refused = fixture.client.refusal("rename_symbol", rename("A.run", "go"));
    assert_eq!(refused.code, "uncertain", "{}", refused.message);
    assert!(refused.message.contains("b.py:2:18"), "{}", refused.message);
    for (symbol, to, code) in [
        ("one", "2x", "bad_parameter"),
        ("one", "one", "bad_parameter"),
        ("one", "class", "syntax_error"),
        ("one", "two", "name_taken"),
        ("one", "x", "name_taken"),
        // Where it is imported.
        ("one", "four", "name_taken"),
        ("A.stop", "run", "name_taken"),
        ("nothing", "x", "unknown_symbol"),
    ] {
        let refused = fixture.client.refusal("rename_symbol", rename(symbol, to));
        assert_eq!(refused.code, code, "{symbol} to {to}: {}", refused.message);
    }
    let mut exact = rename("A.run", "go");
    exact["include"] = json!("exact");
    let reply = fixture.call("rename_symbol", exact);
    assert_eq!(reply["files"].as_array().map(Vec::len), Some(1), "{reply}");
    assert!(reply["notes"][0].as_str().is_some_and(|note| note.contains("1 places")), "{reply}");
    assert!(fixture.text("s", "b.py").contains("thing.run()"));
}

#[test]
fn structure_is_rewritten_where_text_would_be_wrong() {
    let mut fixture = Fixture::new(&[
        ("a.py", "check(equal(1, 2))  # equal(3, 4)\nx = 'equal(5, 6)'\n"),
        ("sub/b.py", "if True:\n    equal(\n        f(1),\n        2,\n    )\n"),
        ("c.ts", "equal(1, 2)\r\n"),
        ("d.tsx", "export const d = <p>{equal(1, 2)}</p>\n"),
        ("e.ts", "equal<number>(1)\n"),
    ]);
    fixture.open("s");
    let rewrite = |language: &str, pattern: &str, to: &str| json!({"session": "s", "language": language, "pattern": pattern, "rewrite": to});
    let mut dry = rewrite("python", "equal($A, $B)", "same($B, $A)");
    dry["dry_run"] = json!(true);
    let reply = fixture.call("rewrite", dry);
    assert_eq!(reply["entry"], 0);
    let notes = reply["notes"].to_string();
    assert!(notes.contains("a.py:1: equal(1, 2) -> same(2, 1)"), "{notes}");
    assert!(fixture.text("s", "a.py").contains("check(equal(1, 2))"));
    let reply = fixture.call("rewrite", rewrite("python", "equal($A, $B)", "same($B, $A)"));
    assert_eq!(reply["notes"][0], "2 places in 2 files", "{reply}");
    assert_eq!(fixture.text("s", "a.py"), "check(same(2, 1))  # equal(3, 4)\nx = 'equal(5, 6)'\n");
    assert_eq!(fixture.text("s", "sub/b.py"), "if True:\n    same(2, f(1))\n");
    fixture.call("rewrite", rewrite("typescript", "equal($A, $B)", "both(\n  $A,\n  $B,\n)"));
    assert_eq!(fixture.text("s", "d.tsx"), "export const d = <p>{both(\n  1,\n  2,\n)}</p>\n");
    let mut narrow = rewrite("python", "same($$$A)", "equal($$$A)");
    narrow["paths"] = json!(["sub"]);
    fixture.call("rewrite", narrow);
    assert_eq!(fixture.text("s", "sub/b.py"), "if True:\n    equal(2, f(1))\n");
    assert!(fixture.text("s", "a.py").contains("same(2, 1)"));
    let reply = fixture.call("rewrite", rewrite("python", "absent($A)", "x($A)"));
    assert_eq!(reply["entry"], 0);
    for (language, pattern, to, code) in [
        ("cobol", "f($A)", "g($A)", "bad_parameter"),
        ("python", "f($A", "g($A)", "bad_parameter"),
        ("python", "f($A)", "g($B)", "bad_parameter"),
        ("python", "same($$$A)", "same($$$A", "syntax_error"),
    ] {
        let refused = fixture.client.refusal("rewrite", rewrite(language, pattern, to));
        assert_eq!(refused.code, code, "{pattern}: {}", refused.message);
    }
    fixture.call("sync", json!({"session": "s"}));
    assert_eq!(fixture.on_disk("c.ts"), "both(\r\n  1,\r\n  2,\r\n)\r\n");
}
