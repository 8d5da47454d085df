//! Random command lines, in the spellings that programs and people use.

use std::path::Path;

use crate::{Random, stage::Answer};

/// A command line and where it is run.
pub(crate) struct Line {
    pub(crate) args: Vec<String>,
    /// Relative to the tree.
    pub(crate) cwd: &'static str,
    /// What is piped in; nothing means `/dev/null`.
    pub(crate) stdin: Option<&'static str>,
}

const PATTERNS: &[&str] = &[
    "foo",
    "bar",
    "lock",
    "skip",
    "o",
    ".",
    "foo|bar|task",
    r"\w+_qux",
    r"fn \w+\(",
    "foo.*bar",
    "é",
    "日本",
    "stra(ss|ß)e",
    "^$",
    "x*",
    r"\bfoo\b",
    "keLvin",
    "FOO",
    "nothing_like_it",
    "a.b",
    r"foo\s+bar",
    r"\d+",
];

/// What needs no ignoring of rules and changes what is printed.
const PLAIN: &[&[&str]] = &[
    &["-n"],
    &["--line-number"],
    &["-N"],
    &["-H"],
    &["--with-filename"],
    &["-I"],
    &["--no-filename"],
    &["-o"],
    &["--only-matching"],
    &["-i"],
    &["--ignore-case"],
    &["-S"],
    &["--smart-case"],
    &["-s"],
    &["-F"],
    &["--fixed-strings"],
    &["-w"],
    &["-x"],
    &["-v"],
    &["-q"],
    &["--heading"],
    &["--no-heading"],
    &["--column"],
    &["-b"],
    &["--trim"],
    &["--null"],
    &["-0"],
    &["--vimgrep"],
    &["--include-zero"],
    &["--stats"],
    &["--passthru"],
    &["-p"],
    &["--color", "never"],
    &["--color=always"],
    &["--colour=never"],
    &["-U"],
    &["-U", "--multiline-dotall"],
    &["--crlf"],
    &["-r", "<$0>"],
    &["--replace="],
    &["--no-config"],
    &["--no-messages"],
    &["--path-separator", "/"],
    &["--line-buffered"],
    &["-j", "4"],
    &["-j1"],
    &["--threads=2"],
    &["--max-columns", "500"],
    &["-M40"],
    &["-M", "40", "--max-columns-preview"],
    &["-m", "1"],
    &["--max-count=2"],
    &["-m0"],
    &["--max-depth", "1"],
    &["--maxdepth=2"],
    &["-d3"],
    &["--max-filesize", "1K"],
    &["-C2"],
    &["-C", "1"],
    &["--context", "3"],
    &["--context=1"],
    &["-A1"],
    &["-A", "2"],
    &["--after-context", "2"],
    &["-B1"],
    &["--before-context=3"],
    &["--context-separator=~~"],
    &["--no-context-separator"],
    &["--field-match-separator", r"\t"],
    &["--field-context-separator=|"],
    &["--stop-on-nonmatch"],
    &["--null-data"],
    &["--no-unicode"],
    &["-nH"],
    &["-inC1"],
];

/// What changes which files are searched.
const SELECTING: &[&[&str]] = &[
    &["--hidden"],
    &["-."],
    &["--glob", "!.git"],
    &["--glob=!**/.git/**"],
    &["-g", "*.rs"],
    &["-g*.txt"],
    &["-g", "!src/**"],
    &["--glob=**/*.{rs,py}"],
    &["-g", "/a*"],
    &["-g", "src/"],
    &["--iglob", "*.TXT"],
    &["--iglob=!UPPER*"],
    &["--glob-case-insensitive", "-g", "*.TXT"],
    &["-t", "rust"],
    &["-tpy"],
    &["--type", "md"],
    &["--type=all"],
    &["-T", "rust"],
    &["--type-not=txt"],
    &["--type-add", "odd:*.log", "-todd"],
    &["--type-clear=rust", "-Trust"],
    &["--no-ignore"],
    &["--no-ignore-vcs"],
    &["--no-ignore-exclude"],
    &["--no-ignore-parent"],
    &["--no-ignore", "--hidden"],
    &["-u"],
    &["-uu"],
    &["-uuu"],
    &["-a"],
    &["--binary"],
    &["--no-follow"],
    &["--follow"],
    &["-L"],
    &["--sort=modified"],
    &["--sort", "path"],
    &["--sortr=path"],
    &["--sortr", "modified"],
    &["--ignore-file", ".gitignore"],
    &["--no-require-git"],
    &["--one-file-system"],
];

