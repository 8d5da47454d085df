//! Which files specifiers lead to, in small trees.

use super::*;
use crate::languages::fixtures::Paths;

#[track_caller]
fn check(files: &'static [(&'static str, &'static str)], from: &str, module: &str, expected: &str) {
    let found: Vec<String> = find(&Paths(files), from, module)
        .into_iter()
        .map(|place| match place {
            Place::File(path) => path,
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(found.join(" "), expected, "{module} from {from}");
}

#[test]
fn relative_names_are_probed() {
    static FILES: &[(&str, &str)] = &[
        ("src/a.ts", ""),
        ("src/a.d.ts", ""),
        ("src/b.tsx", ""),
        ("src/c/index.js", ""),
        ("src/d.d.ts", ""),
        ("src/data.json", "{}"),
        ("src/e.mts", ""),
        ("index.ts", ""),
    ];
    check(FILES, "src/x.ts", "./a", "src/a.ts");
    check(FILES, "src/x.ts", "./a.js", "src/a.ts");
    check(FILES, "src/x.ts", "./b.js", "src/b.tsx");
    check(FILES, "src/x.ts", "./e.mjs", "src/e.mts");
    check(FILES, "src/x.ts", "./c", "src/c/index.js");
    check(FILES, "src/c/x.ts", "..", "");
    check(FILES, "src/x.ts", "..", "index.ts");
    check(FILES, "src/x.ts", "./d", "src/d.d.ts");
    check(FILES, "src/x.ts", "./data.json", "src/data.json");
    check(FILES, "src/x.ts", "./b?raw", "src/b.tsx");
    check(FILES, "x.ts", "../../a", "");
    check(FILES, "src/x.ts", "./missing", "");
}

#[test]
fn configurations_map_names() {
    static FILES: &[(&str, &str)] = &[
        (
            "tsconfig.base.json",
            r#"{ "compilerOptions": { "paths": { "@lib/*": ["libs/*/src"] } } }"#,
        ),
        (
            "app/tsconfig.json",
            r#"{ // the app
                "extends": "../tsconfig.base",
                "references": [{ "path": "./tsconfig.app.json" }],
            }"#,
        ),
        (
            "app/tsconfig.app.json",
            r#"{ "compilerOptions": { "baseUrl": "./src", "paths": { "@/*": ["./*", "gen/*"], "conf": ["./conf"] } } }"#,
        ),
        ("app/src/util.ts", ""),
        ("app/src/gen/made.ts", ""),
        ("app/src/conf.ts", ""),
        ("libs/core/src/index.ts", ""),
    ];
    check(FILES, "app/src/x.ts", "@/util", "app/src/util.ts");
    check(FILES, "app/src/x.ts", "@/made", "app/src/gen/made.ts");
    check(FILES, "app/src/x.ts", "conf", "app/src/conf.ts");
    check(FILES, "app/src/x.ts", "gen/made", "app/src/gen/made.ts");
    check(FILES, "app/src/x.ts", "@lib/core", "libs/core/src/index.ts");
    check(FILES, "libs/core/src/index.ts", "@/util", "");
    check(FILES, "app/src/x.ts", "react", "");
}

#[test]
fn packages_of_the_workspace_are_found_by_name() {
    static FILES: &[(&str, &str)] = &[
        (
            "packages/core/package.json",
            r##"{ "name": "@my/core", "main": "dist/index.js", "exports": {
                ".": { "types": "./dist/index.d.ts", "import": "./dist/index.js" },
                "./sub/*": "./dist/parts/*.js", "./package.json": "./package.json" },
                "imports": { "#inner/*": "./src/inner/*.ts" } }"##,
        ),
        ("packages/core/src/index.ts", ""),
        ("packages/core/src/parts/one.ts", ""),
        ("packages/core/src/inner/deep.ts", ""),
        ("packages/old/package.json", r#"{ "name": "other-name", "main": "./lib/main" }"#),
        ("packages/old/lib/main.js", ""),
        ("packages/old/extra.js", ""),
        ("packages/plain/package.json", r#"{ "name": "plain" }"#),
        ("packages/plain/index.js", ""),
        ("app/x.ts", ""),
    ];
    check(FILES, "app/x.ts", "@my/core", "packages/core/src/index.ts");
    check(FILES, "app/x.ts", "@my/core/sub/one", "packages/core/src/parts/one.ts");
    check(FILES, "packages/core/src/index.ts", "#inner/deep", "packages/core/src/inner/deep.ts");
    check(FILES, "app/x.ts", "other-name", "packages/old/lib/main.js");
    check(FILES, "app/x.ts", "other-name/extra", "packages/old/extra.js");
    check(FILES, "app/x.ts", "plain", "packages/plain/index.js");
    check(FILES, "app/x.ts", "node:fs", "");
    check(FILES, "app/x.ts", "unknown", "");
    check(FILES, "app/x.ts", "../packages/plain", "packages/plain/index.js");
}

#[test]
fn names_of_modules_leave_out_what_is_usual() {
    assert_eq!(without_extension("src/a.ts"), "src/a");
    assert_eq!(without_extension("src/a.d.ts"), "src/a");
    assert_eq!(without_extension("src/index.tsx"), "src");
    assert_eq!(without_extension("index.js"), "index");
}
