//! A random query, as the engine's value and as ripgrep's command line.

use std::path::Path;

use coderoom_engine::{
    Boundary, Case as LetterCase, Glob, Mode, Query, RelPath, Search, SearchRoot, Snapshot, Sort,
    SortBy, TypeChange,
};

use crate::Random;

const PATTERNS: &[&str] = &[
    "foo",
    "bar",
    "Foo",
    "lock",
    r"\w+_qux",
    "foo|bar|task",
    "(?i)kelvin",
    "skip",
    "x",
    "o",
    ".",
    r"^\s+\w",
    r"fn \w+\(",
    "ret.*n",
    "[fb][oa][or]",
    "foo.*bar",
    "é",
    "日本",
    "stra(ss|ß)e",
    r"\bfoo\b",
    "(foo|bar)+",
    "a{2,}",
    "z$",
    "^$",
    r"[^a-z\n]+",
    "y{100}",
    "nothing_like_it",
    "foo[",
    "lock\r?$",
    r"(\w+) (\w+)",
    "qux|nope",
    r"\d+",
    "(?-u:\\xff)",
    "FOO",
    "keLvin",
];
const MULTILINE: &[&str] = &[r"foo\n", r"foo\s+bar", r"(?s)foo.{0,20}bar", r"\n\n", "foo"];

/// A query and how it was asked for.
pub(crate) struct Case {
    query: Query,
    args: Vec<String>,
    paths: Vec<&'static str>,
    cwd_globs: bool,
}

impl Case {
    pub(crate) fn random(random: &mut Random) -> Case {
        let mut case =
            Case { query: Query::default(), args: Vec::new(), paths: Vec::new(), cwd_globs: true };
        case.choose_mode(random);
        case.choose_pattern(random);
        case.choose_files(random);
        case.choose_output(random);
        case
    }

    fn flag(&mut self, flag: &str) {
        self.args.push(flag.to_string());
    }

    fn choose_mode(&mut self, random: &mut Random) {
        let (mode, flag) = match random.below(12) {
            0 => (Mode::Json, "--json"),
            1 => (Mode::FilesWithMatches, "-l"),
            2 => (Mode::FilesWithoutMatch, "--files-without-match"),
            3 => (Mode::Count, "-c"),
            4 => (Mode::CountMatches, "--count-matches"),
            5 => (Mode::Files, "--files"),
            _ => return,
        };
        self.query.mode = mode;
        self.flag(flag);
    }

    fn choose_pattern(&mut self, random: &mut Random) {
        let pattern = &mut self.query.pattern;
        if self.query.mode == Mode::Files {
            return;
        }
        pattern.multiline = random.chance(8);
        if pattern.multiline {
            self.args.push("-U".into());
            pattern.multiline_dotall = random.chance(3);
            if pattern.multiline_dotall {
                self.args.push("--multiline-dotall".into());
            }
        }
        for _ in 0..1 + random.below(8) / 6 {
            let list = if pattern.multiline { MULTILINE } else { PATTERNS };
            let chosen = random.pick(list).to_string();
            if !pattern.patterns.contains(&chosen) {
                pattern.patterns.push(chosen.clone());
            }
            self.args.push(format!("--regexp={chosen}"));
        }
        pattern.fixed_strings = random.chance(6);
        if pattern.fixed_strings {
            self.args.push("-F".into());
        }
        match random.below(6) {
            0 => {
                pattern.case = LetterCase::Insensitive;
                self.args.push("-i".into());
            }
            1 => {
                pattern.case = LetterCase::Smart;
                self.args.push("-S".into());
            }
            _ => {}
        }
        match random.below(8) {
            0 => {
                pattern.boundary = Some(Boundary::Word);
                self.args.push("-w".into());
            }
            1 => {
                pattern.boundary = Some(Boundary::Line);
                self.args.push("-x".into());
            }
            _ => {}
        }
        for (one_in, field, flag) in [
            (10, &mut pattern.invert_match, "-v"),
            (12, &mut pattern.crlf, "--crlf"),
            (15, &mut pattern.no_unicode, "--no-unicode"),
            (15, &mut pattern.stop_on_nonmatch, "--stop-on-nonmatch"),
        ] {
            // ripgrep refuses this pair.
            let refused = pattern.multiline && flag == "--stop-on-nonmatch";
            if random.chance(one_in) && !refused {
                *field = true;
                self.args.push(flag.into());
            }
        }
        if random.chance(6) {
            let max = random.below(4) as u64;
            pattern.max_count = Some(max);
            self.args.push(format!("-m{max}"));
        }
    }

