//! The parser, row by row: what a command line comes to, and what agents really pass.

use std::ffi::OsStr;

use coderoom_engine::{Case, Mode, Query, Sort, SortBy};
use coderoom_rg::{Parsed, PatternFile, Request, Special, Surroundings, parse};

fn surroundings() -> Surroundings<'static> {
    Surroundings {
        pattern_file: &|name: &OsStr| match name.to_str() {
            Some("patterns") => PatternFile::Bytes(b"one\ntwo\r\none\n".to_vec()),
            Some("pipe") => PatternFile::Unsupported("a pipe"),
            _ => PatternFile::Failed(std::io::ErrorKind::NotFound.into()),
        },
        ..Surroundings::default()
    }
}

fn request(line: &str) -> Request {
    match parse(line.split_whitespace(), &surroundings()) {
        Ok(Parsed::Search(request)) => *request,
        other => panic!("{line}: {other:?}"),
    }
}

fn query(line: &str) -> Query {
    let request = request(line);
    assert_eq!(request.unsupported, [], "{line}");
    assert!(!request.assume_nothing_ignored, "{line}");
    request.query
}

/// Asserts that `line` and `same` mean the same search.
fn same(line: &str, same: &str) {
    assert_eq!(query(line), query(same), "{line} is not {same}");
}

#[test]
fn forms_of_one_flag_are_equal() {
    for form in ["-A3", "-A 3", "-A=3", "--after-context 3", "--after-context=3", "-inA3"] {
        let mut want = query("-A3 x");
        if form.starts_with("-in") {
            want.pattern.case = Case::Insensitive;
            want.output.line_number = true;
        }
        assert_eq!(query(&format!("{form} x")), want, "{form}");
    }
    same("--maxdepth 2 x", "-d2 x");
    same("--passthrough x", "--passthru x");
    same("-. x", "--hidden x");
    same("-0 --files", "--null --files");
    same("--A 3 x", "-A3 x");
    same("-e x -- -y", "--regexp=x -- -y");
}

#[test]
fn later_flags_win() {
    same("-i -s x", "-s x");
    same("-s -S x", "-S x");
    same("-w -x x", "-x x");
    same("-l -c x", "-c x");
    same("--json --no-json x", "x");
    same("-l --no-json x", "-l x");
    same("--crlf --null-data x", "--null-data x");
    same("--null-data --crlf x", "--crlf x");
    same("--null-data --no-crlf x", "--null-data x");
    same("-U --stop-on-nonmatch x", "--stop-on-nonmatch x");
    same("--stop-on-nonmatch -U x", "-U x");
    same("-H -I x", "-I x");
    same("-n -N --column x", "-N --column x");
    same("--hidden --no-hidden x", "x");
    same("-u --ignore x", "x");
    same("--no-context-separator --context-separator=-- x", "x");
    same("--sort path --sort none x", "x");
    same("--sort modified --no-sort-files x", "x");
    same("-M5 -M0 x", "x");
}

#[test]
fn flags_that_are_taken_back_do_not_count() {
    for line in [
        "-L --no-follow",
        "-P --no-pcre2",
        "--engine pcre2 --engine default",
        "-z --no-search-zip",
        "-z --pre cat --no-pre",
        "--pre cat --pre=",
        "-E latin1 --no-encoding",
        "-E utf-8 -E auto",
        "--binary --no-binary",
        "--binary -a --no-text",
        "--sort created --sort none",
        "--no-ignore-vcs --ignore-vcs",
        "--hyperlink-format none",
        "--one-file-system --no-one-file-system",
        "--ignore-file x --no-ignore-files",
        "--no-require-git --require-git",
        "--auto-hybrid-regex --no-pcre2",
        "-j4 --line-buffered --no-ignore-messages",
    ] {
        assert_eq!(query(&format!("{line} x")), query("x"), "{line}");
    }
}

