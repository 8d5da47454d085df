//! Trees with everything that makes searching hard.

use std::{fs, os::unix::ffi::OsStrExt, path::Path};

use crate::Random;

const WORDS: &[&str] = &[
    "foo",
    "bar",
    "Foo",
    "FOO",
    "baz_qux",
    "lock",
    "task",
    "skip",
    "return",
    "x",
    "été",
    "straße",
    "Kelvin",
    "\u{212a}elvin",
    "ſkip",
    "日本",
    "a.b",
    "fn main()",
    "  indented",
    "tab\there",
    "",
];

/// Fills `root` with a small tree.
pub(crate) fn make(random: &mut Random, root: &Path) {
    if !random.chance(4) {
        fs::create_dir(root.join(".git")).expect("a directory");
        write(root, ".git/config", b"foo in git config\n");
    }
    if random.chance(2) {
        let rules = ["*.log\n", "build/\n", "*.log\n!keep.log\n", "/top.txt\n", ".*\n!.shown\n"];
        write(root, ".gitignore", random.pick(&rules).as_bytes());
    }
    if random.chance(3) {
        write(root, "src/.gitignore", b"generated*\n!generated_keep.rs\n");
    }
    if random.chance(4) {
        write(root, ".ignore", b"skipped.txt\n");
    }
    for name in [
        "a.txt",
        "a/b.rs",
        "a/c/d.py",
        "a-b.txt",
        "a.rs",
        "src/main.rs",
        "src/lib.rs",
        "src/generated_x.rs",
        "src/generated_keep.rs",
        "top.txt",
        "app.log",
        "keep.log",
        "build/out.txt",
        ".hidden.txt",
        ".shown",
        ".config/settings.yml",
        "dir with space/f.md",
        "skipped.txt",
        "UPPER.TXT",
        "tests/deep/er/est/file.rs",
        "Makefile",
    ] {
        if !random.chance(5) {
            let content = content(random);
            write(root, name, &content);
        }
    }
    if random.chance(3) {
        let name = std::ffi::OsStr::from_bytes(b"not-utf8-\xff.txt");
        fs::write(root.join(name), b"foo in a strange name\n").expect("a file");
    }
    if random.chance(3) {
        let _ = std::os::unix::fs::symlink("a.txt", root.join("link.txt"));
        let _ = std::os::unix::fs::symlink("/etc", root.join("link-out"));
    }
}

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
    fs::write(path, bytes).expect("a file");
}

/// Text of every sort, and what is not text.
fn content(random: &mut Random) -> Vec<u8> {
    let text = lines(random);
    match random.below(24) {
        0 => Vec::new(),
        1 => text.replace('\n', "\r\n").into_bytes(),
        2 => [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        3 => utf16(&text, true),
        4 => utf16(&text, false),
        5 => [text.as_bytes(), b"\0foo\n", text.as_bytes()].concat(),
        6 => [text.as_bytes(), b"latin \xe9t\xe9 foo \xff\xfe\n"].concat(),
        7 => [text.repeat(1 + 70_000 / (text.len() + 1)).as_bytes(), b"foo\0bar\nfoo\n"].concat(),
        8 => [&b"a\nb\0foo\n"[..], text.as_bytes()].concat(),
        9 => format!("{}foo{}\n{text}", "y".repeat(3000), "z".repeat(3000)).into_bytes(),
        10 => text.trim_end().as_bytes().to_vec(),
        11 => text.repeat(1 + 90_000 / (text.len() + 1)).into_bytes(),
        12 => text.replace('\n', "\0").into_bytes(),
        _ => text.into_bytes(),
    }
}

fn lines(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(30) {
        for _ in 0..random.below(5) {
            text.push_str(random.pick(WORDS));
            text.push_str(random.pick(&[" ", "", "_", ", "]));
        }
        text.push('\n');
    }
    text
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}
