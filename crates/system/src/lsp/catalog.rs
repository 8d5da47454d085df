//! Which language servers are known, and where they are found.

use std::{
    env,
    ffi::OsStr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use coderoom_engine::Language;
use serde_json::{Value, json};

/// Languages that one server checks together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Python.
    Python,
    /// TypeScript and JavaScript.
    TypeScript,
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// C and C++.
    C,
}

/// A language server that knows types.
#[derive(Clone, Copy, Debug)]
pub struct Checker {
    /// What problems of it are called.
    pub name: &'static str,
    /// The program.
    pub program: &'static str,
    /// Its arguments.
    pub args: &'static [&'static str],
    /// How to get it.
    pub install: &'static str,
    /// It says when it has read the project (`experimental/serverStatus`); before that it answers,
    /// and knows nothing.
    pub tells_when_ready: bool,
    /// It says nothing of a file whose text is as it was, whatever else has changed, unless a change
    /// asks for it (`forceRebuild`, an extension of clangd's).
    pub rebuilds_when_asked: bool,
    /// What it does not find, if that is worth saying.
    pub limits: Option<&'static str>,
}

const PLAIN: Checker = Checker {
    name: "",
    program: "",
    args: &[],
    install: "",
    tells_when_ready: false,
    rebuilds_when_asked: false,
    limits: None,
};

/// The best first.
const PYTHON: &[Checker] = &[
    Checker { name: "ty", program: "ty", args: &["server"], install: "pip install ty", ..PLAIN },
    Checker {
        name: "pyright",
        program: "pyright-langserver",
        args: &["--stdio"],
        install: "npm install pyright",
        ..PLAIN
    },
    Checker {
        name: "basedpyright",
        program: "basedpyright-langserver",
        args: &["--stdio"],
        install: "pip install basedpyright",
        ..PLAIN
    },
];
const TYPESCRIPT: &[Checker] = &[
    Checker {
        name: "tsgo",
        program: "tsgo",
        args: &["--lsp", "--stdio"],
        install: "npm install @typescript/native-preview",
        ..PLAIN
    },
    Checker {
        name: "typescript",
        program: "typescript-language-server",
        args: &["--stdio"],
        install: "npm install typescript-language-server typescript",
        ..PLAIN
    },
];
const GO: &[Checker] = &[Checker {
    name: "gopls",
    program: "gopls",
    install: "go install golang.org/x/tools/gopls@latest",
    ..PLAIN
}];
const RUST: &[Checker] = &[Checker {
    name: "rust-analyzer",
    program: "rust-analyzer",
    install: "rustup component add rust-analyzer",
    tells_when_ready: true,
    limits: Some(
        "rust-analyzer knows types, but neither borrows nor what macros of other crates \
                  make: `cargo check` after a sync does",
    ),
    ..PLAIN
}];
/// Headers as the session has them; no index, which would be written into the project; what is compiled
/// for headers stays in memory.
const CLANGD: &[&str] =
    &["--use-dirty-headers", "--background-index=false", "--pch-storage=memory", "--log=error"];
const C: &[Checker] = &[Checker {
    name: "clangd",
    program: "clangd",
    args: CLANGD,
    install: "apt install clangd",
    rebuilds_when_asked: true,
    ..PLAIN
}];

/// The servers of a family, the best first.
pub fn known_servers(family: Family) -> &'static [Checker] {
    match family {
        Family::Python => PYTHON,
        Family::TypeScript => TYPESCRIPT,
        Family::Go => GO,
        Family::Rust => RUST,
        Family::C => C,
    }
}

impl Family {
    /// The family of a language; none if no server is known for it.
    pub fn of(language: Language) -> Option<Family> {
        Some(match language {
            Language::Python => Family::Python,
            Language::TypeScript | Language::Tsx | Language::JavaScript => Family::TypeScript,
            Language::Go => Family::Go,
            Language::Rust => Family::Rust,
            Language::C | Language::Cpp => Family::C,
            _ => return None,
        })
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Family::Python => "Python",
            Family::TypeScript => "TypeScript and JavaScript",
            Family::Go => "Go",
            Family::Rust => "Rust",
            Family::C => "C and C++",
        }
    }

    /// Whether a deleted file can be shown as an empty one. In Go that would break its package.
    pub(super) fn deleted_is_empty(self) -> bool {
        self != Family::Go
    }

    /// The first of its servers that is installed: in the workspace first, as that is the version
    /// that the project wants, then on PATH. Costs a `stat` for each place.
    pub fn find(self, root: &Path) -> Option<(Checker, PathBuf)> {
        self.find_in(root, env::var_os("PATH").as_deref())
    }

    pub(super) fn find_in(self, root: &Path, path: Option<&OsStr>) -> Option<(Checker, PathBuf)> {
        let own = ["node_modules/.bin", ".venv/bin", "venv/bin"].map(|dir| root.join(dir));
        let on_path = path.into_iter().flat_map(env::split_paths);
        // An empty entry of PATH means the working directory, which is nobody's here.
        let dirs: Vec<PathBuf> =
            own.into_iter().chain(on_path.filter(|dir| dir.is_absolute())).collect();
        known_servers(self).iter().find_map(|checker| {
            let mut places = dirs.iter().map(|dir| dir.join(checker.program));
            Some((*checker, places.find(|place| is_program(place))?))
        })
    }
}

fn is_program(path: &Path) -> bool {
    let meta = std::fs::metadata(path);
    meta.is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// What the protocol calls a language.
pub(super) fn language_id(language: Language, path: &[u8]) -> &'static str {
    match language {
        Language::Python => "python",
        Language::TypeScript => "typescript",
        Language::Tsx => "typescriptreact",
        Language::JavaScript if path.ends_with(b".jsx") => "javascriptreact",
        Language::JavaScript => "javascript",
        Language::Go => "go",
        Language::Rust => "rust",
        Language::C => "c",
        Language::Cpp => "cpp",
        _ => "plaintext",
    }
}

/// What a server is told when it starts: no builds of its own, nothing written.
pub(super) fn initialization_options(checker: &Checker) -> Value {
    match checker.name {
        "rust-analyzer" => json!({
            "checkOnSave": false,
            "cachePriming": {"enable": false},
            "cargo": {"buildScripts": {"enable": false}},
            "procMacro": {"enable": false},
        }),
        "typescript" => json!({"disableAutomaticTypingAcquisition": true}),
        _ => json!({}),
    }
}

/// The answer to `workspace/configuration` for one section.
pub(super) fn configuration(root: &Path, section: &str) -> Value {
    let python = [".venv/bin/python", "venv/bin/python"].map(|path| root.join(path));
    let python = python.iter().find(|path| path.exists());
    match (section, python) {
        ("python", Some(python)) => json!({
            "pythonPath": python.to_string_lossy(),
            "analysis": {"diagnosticMode": "openFilesOnly"},
        }),
        ("python", None) => json!({"analysis": {"diagnosticMode": "openFilesOnly"}}),
        ("python.analysis" | "basedpyright.analysis", _) => {
            json!({"diagnosticMode": "openFilesOnly"})
        }
        ("rust-analyzer", _) => initialization_options(&RUST[0]),
        _ => Value::Null,
    }
}
