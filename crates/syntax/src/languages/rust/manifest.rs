//! Cargo's manifests, as far as the names of crates need them.
//!
//! Read line by line: tables, strings, inline tables on one line. What is written in another way is
//! not seen, which costs only that crate's name.

/// What a `Cargo.toml` says.
#[derive(Default, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// The package's name; a workspace's root need not have one.
    pub(super) package: Option<String>,
    pub(super) lib_name: Option<String>,
    pub(super) lib_path: Option<String>,
    /// The roots of the other targets that are listed.
    pub(super) targets: Vec<String>,
    pub(super) dependencies: Vec<Dependency>,
    /// What `workspace = true` refers to.
    pub(super) shared: Vec<Dependency>,
}

/// A line among the dependencies.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    /// What the code calls it.
    pub(super) key: String,
    /// The package's name, where it is another.
    pub(super) package: Option<String>,
    pub(super) path: Option<String>,
    /// Whether the workspace's root says the rest.
    pub(super) inherited: bool,
}

/// What a table holds.
#[derive(Clone, PartialEq, Eq)]
enum Table {
    Package,
    Lib,
    Target,
    Dependencies {
        shared: bool,
    },
    /// `[dependencies.name]`, whose entry is the last one.
    Dependency {
        shared: bool,
    },
    Other,
}

/// Reads a manifest.
pub(super) fn manifest(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let mut table = Table::Other;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('[') {
            table = manifest.open(line);
        } else if let Some((key, value)) = line.split_once('=')
            && !line.starts_with('#')
        {
            manifest.entry(&table, key.trim(), value.trim());
        }
    }
    manifest
}

impl Manifest {
    fn open(&mut self, line: &str) -> Table {
        let name = line.trim_matches(['[', ']', ' ']).trim();
        match name {
            "package" | "project" => return Table::Package,
            "lib" => return Table::Lib,
            "bin" | "test" | "example" | "bench" => return Table::Target,
            _ => {}
        }
        let shared = name.starts_with("workspace.");
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let (head, last) = name.rsplit_once('.').unwrap_or(("", name));
        if kinds.contains(&last) {
            return Table::Dependencies { shared };
        }
        if kinds.contains(&head.rsplit('.').next().unwrap_or(head)) {
            let key = unquoted(last).to_owned();
            self.list(shared).push(Dependency { key, ..Dependency::default() });
            return Table::Dependency { shared };
        }
        Table::Other
    }

    fn list(&mut self, shared: bool) -> &mut Vec<Dependency> {
        if shared { &mut self.shared } else { &mut self.dependencies }
    }

    fn entry(&mut self, table: &Table, key: &str, value: &str) {
        match (table, key) {
            (Table::Package, "name") => self.package = text(value),
            (Table::Lib, "name") => self.lib_name = text(value),
            (Table::Lib, "path") => self.lib_path = text(value),
            (Table::Target, "path") => self.targets.extend(text(value)),
            (Table::Package, "build") => self.targets.extend(text(value)),
            (Table::Dependency { shared }, _) => {
                if let Some(last) = self.list(*shared).last_mut() {
                    last.set(key, value);
                }
            }
            (Table::Dependencies { shared }, _) => {
                let (key, field) = key.split_once('.').unwrap_or((key, ""));
                let mut dependency =
                    Dependency { key: unquoted(key).to_owned(), ..Dependency::default() };
                if !field.is_empty() {
                    dependency.set(field, value);
                }
                for (key, value) in inline_table(value) {
                    dependency.set(key, value);
                }
                self.list(*shared).push(dependency);
            }
            _ => {}
        }
    }
}

impl Dependency {
    fn set(&mut self, key: &str, value: &str) {
        match key {
            "package" => self.package = text(value),
            "path" => self.path = text(value),
            "workspace" => self.inherited = value.starts_with("true"),
            _ => {}
        }
    }
}

/// `a = "b"` and `c = true` of `{ a = "b", c = true }`. Commas in arrays make pieces that mean
/// nothing.
fn inline_table(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let inside = value.strip_prefix('{').unwrap_or_default();
    inside.split([',', '}']).filter_map(|part| {
        let (key, value) = part.split_once('=')?;
        Some((key.trim(), value.trim()))
    })
}

/// The text of a string.
fn text(value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = &value[1..];
    Some(inside[..inside.find(quote)?].to_owned())
}

fn unquoted(key: &str) -> &str {
    key.trim_matches(['"', '\''])
}
