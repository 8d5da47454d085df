//! What a document says: sections, links, and mentions of what may be code.

/// Mentions that are looked at of one document.
const MAX_MENTIONS: usize = 20_000;

/// How a document names something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum How {
    /// In prose, or in an example.
    Prose,
    /// In a code span: `` `name` ``, ` ``name`` `.
    Code,
    /// By a role or directive that says what it is: ``:func:`name` ``, `.. class:: name`.
    Role,
    /// As the target of a link.
    Link,
}

/// A place that names something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mention {
    /// The number of its section; `None` before the first heading.
    pub(super) section: Option<usize>,
    /// What it names: a name, possibly qualified, or a path.
    pub(super) text: String,
    pub(super) how: How,
    /// Whether it can only be a path.
    pub(super) is_path: bool,
    /// The module that is spoken of there, in which the name is looked for first.
    pub(super) within: Option<String>,
    /// From 1.
    pub(super) line: u32,
}

/// A section: from its heading to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Section {
    pub(super) heading: String,
    /// From 1.
    pub(super) level: u8,
    pub(super) slug: String,
    /// From 1; the last one is the last before the next heading.
    pub(super) first: u32,
    pub(super) last: u32,
}

/// A document.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Document {
    pub(super) sections: Vec<Section>,
    pub(super) mentions: Vec<Mention>,
}

impl Document {
    /// Reads a text; the path says in which notation.
    pub(super) fn read(path: &str, bytes: &[u8]) -> Document {
        let text = String::from_utf8_lossy(bytes);
        let mut document = Document::default();
        let lower = path.to_ascii_lowercase();
        if lower.ends_with(".md") || lower.ends_with(".markdown") || lower.ends_with(".mdx") {
            super::markdown::read(&text, path.starts_with(super::NOTES), &mut document);
        } else {
            super::plain::read(&text, &mut document);
        }
        let lines = text.lines().count().max(1) as u32;
        let mut end = lines;
        for section in document.sections.iter_mut().rev() {
            section.last = end.max(section.first);
            end = section.first.saturating_sub(1);
        }
        document
    }

    /// Begins a section.
    pub(super) fn section(&mut self, heading: &str, level: u8, line: u32) {
        let heading = heading.split_whitespace().collect::<Vec<_>>().join(" ");
        let slug = slug_of(&heading);
        self.sections.push(Section { heading, level, slug, first: line, last: line });
    }

    /// The section that a section stands in.
    pub(super) fn outer(&self, section: usize) -> Option<usize> {
        let level = self.sections[section].level;
        (0..section).rev().find(|ix| self.sections[*ix].level < level)
    }

    /// Adds a mention.
    pub(super) fn mention(&mut self, text: &str, how: How, line: u32) {
        self.mention_within(text, how, line, None);
    }

    /// Adds a mention of something that is looked for in a module first.
    pub(super) fn mention_within(&mut self, text: &str, how: How, line: u32, within: Option<&str>) {
        let is_path = is_path(text);
        if text.is_empty() || text.len() > 300 || self.mentions.len() >= MAX_MENTIONS {
            return;
        }
        let section = self.sections.len().checked_sub(1);
        let within = within.filter(|_| !is_path).map(str::to_owned);
        self.mentions.push(Mention { section, text: text.to_owned(), how, is_path, within, line });
    }

    /// Adds what a code span holds: one name, or a piece of code with names in it.
    pub(super) fn code(&mut self, text: &str, how: How, line: u32) {
        let text = text.trim();
        let name = text.split('(').next().unwrap_or(text).trim();
        let whole = !name.contains(char::is_whitespace)
            && (text.len() == name.len() || text.ends_with(')'));
        if whole && (is_path(name) || is_name(name)) {
            self.mention(name, how, line);
        } else {
            self.words(text, how, line);
        }
    }

    /// Adds the words of a line that look like names or paths.
    pub(super) fn words(&mut self, text: &str, how: How, line: u32) {
        let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-' | '#');
        for word in text.split(|c: char| !inner(c) && c != '(') {
            // What stands before an opening parenthesis is called.
            let (word, called) = match word.split_once('(') {
                Some((word, _)) => (word, true),
                None => (word, false),
            };
            let word =
                word.trim_matches(|c| matches!(c, '.' | ':' | '-' | '#')).trim_end_matches('/');
            if is_path(word) || is_name(word) && (is_distinctive(word) || called && word.len() > 3)
            {
                self.mention(word, how, line);
            }
        }
    }
}

/// A heading as anchors name it: lower case, words joined by dashes.
pub(super) fn slug_of(heading: &str) -> String {
    let mut slug = String::new();
    for c in heading.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || c == '_' {
            slug.push(c);
        } else if (c.is_whitespace() || c == '-') && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "section".to_owned() } else { slug.chars().take(100).collect() }
}

/// Extensions that make a word the name of a file.
const EXTENSIONS: [&str; 36] = [
    "py", "pyi", "rs", "go", "c", "h", "cc", "cpp", "hpp", "js", "jsx", "mjs", "ts", "tsx", "java",
    "kt", "scala", "rb", "php", "cs", "lua", "sh", "md", "rst", "txt", "toml", "yaml", "yml",
    "json", "cfg", "ini", "html", "css", "sql", "proto", "ipynb",
];

/// Whether a word is the path or name of a file.
pub(super) fn is_path(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '+');
    if word.len() < 3 || !word.chars().all(plain) || word.contains("//") {
        return false;
    }
    let name = word.rsplit('/').next().unwrap_or(word);
    let file = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && !stem.contains("..") && EXTENSIONS.contains(&extension)
    });
    file || word.contains('/') && word.chars().filter(|c| c.is_alphabetic()).count() > 3
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | ':' | '#')
}

/// The parts of a name, whatever stands between them.
pub(super) fn parts(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(is_separator).filter(|part| !part.is_empty())
}

/// Whether a word can be a name: identifiers, joined by `.`, `::` or `#`.
pub(super) fn is_name(word: &str) -> bool {
    let identifier = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    word.len() > 1 && parts(word).next().is_some() && parts(word).all(identifier)
}

/// Whether a name is none that prose would use for anything else: several words in one, or
/// qualified.
pub(super) fn is_distinctive(name: &str) -> bool {
    let qualified = parts(name).count() > 1 && parts(name).all(|part| part.len() > 1);
    let last = parts(name).last().unwrap_or(name);
    let inner = last.trim_matches('_');
    let snake = inner.contains('_');
    let bytes = inner.as_bytes();
    let camel =
        bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    let dunder = last.starts_with("__") && last.ends_with("__") && !inner.is_empty();
    (qualified || snake || camel || dunder) && name.len() > 3
}
