use std::collections::BTreeMap;

use super::*;

/// Paths with their texts.
struct Files(BTreeMap<&'static str, &'static str>);

impl Tree for Files {
    fn is_file(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn is_dir(&self, path: &str) -> bool {
        self.0.keys().any(|it| it.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    fn files_in(&self, dir: &str) -> Vec<String> {
        let here = self.0.keys().filter(|it| parent(it) == Some(dir));
        here.map(|it| it.rsplit('/').next().unwrap_or(it).to_string()).collect()
    }

    fn files_named(&self, name: &str) -> Vec<String> {
        let here = self.0.keys().filter(|it| it.rsplit('/').next() == Some(name));
        here.map(ToString::to_string).collect()
    }

    fn dirs_named(&self, name: &str) -> Vec<String> {
        let dirs = self.0.keys().flat_map(|it| upwards(parent(it).unwrap_or_default()));
        let mut dirs: Vec<String> =
            dirs.filter(|it| it.rsplit('/').next() == Some(name)).map(str::to_owned).collect();
        dirs.dedup();
        dirs
    }

    fn read(&self, path: &str) -> Option<String> {
        self.0.get(path).map(ToString::to_string)
    }
}

#[track_caller]
fn check(files: &[(&'static str, &'static str)], from: &str, module: &str, expected: &str) {
    let tree = Files(files.iter().copied().collect());
    let found: Vec<String> = find(&tree, from, module)
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
    let files = [
        ("src/a.ts", ""),
        ("src/a.d.ts", ""),
        ("src/b.tsx", ""),
        ("src/c/index.js", ""),
        ("src/d.d.ts", ""),
        ("src/data.json", "{}"),
        ("src/e.mts", ""),
        ("index.ts", ""),
    ];
    check(&files, "src/x.ts", "./a", "src/a.ts");
    check(&files, "src/x.ts", "./a.js", "src/a.ts");
    check(&files, "src/x.ts", "./b.js", "src/b.tsx");
    check(&files, "src/x.ts", "./e.mjs", "src/e.mts");
    check(&files, "src/x.ts", "./c", "src/c/index.js");
    check(&files, "src/c/x.ts", "..", "");
    check(&files, "src/x.ts", "..", "index.ts");
    check(&files, "src/x.ts", "./d", "src/d.d.ts");
    check(&files, "src/x.ts", "./data.json", "src/data.json");
    check(&files, "src/x.ts", "./b?raw", "src/b.tsx");
    check(&files, "x.ts", "../../a", "");
    check(&files, "src/x.ts", "./missing", "");
}

#[test]
fn configurations_map_names() {
    let files = [
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
    check(&files, "app/src/x.ts", "@/util", "app/src/util.ts");
    check(&files, "app/src/x.ts", "@/made", "app/src/gen/made.ts");
    check(&files, "app/src/x.ts", "conf", "app/src/conf.ts");
    check(&files, "app/src/x.ts", "gen/made", "app/src/gen/made.ts");
    check(&files, "app/src/x.ts", "@lib/core", "libs/core/src/index.ts");
    check(&files, "libs/core/src/index.ts", "@/util", "");
    check(&files, "app/src/x.ts", "react", "");
}

#[test]
fn packages_of_the_workspace_are_found_by_name() {
    let files = [
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
    check(&files, "app/x.ts", "@my/core", "packages/core/src/index.ts");
    check(&files, "app/x.ts", "@my/core/sub/one", "packages/core/src/parts/one.ts");
    check(&files, "packages/core/src/index.ts", "#inner/deep", "packages/core/src/inner/deep.ts");
    check(&files, "app/x.ts", "other-name", "packages/old/lib/main.js");
    check(&files, "app/x.ts", "other-name/extra", "packages/old/extra.js");
    check(&files, "app/x.ts", "plain", "packages/plain/index.js");
    check(&files, "app/x.ts", "node:fs", "");
    check(&files, "app/x.ts", "unknown", "");
    check(&files, "app/x.ts", "../packages/plain", "packages/plain/index.js");
}

#[test]
fn names_of_modules_leave_out_what_is_usual() {
    assert_eq!(without_extension("src/a.ts"), "src/a");
    assert_eq!(without_extension("src/a.d.ts"), "src/a");
    assert_eq!(without_extension("src/index.tsx"), "src");
    assert_eq!(without_extension("index.js"), "index");
}