#[test]
fn context_of_both_sides_yields_to_either() {
    let lines = |line: &str| {
        let output = query(line).output;
        (output.before_context, output.after_context, output.passthru)
    };
    assert_eq!(lines("-A1 -C5 x"), (5, 1, false));
    assert_eq!(lines("-C5 -B0 x"), (0, 5, false));
    assert_eq!(lines("-C5 --passthru x"), (0, 0, true));
    assert_eq!(lines("-C5 --passthru -A2 x"), (0, 2, false));
}

#[test]
fn counting_follows_inversion_and_only_matching() {
    assert_eq!(query("-v --count-matches x").mode, Mode::Count);
    assert_eq!(query("-o --count x").mode, Mode::CountMatches);
    assert_eq!(query("-o -v --count x").mode, Mode::CountMatches);
    assert_eq!(query("--files -l x").mode, Mode::FilesWithMatches);
    assert_eq!(query("-l --files").mode, Mode::Files);
}

#[test]
fn patterns_and_paths_are_told_apart() {
    let patterns = |line: &str| request(line).query.pattern.patterns;
    assert_eq!(patterns("x a b"), ["x"]);
    assert_eq!(request("x a b").paths, ["a", "b"]);
    assert_eq!(request("-e x a b").paths, ["a", "b"]);
    assert_eq!(request("--files a -e x").paths, ["a"]);
    assert!(patterns("--files a -e x").is_empty());
    assert_eq!(patterns("-e y -f patterns -ex -ey"), ["y", "one", "two", "x"]);
    assert_eq!(request("-f pipe x").unsupported[0].flag, "-f");
    assert_eq!(request("-f - x").unsupported[0].flag, "-f -");
    assert!(parse(["-f", "missing"], &surroundings()).is_err());
}

#[test]
fn terminal_and_modes_set_the_defaults() {
    assert!(query("--vimgrep x").output.line_number && query("--vimgrep x").output.column);
    assert!(!query("--vimgrep --heading x").output.heading);
    assert!(query("--json x").output.line_number);
    assert!(!query("--json -q x").output.line_number);
    assert!(!query("-c --column x").output.line_number);
    assert_eq!(query("x a b").output.with_filename, Some(true));
    assert_eq!(query("x a").output.with_filename, None);
    assert!(query("-p x").output.heading && query("-p x").output.color);
    assert!(!query("-p --color=auto x").output.color);
    let terminal =
        Surroundings { stdout_is_terminal: true, colors_allowed: true, ..surroundings() };
    let Ok(Parsed::Search(request)) = parse(["x"], &terminal) else {
        panic!("not a search");
    };
    let output = request.query.output;
    assert!(output.line_number && output.heading && output.color);
}

#[test]
fn ignore_rules_are_all_or_nothing() {
    for line in ["--no-ignore x", "-u x", "--no-ignore-vcs --no-ignore-dot x"] {
        assert!(query(line).files.no_ignore, "{line}");
    }
    assert!(query("-uu x").files.hidden);
    for line in ["--no-ignore-vcs x", "--no-ignore-parent x", "-u --ignore-dot x"] {
        let request = request(line);
        assert!(request.assume_nothing_ignored && !request.query.files.no_ignore, "{line}");
    }
    let query = query("-g a --iglob b -g !c x");
    let globs: Vec<_> = query.files.globs.iter().map(|g| (&*g.glob, g.case_insensitive)).collect();
    assert_eq!(globs, [("a", false), ("!c", false), ("b", true)]);
}

#[test]
fn what_memory_cannot_honour_says_why() {
    for line in [
        "-P",
        "--engine auto",
        "--auto-hybrid-regex",
        "--pre cat",
        "--pre-glob *",
        "-z",
        "-E latin1",
        "--encoding none",
        "-L",
        "--ignore-file f",
        "--binary",
        "-uuu",
        "--hyperlink-format vscode",
        "--hyperlink-format default --color always",
        "--colors path:none",
        "--debug",
        "--trace",
        "--hostname-bin h",
        "--sort accessed",
        "--sortr created",
        "--mmap",
        "--no-mmap",
        "--no-require-git",
        "--ignore-file-case-insensitive",
        "--one-file-system",
        r"--context-separator \xFF",
        r"--field-match-separator \xFF",
    ] {
        let unsupported = request(&format!("{line} x")).unsupported;
        assert_eq!(unsupported.len(), 1, "{line}: {unsupported:?}");
        assert!(unsupported[0].flag.starts_with('-') && !unsupported[0].why.is_empty());
    }
}

