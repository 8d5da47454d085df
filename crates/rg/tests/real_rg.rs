//! The parser against the real ripgrep: both accept and refuse the same command lines, in the same
//! words. Needs `rg` 15 (environment variable RG, or on PATH).

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use coderoom_rg::{Parsed, Surroundings, flag_forms, parse};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

fn real_rg() -> PathBuf {
    let rg = std::env::var_os("RG").map_or_else(|| PathBuf::from("rg"), PathBuf::from);
    let version = Command::new(&rg).arg("--version").output();
    let is_ripgrep = version.is_ok_and(|out| out.stdout.starts_with(b"ripgrep 15."));
    assert!(is_ripgrep, "this test needs ripgrep 15: set RG or put rg on PATH");
    rg
}

fn run(rg: &PathBuf, args: &[String], dir: &std::path::Path) -> Output {
    Command::new(rg)
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::null())
        .env_remove("RIPGREP_CONFIG_PATH")
        .output()
        .expect("rg runs")
}

#[test]
fn the_table_has_every_name_that_ripgrep_documents() {
    let man = Command::new(real_rg()).args(["--generate", "complete-bash"]).output();
    let text = String::from_utf8(man.expect("rg runs").stdout).expect("UTF-8");
    // The completion script lists every long and short name in one assignment.
    let names = text.split("opts=\"").nth(2).and_then(|rest| rest.split('"').next());
    let theirs: BTreeSet<&str> = names
        .unwrap_or_default()
        .split_whitespace()
        .filter(|word| word.starts_with('-') && word.len() > 1)
        .filter(|word| word[1..].chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)))
        .collect();
    let mut ours = BTreeSet::new();
    for (longs, short, _) in flag_forms() {
        ours.extend(longs.iter().map(|long| format!("--{long}")));
        ours.extend(short.map(|short| format!("-{short}")));
    }
    assert!(theirs.len() > 150, "the completion script has changed: {theirs:?}");
    for name in &theirs {
        assert!(ours.contains(*name), "{name} is not in the table");
    }
}

#[test]
fn the_same_mistakes_get_the_same_words() {
    let rg = real_rg();
    let dir = tempfile::tempdir().expect("temporary directory");
    for line in [
        "",
        "-A",
        "-A x y",
        "-A -1 y",
        "-A 99999999999999999999 y",
        "--hidden=3 y",
        "-i=3 y",
        "--foo",
        "--max-colums 3 y",
        "-é",
        "-y",
        "--max-filesize 3X y",
        "--max-filesize K y",
        "--color red y",
        "--sort size y",
        "--engine x y",
        "--path-separator ab y",
        "-uuuu y",
        "--generate x",
        "-l=x",
        "--no-hidden=1 y",
        "-f nonexistent",
        "--regex-size-limit 99999999999999999999K y",
        "--hid y",
        "--contex y",
        "--no-context-separator=x y",
        "--dfa-size-limit 18446744073709551615K y",
        "-Aé x",
        "--ignor",
        "-r",
        "--",
        "--files-with y",
        "--a",
        "-m x y",
        "--encoding",
        "--iglob",
    ] {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let theirs = run(&rg, &args, dir.path());
        let stderr = String::from_utf8_lossy(&theirs.stderr).into_owned();
        assert_eq!(theirs.status.code(), Some(2), "{line}: {stderr}");
        let read = |name: &OsStr| {
            coderoom_rg::PatternFile::Failed(std::fs::metadata(name).expect_err("no such file"))
        };
        let around = Surroundings { pattern_file: &read, ..Surroundings::default() };
        match parse(&args, &around) {
            Err(error) => assert_eq!(format!("rg: {error}\n"), stderr, "{line}"),
            Ok(_) => panic!("`{line}` was accepted; ripgrep says {stderr}"),
        }
    }
}