/// What is an error, or something other than a search.
const ODD: &[&[&str]] = &[
    &["--nope"],
    &["--contex"],
    &["-t", "rustt"],
    &["-g", "{a"],
    &["-g", "[z-a]"],
    &["--sort", "size"],
    &["-A", "x"],
    &["-P"],
    &["--type-list"],
    &["-E", "utf-16"],
    &["-z"],
    &["-f", "a.txt"],
    &["-f", "none"],
    &["--pcre2-version"],
    &["-e"],
    &["--engine", "auto"],
    &["--regex-size-limit", "1K"],
    &["--hyperlink-format=none"],
    &["--colors", "match:none"],
];

const MODES: &[&[&str]] = &[
    &["--json"],
    &["-l"],
    &["--files-with-matches"],
    &["--files-without-match"],
    &["-c"],
    &["--count"],
    &["--count-matches"],
    &["--files"],
    &["--files", "--null"],
    &["-l", "--null"],
];

const PATHS: &[&str] = &[
    ".",
    "./",
    "src",
    "src/",
    "./src",
    "a",
    "a.txt",
    "a/b.rs",
    "./a.txt",
    "..",
    "tests/",
    "none.txt",
    ".hidden.txt",
    ".config",
    "src/..",
    "link.txt",
    "-",
    "app.log",
    "build",
    "../a.txt",
];

impl Line {
    /// These arguments at the tree's root.
    pub(crate) fn of(args: &[&str]) -> Line {
        let args = args.iter().map(ToString::to_string).collect();
        Line { args, cwd: "", stdin: None }
    }

    pub(crate) fn random(random: &mut Random, root: &Path) -> Line {
        let mut line = Line { args: Vec::new(), cwd: "", stdin: None };
        let mut lists_files = false;
        if random.chance(2) {
            let mode = random.pick(MODES);
            lists_files = mode[0] == "--files";
            line.add(mode);
        }
        for _ in 0..random.below(5) {
            line.add(random.pick(PLAIN));
        }
        for _ in 0..random.below(6) / 2 {
            line.add(random.pick(SELECTING));
        }
        if random.chance(14) {
            line.add(random.pick(ODD));
        }
        let with_dashes = line.add_pattern(random, lists_files);
        if with_dashes {
            line.args.push("--".into());
        }
        for _ in 0..random.below(8) / 4 {
            if random.chance(6) {
                line.args.push(root.join(random.pick(&["", "src", "a.txt"])).display().to_string());
            } else {
                line.args.push(random.pick(PATHS).into());
            }
        }
        if random.chance(5) {
            line.cwd = random.pick(&["src", "a"]);
        }
        // These show whether one thread prints or several, so that an inserted `--sort` is no help.
        let shows = |arg: &String| matches!(&arg[..], "--stats" | "--crlf" | "--null-data");
        if line.args.iter().any(shows) {
            line.args.splice(..0, ["--sort".into(), "path".into()]);
        }
        if random.chance(25) {
            line.stdin = Some("foo from standard input\nbar\n");
        }
        line
    }

    fn add(&mut self, args: &[&str]) {
        self.args.extend(args.iter().map(ToString::to_string));
    }

    /// Returns whether what follows has to be kept apart from flags.
    fn add_pattern(&mut self, random: &mut Random, lists_files: bool) -> bool {
        if lists_files {
            return false;
        }
        let pattern = if random.chance(40) { "foo(" } else { random.pick(PATTERNS) };
        match random.below(6) {
            0 => self.add(&["-e", pattern]),
            1 => self.add(&["--regexp", pattern]),
            2 => self.args.push(format!("--regexp={pattern}")),
            3 => self.add(&["-e", pattern, "-e", random.pick(PATTERNS)]),
            4 => {
                self.add(&["--", pattern]);
                return false;
            }
            _ => self.add(&[pattern]),
        }
        random.chance(3)
    }

    /// Both answers, for people.
    pub(crate) fn differ(&self, real: &Answer, ours: &Answer) -> String {
        let show = |answer: &Answer| {
            let out = String::from_utf8_lossy(&answer.stdout).into_owned();
            let cut: String = out.chars().take(6000).collect();
            format!("exit {}, standard error {:?}\n{cut}", answer.exit, answer.stderr)
        };
        let stdin = if self.stdin.is_some() { " (with standard input)" } else { "" };
        let (real, ours) = (show(real), show(ours));
        format!(
            "in `{}`: rg {:?}{stdin}\n--- ripgrep: {real}\n--- ours: {ours}",
            self.cwd, self.args
        )
    }
}
