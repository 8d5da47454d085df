//! The command line while it is being read: every flag has left its mark, nothing is decided yet.
//!
//! Flags that simply are a field of the query write to it at once. What depends on the flags that
//! come later, or on the terminal, waits here until `build` looks at it.

use std::ffi::{OsStr, OsString};

use coderoom_engine::{Mode, Query, Sort, SortBy, TypeChange};

use crate::args::{GenerateKind, Special, Unsupported};

/// What has been said so far.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) special: Option<Special>,
    pub(crate) mode: RawMode,
    pub(crate) positional: Vec<OsString>,
    pub(crate) patterns: Vec<PatternSource>,
    /// Everything that a flag can decide by itself.
    pub(crate) query: Query,
    pub(crate) color: ColorChoice,
    pub(crate) column: Option<bool>,
    pub(crate) context: Context,
    pub(crate) globs: Vec<String>,
    pub(crate) iglobs: Vec<String>,
    pub(crate) glob_case_insensitive: bool,
    pub(crate) heading: Option<bool>,
    pub(crate) ignore: Ignore,
    pub(crate) line_number: Option<bool>,
    pub(crate) no_config: bool,
    pub(crate) no_messages: bool,
    pub(crate) one_thread: bool,
    pub(crate) unrestricted: usize,
    hyperlinks: bool,
    refused: Vec<Unsupported>,
}

/// What the program does. The last flag that says so wins: in ripgrep 15 even `--files -l` is a
/// search, whatever its manual says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawMode {
    Search(Mode),
    Files,
    Types,
    Generate(GenerateKind),
}

impl Default for RawMode {
    fn default() -> RawMode {
        RawMode::Search(Mode::Standard)
    }
}

#[derive(Debug)]
pub(crate) enum PatternSource {
    Pattern(String),
    File(OsString),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ColorChoice {
    Never,
    #[default]
    Auto,
    Always,
}

/// Lines of context. `-A` and `-B` win over `-C` wherever they stand; `--passthru` and these three
/// replace each other.
#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) before: Option<usize>,
    pub(crate) after: Option<usize>,
    pub(crate) both: Option<usize>,
}

/// Which ignore rules are switched off.
#[derive(Debug, Default)]
pub(crate) struct Ignore {
    pub(crate) no_dot: bool,
    pub(crate) no_exclude: bool,
    pub(crate) no_files: bool,
    pub(crate) no_global: bool,
    pub(crate) no_parent: bool,
    pub(crate) no_vcs: bool,
    pub(crate) no_require_git: bool,
    pub(crate) case_insensitive: bool,
    pub(crate) has_file: bool,
}

impl Raw {
    pub(crate) fn search_mode(&mut self, mode: Mode) {
        self.mode = RawMode::Search(mode);
    }

    pub(crate) fn no_json(&mut self) {
        if self.mode == RawMode::Search(Mode::Json) {
            self.search_mode(Mode::Standard);
        }
    }

    /// Records that `flag` is in force and cannot be honoured. Flags that replace each other share
    /// a `slot`.
    pub(crate) fn refuse(&mut self, slot: &'static str, flag: &str, why: &'static str) {
        self.allow(slot);
        self.refused.push(Unsupported { slot, flag: flag.to_owned(), why });
    }

    /// Takes back what `refuse` recorded, because a later flag undid it.
    pub(crate) fn allow(&mut self, slot: &'static str) {
        self.refused.retain(|refused| refused.slot != slot);
    }

    pub(crate) fn refuse_if(
        &mut self,
        on: bool,
        slot: &'static str,
        flag: &str,
        why: &'static str,
    ) {
        if on {
            self.refuse(slot, flag, why);
        } else {
            self.allow(slot);
        }
    }

    /// Hands over the refusals; the raw command line has none left.
    pub(crate) fn take_refused(&mut self) -> Vec<Unsupported> {
        std::mem::take(&mut self.refused)
    }

    pub(crate) fn has_hyperlinks(&self) -> bool {
        self.hyperlinks
    }

    /// One of `-A`, `-B` and `-C`: they end a `--passthru`, which had ended those before it.
    pub(crate) fn limited_context(&mut self) -> &mut Context {
        if std::mem::take(&mut self.query.output.passthru) {
            self.context = Context::default();
        }
        &mut self.context
    }

    pub(crate) fn text(&mut self, on: bool) {
        self.query.pattern.text = on;
        self.allow("binary");
    }

    pub(crate) fn binary(&mut self, on: bool, flag: &str) {
        self.query.pattern.text = false;
        let why = "binary files are known but their contents are not held";
        self.refuse_if(on, "binary", flag, why);
    }