/// Values that are right for some flags and wrong for others.
const VALUES: &[&str] = &[
    "0",
    "1",
    "12",
    "-3",
    "x",
    "",
    "3K",
    "1M",
    "9X",
    "auto",
    "never",
    "always",
    "path",
    "none",
    "modified",
    "default",
    "rust",
    "*.rs",
    "!a",
    ":",
    r"\t",
    "_",
    "utf-8",
    "é",
    "18446744073709551616",
];

/// These make ripgrep run programs, read files or need values that only it can check.
const NOT_COMPARED: &[&str] = &[
    "pre",
    "hostname-bin",
    "colors",
    "encoding",
    "hyperlink-format",
    "pre-glob",
    "file",
    "glob",
    "iglob",
    "type",
    "type-not",
    "type-add",
    "type-clear",
    "regexp",
    "regex-size-limit",
    "dfa-size-limit",
    "pcre2",
    "engine",
    "replace",
    "generate",
    "debug",
    "trace",
];

fn argument() -> impl Strategy<Value = Vec<String>> {
    let forms: Vec<_> =
        flag_forms().filter(|(longs, _, _)| !NOT_COMPARED.contains(&longs[0])).collect();
    let value = prop::sample::select(VALUES).prop_map(str::to_owned);
    let style = 0..8_u8;
    let flag = (prop::sample::select(forms), any::<prop::sample::Index>(), value.clone(), style)
        .prop_map(|((longs, short, takes_value), which, value, style)| {
            let long = longs[which.index(longs.len())];
            let takes_value = takes_value && !(long.starts_with("no-") && long != longs[0]);
            match (short, takes_value, style) {
                (Some(short), false, 0..=3) => vec![format!("-{short}")],
                (Some(short), true, 0) => vec![format!("-{short}{value}")],
                (Some(short), true, 1) => vec![format!("-{short}={value}")],
                (Some(short), true, 2) => vec![format!("-{short}"), value],
                (Some(short), true, 3) => vec![format!("-i{short}{value}")],
                (_, true, 4..=5) => vec![format!("--{long}={value}")],
                (_, true, _) => vec![format!("--{long}"), value],
                // Now and then a value too many.
                (_, false, 7) => vec![format!("--{long}={value}")],
                (_, false, _) => vec![format!("--{long}")],
            }
        });
    prop_oneof![8 => flag, 1 => value.prop_map(|value| vec![value]), 1 => Just(vec!["--".into()])]
}

#[test]
fn random_command_lines_are_accepted_and_refused_alike() {
    let rg = real_rg();
    let dir = tempfile::tempdir().expect("temporary directory");
    std::fs::write(dir.path().join("a"), "x\n").expect("file");
    let cases = std::env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1500);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let lines = prop::collection::vec(argument(), 0..6);
    let compared = TestRunner::new(config).run(&lines, |line| {
        let args: Vec<String> = line.concat();
        let theirs = run(&rg, &args, dir.path());
        let stderr = String::from_utf8_lossy(&theirs.stderr).into_owned();
        match parse(&args, &Surroundings::default()) {
            Err(error) => {
                prop_assert_eq!(theirs.status.code(), Some(2), "{:?}: we say {}", &args, &error);
                prop_assert_eq!(format!("rg: {error}\n"), stderr, "{:?}", &args);
            }
            Ok(Parsed::Special(_)) => {
                prop_assert!(theirs.status.code() != Some(2), "{:?}: {}", &args, &stderr);
            }
            Ok(Parsed::Search(request)) => {
                // Paths that do not exist and bad patterns are found later than on the command line.
                let words = ["flag", "invalid CLI", "requires at least one", "missing value"];
                let refused = words.iter().any(|word| stderr.contains(word));
                prop_assert!(!refused, "{:?}: ripgrep says {}", &args, &stderr);
                let json = serde_json::to_string(&request.query).expect("a query is JSON");
                let back: coderoom_engine::Query = serde_json::from_str(&json).expect("and back");
                prop_assert_eq!(back, request.query);
            }
        }
        Ok(())
    });
    if let Err(error) = compared {
        panic!("{error}");
    }
}