    fn choose_files(&mut self, random: &mut Random) {
        let files = &mut self.query.files;
        if random.chance(4) {
            files.hidden = true;
            self.args.push("--hidden".into());
            if !random.chance(3) {
                files.globs.push(Glob { glob: "!.git".into(), case_insensitive: false });
                self.args.push("--glob=!.git".into());
            }
        }
        for _ in 0..random.below(6) / 4 {
            let globs = [
                "*.rs",
                "!*.rs",
                "src/**",
                "*.{txt,md}",
                "!a/**",
                "**/er/**",
                "/a*",
                "*.log",
                "a/",
                ".*",
                "!tests",
                "[!s]*",
            ];
            let glob = random.pick(&globs).to_string();
            self.args.push(format!("--glob={glob}"));
            files.globs.push(Glob { glob, case_insensitive: false });
        }
        if random.chance(8) {
            self.args.push("--iglob=*.txt".into());
            files.globs.push(Glob { glob: "*.txt".into(), case_insensitive: true });
        }
        if random.chance(8) {
            files.types.push(TypeChange::Select("rust".into()));
            self.args.push("-trust".into());
        }
        if random.chance(10) {
            files.types.push(TypeChange::Negate("py".into()));
            self.args.push("-Tpy".into());
        }
        if random.chance(12) {
            let depth = 1 + random.below(3);
            files.max_depth = Some(depth);
            self.args.push(format!("--max-depth={depth}"));
        }
        if random.chance(12) {
            files.max_filesize = Some(200);
            self.args.push("--max-filesize=200".into());
        }
        if random.chance(10) {
            files.sort = Some(Sort { by: SortBy::Path, reverse: true });
            self.args.push("--sortr=path".into());
        } else {
            files.sort = Some(Sort { by: SortBy::Path, reverse: false });
            self.args.push("--sort=path".into());
        }
        let roots =
            ["src", "./src", "a", "a.txt", "./", ".", "a/b.rs", "tests/", ".hidden.txt", ".config"];
        for _ in 0..random.below(8) / 5 {
            self.paths.push(random.pick(&roots));
        }
    }

    fn choose_output(&mut self, random: &mut Random) {
        let output = &mut self.query.output;
        for (one_in, field, flag) in [
            (2, &mut output.line_number, "-n"),
            (6, &mut output.column, "--column"),
            (8, &mut output.byte_offset, "-b"),
            (8, &mut output.heading, "--heading"),
            (10, &mut output.color, "--color=always"),
            (8, &mut output.only_matching, "-o"),
            (14, &mut output.vimgrep, "--vimgrep"),
            (10, &mut output.trim, "--trim"),
            (10, &mut output.null, "--null"),
            (10, &mut output.include_zero, "--include-zero"),
            (14, &mut output.quiet, "-q"),
            (12, &mut output.stats, "--stats"),
            (20, &mut output.passthru, "--passthru"),
        ] {
            if random.chance(one_in) {
                *field = true;
                self.args.push(flag.into());
            }
        }
        // What `-n` is implied by.
        let numbered = self.query.mode == Mode::Json || output.column || output.vimgrep;
        output.line_number |= numbered && !output.quiet;
        if !output.passthru && random.chance(3) {
            output.before_context = random.below(3);
            output.after_context = random.below(3);
            self.args.push(format!("-B{}", output.before_context));
            self.args.push(format!("-A{}", output.after_context));
        }
        if random.chance(10) {
            output.max_columns = Some(40);
            self.args.push("-M40".into());
            output.max_columns_preview = random.chance(2);
            if output.max_columns_preview {
                self.args.push("--max-columns-preview".into());
            }
        }
        if random.chance(12) {
            output.replace = Some("<$0>".into());
            self.args.push("--replace=<$0>".into());
        }
        if random.chance(8) {
            let with = random.chance(2);
            output.with_filename = Some(with);
            self.flag(if with { "-H" } else { "-I" });
        }
        if random.chance(15) {
            self.query.output.context_separator = None;
            self.flag("--no-context-separator");
        }
    }

    /// ripgrep's arguments.
    pub(crate) fn args(&self) -> Vec<String> {
        let paths = if self.paths.is_empty() { &["./"][..] } else { &self.paths[..] };
        let mut args = self.args.clone();
        args.push("--".into());
        args.extend(paths.iter().map(ToString::to_string));
        args
    }

    /// The engine's query, and which roots are files.
    pub(crate) fn query(&self, snapshot: &Snapshot, root: &Path) -> (Query, Vec<bool>) {
        let mut query = self.query.clone();
        if self.cwd_globs {
            query.files.cwd = root.display().to_string();
        }
        let paths = if self.paths.is_empty() { &["./"][..] } else { &self.paths[..] };
        let mut root_is_file = Vec::new();
        for given in paths {
            let path = RelPath::new(given.as_bytes()).expect("inside");
            root_is_file.push(snapshot.file(&path).is_some());
            query
                .files
                .roots
                .push(SearchRoot { path: path.to_string(), display: given.to_string() });
        }
        (query, root_is_file)
    }

    /// Whether the answer depends on what is not held (the engine says so; the shim then runs
    /// ripgrep), or on a path that is not there (ripgrep complains, the caller checks before).
    pub(crate) fn reaches_unheld(&self, snapshot: &Snapshot) -> bool {
        let (query, root_is_file) = self.query(snapshot, Path::new("/"));
        let missing = query.files.roots.iter().zip(&root_is_file).any(|(root, is_file)| {
            let path = RelPath::new(root.path.as_bytes()).expect("inside");
            !is_file && !snapshot.has_dir(&path)
        });
        missing
            || Search::new(query, &root_is_file)
                .is_ok_and(|search| !search.candidates(snapshot).not_held().is_empty())
    }
}