    pub(crate) fn no_ignore(&mut self, on: bool) {
        let ignore = &mut self.ignore;
        ignore.no_dot = on;
        ignore.no_exclude = on;
        ignore.no_global = on;
        ignore.no_parent = on;
        ignore.no_vcs = on;
    }

    /// `-u` up to three times: no ignore rules, then hidden files, then binary ones.
    pub(crate) fn unrestrict(&mut self) -> Result<(), String> {
        self.unrestricted += 1;
        match self.unrestricted {
            1 => self.no_ignore(true),
            2 => self.query.files.hidden = true,
            3 => self.binary(true, "-uuu"),
            _ => return Err("flag can only be repeated up to 3 times".into()),
        }
        Ok(())
    }

    pub(crate) fn pre(&mut self, command: Option<&OsStr>) {
        let on = command.is_some_and(|command| !command.is_empty());
        if on {
            self.allow("search-zip");
        }
        self.refuse_if(on, "pre", "--pre", "a preprocessor has to see each file");
    }

    pub(crate) fn search_zip(&mut self, on: bool) {
        if on {
            self.allow("pre");
        }
        let why = "compressed files are not held";
        self.refuse_if(on, "search-zip", "--search-zip", why);
    }

    pub(crate) fn engine(&mut self, on: bool, flag: &str) {
        let why = "only the default regex engine is available";
        self.refuse_if(on, "engine", flag, why);
    }

    pub(crate) fn engine_named(&mut self, name: &str) -> Result<(), String> {
        match name {
            "default" => self.engine(false, "--engine"),
            "pcre2" | "auto" => self.engine(true, "--engine"),
            _ => return Err(format!("unrecognized regex engine '{name}'")),
        }
        Ok(())
    }

    /// Labels are not checked here: whoever takes over knows them all.
    pub(crate) fn encoding(&mut self, label: Option<&str>) {
        let on = label.is_some_and(|label| label != "auto");
        let why = "files are held as they were decoded by default";
        self.refuse_if(on, "encoding", "--encoding", why);
    }

    pub(crate) fn mmap(&mut self, flag: &str) {
        // Whether a file is mapped decides how far ripgrep looks for a NUL byte.
        let why = "it changes which files count as binary";
        self.refuse("mmap", flag, why);
    }

    pub(crate) fn hyperlink_format(&mut self, format: &str) {
        self.hyperlinks = format == "default";
        let on = !matches!(format, "" | "none" | "default");
        let why = "hyperlinks are not printed";
        self.refuse_if(on, "hyperlink-format", "--hyperlink-format", why);
    }

    pub(crate) fn sort(&mut self, by: &str, reverse: bool) -> Result<(), String> {
        let flag = if reverse { "--sortr" } else { "--sort" };
        let why = "only names and times of modification are known";
        let known = match by {
            "none" | "accessed" | "created" => None,
            "path" => Some(SortBy::Path),
            "modified" => Some(SortBy::Modified),
            _ => return Err(unrecognized(by)),
        };
        let unknown = matches!(by, "accessed" | "created");
        self.refuse_if(unknown, "sort", flag, why);
        self.query.files.sort = known.map(|by| Sort { by, reverse });
        Ok(())
    }

    pub(crate) fn sort_files(&mut self, on: bool) {
        self.allow("sort");
        self.query.files.sort = on.then_some(Sort { by: SortBy::Path, reverse: false });
    }

    pub(crate) fn color(&mut self, when: &str) -> Result<(), String> {
        self.color = match when {
            "never" => ColorChoice::Never,
            "auto" => ColorChoice::Auto,
            // `ansi` differs from `always` on Windows alone.
            "always" | "ansi" => ColorChoice::Always,
            _ => return Err(unrecognized(when)),
        };
        Ok(())
    }

    pub(crate) fn pretty(&mut self) {
        self.color = ColorChoice::Always;
        self.heading = Some(true);
        self.line_number = Some(true);
    }

    pub(crate) fn generate(&mut self, what: &str) -> Result<(), String> {
        self.mode = RawMode::Generate(match what {
            "man" => GenerateKind::Man,
            "complete-bash" => GenerateKind::Bash,
            "complete-zsh" => GenerateKind::Zsh,
            "complete-fish" => GenerateKind::Fish,
            "complete-powershell" => GenerateKind::PowerShell,
            _ => return Err(unrecognized(what)),
        });
        Ok(())
    }

    pub(crate) fn types(&mut self, change: TypeChange) {
        self.query.files.types.push(change);
    }
}

fn unrecognized(choice: &str) -> String {
    format!("choice '{choice}' is unrecognized")
}