#[test]
fn special_modes_win_over_searches() {
    let special = |line: &str| match parse(line.split_whitespace(), &surroundings()) {
        Ok(Parsed::Special(special)) => special,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(special("-V x --files -A 3"), Special::VersionShort);
    assert_eq!(special("--version"), Special::VersionLong);
    assert_eq!(special("-h --version"), Special::VersionLong);
    assert_eq!(special("-l --type-list"), Special::TypeList);
    assert_eq!(special("--pcre2-version"), Special::Pcre2Version);
    assert!(parse(["--version", "--nonsense"], &surroundings()).is_err());
}

/// Command lines of Claude Code 2.1, Qwen Code 0.15, Gemini CLI 0.61, opencode 1.18 and Codex.
const AGENTS: &[&str] = &[
    "--hidden --no-follow --glob !.git --glob !.svn --glob !.hg --glob !.bzr --glob !.jj --glob !.sl --max-columns 500 -U --multiline-dotall -i -l --null -e PAT --type rust --glob *.rs /w",
    "--hidden --no-follow --glob !.git --max-columns 500 -c -H --null PAT --iglob *.RS /w",
    "--hidden --no-follow --glob !.git --max-columns 500 --json -n -o -A 3 -B 2 -C 1 PAT /w",
    "--no-config --files --null --glob *.rs --sort=modified --no-ignore --hidden --no-follow --iglob *.RS",
    "--files --hidden --no-ignore --max-depth 3 --line-buffered --glob a --iglob b -g c",
    "-j 1 --files --hidden",
    "--json --no-messages --path-separator / --ignore-case --regexp PAT --glob *.ts --threads 4 a b",
    "--json --ignore-case --fixed-strings --regexp PAT --context 15 --no-ignore --max-count 3 --glob *.ts --glob !node_modules --threads 4 a",
    "--json --regexp PAT --after-context 1 --before-context 2 --glob !x --threads 4 a",
    "--no-config --json --hidden --no-messages --glob=*.rs --glob=!**/.git/** -- PAT .",
    "--no-config --files --hidden --glob=*.rs --glob=!**/.git/** .",
    "-l --fixed-strings --ignore-case --no-ignore PAT --glob *.jsonl",
    "-F -S -w -x -v -q -t rust -T c -a -I -N --heading --column --stats --color never x",
];

#[test]
fn what_agents_pass_is_supported() {
    for line in AGENTS {
        let request = request(line);
        assert_eq!(request.unsupported, [], "{line}");
        assert!(!request.assume_nothing_ignored, "{line}");
    }
    for line in [
        "--json --no-messages --path-separator / --ignore-case --regexp PAT --no-ignore-vcs --threads 4 a",
        "--json --regexp P --no-ignore-vcs --no-ignore-exclude --threads 4 a",
    ] {
        let request = request(line);
        assert_eq!(request.unsupported, [], "{line}");
        assert!(request.assume_nothing_ignored, "{line}");
    }
    // What only a walk can do: an extra ignore file, and following links.
    for (line, flag) in [
        ("--regexp P --ignore-file .qwenignore a", "--ignore-file"),
        ("--files --follow", "--follow"),
    ] {
        let unsupported = request(line).unsupported;
        assert_eq!(unsupported.len(), 1);
        assert_eq!(unsupported[0].flag, flag);
    }
    let glob = query(AGENTS[3]);
    assert_eq!(glob.files.sort, Some(Sort { by: SortBy::Modified, reverse: false }));
    assert!(glob.files.no_ignore && glob.files.hidden && glob.output.null);
}
