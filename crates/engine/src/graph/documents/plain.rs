//! reStructuredText, and plain text, whose headings are underlined in the same way: headings, inline
//! literals, roles, and directives that document something.

use super::read::{Document, How};

/// Directives whose argument is a name of code.
const DIRECTIVES: [&str; 24] = [
    "class",
    "function",
    "method",
    "attribute",
    "exception",
    "data",
    "decorator",
    "classmethod",
    "staticmethod",
    "property",
    "module",
    "currentmodule",
    "automodule",
    "autoclass",
    "autofunction",
    "automethod",
    "autoexception",
    "autodata",
    "autoattribute",
    "autodecorator",
    "c:function",
    "c:type",
    "c:struct",
    "c:macro",
];

/// Roles whose text is a name of code.
const ROLES: [&str; 18] = [
    "func", "meth", "class", "mod", "attr", "exc", "data", "obj", "const", "file", "any", "type",
    "macro", "struct", "member", "cls", "program", "deco",
];

/// Reads a text into a document.
pub(super) fn read(text: &str, document: &mut Document) {
    let lines: Vec<&str> = text.lines().collect();
    // The characters of underlines in the order in which they were met; with a line above, another.
    let mut styles: Vec<(char, bool)> = Vec::new();
    let mut module: Option<String> = None;
    let mut ix = 0;
    while ix < lines.len() {
        if let Some((title, style, rows)) = heading(&lines, ix) {
            let known = styles.iter().position(|it| *it == style);
            let level = known.unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
            document.section(&plain(title), level.min(200) as u8 + 1, ix as u32 + 1);
            inline(document, title, module.as_deref(), ix as u32 + 1);
            ix += rows;
            continue;
        }
        line(document, lines[ix], &mut module, ix as u32 + 1);
        ix += 1;
    }
}

/// A heading at a line: its title, how it is underlined, and how many lines it takes.
fn heading<'t>(lines: &[&'t str], ix: usize) -> Option<(&'t str, (char, bool), usize)> {
    let (title, under, above) = match ruler(lines[ix]) {
        Some(mark) => {
            let title = *lines.get(ix + 1)?;
            let under = lines.get(ix + 2).and_then(|it| ruler(it)).filter(|it| it.0 == mark.0)?;
            (title, under, true)
        }
        None => (lines[ix], ruler(lines.get(ix + 1)?)?, false),
    };
    let words = title.trim_end();
    let indented = words.starts_with(char::is_whitespace) && !above;
    // A paragraph may end before a line of dashes.
    let alone = above || ix == 0 || lines[ix - 1].trim().is_empty();
    let long_enough =
        under.1 >= 3.min(words.chars().count()) && under.1 * 2 >= words.chars().count();
    if words.trim().is_empty() || indented || !alone || !long_enough || ruler(title).is_some() {
        return None;
    }
    Some((words.trim(), (under.0, above), if above { 3 } else { 2 }))
}

/// The character of a line of punctuation, and how often it stands there.
fn ruler(line: &str) -> Option<(char, usize)> {
    let line = line.trim_end();
    let first = line.chars().next().filter(|c| "=-~^\"'`*+#:.<>_".contains(*c))?;
    (line.len() >= 2 && line.chars().all(|c| c == first)).then_some((first, line.len()))
}

/// A title without the marks of inline code.
fn plain(title: &str) -> String {
    let mut words = String::new();
    let mut rest = title;
    // `:role:` before a backtick.
    while let Some(at) = rest.find('`') {
        let before = &rest[..at];
        let role = before.strip_suffix(':').and_then(|it| it.rfind(':'));
        words.push_str(role.map_or(before, |begin| &before[..begin]));
        rest = &rest[at + 1..];
    }
    words.push_str(rest);
    words
}

fn line(document: &mut Document, line: &str, module: &mut Option<String>, number: u32) {
    let trimmed = line.trim_start();
    if let Some((name, argument)) = trimmed.strip_prefix(".. ").and_then(|it| it.split_once("::")) {
        let name = name.strip_prefix("py:").unwrap_or(name);
        let argument = argument.trim();
        if DIRECTIVES.contains(&name) && !argument.is_empty() {
            if matches!(name, "module" | "currentmodule" | "automodule") {
                *module = Some(argument.to_owned());
            }
            let name = argument.split('(').next().unwrap_or(argument).trim();
            // A prototype ends with the name.
            let name = name.rsplit([' ', '*']).next().unwrap_or(name);
            let within = module.as_deref().filter(|module| *module != name);
            document.mention_within(name, How::Role, number, within);
            return;
        }
    }
    inline(document, line, module.as_deref(), number);
}

/// Inline literals, roles and words of a line.
fn inline(document: &mut Document, line: &str, module: Option<&str>, number: u32) {
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let before = &rest[..at];
        let ticks = rest[at..].bytes().take_while(|it| *it == b'`').count();
        let marks = &"``"[..ticks.min(2)];
        let inside = &rest[at + marks.len()..];
        let Some(end) = inside.find(marks) else { break };
        let content = &inside[..end];
        rest = &inside[end + marks.len()..];
        let role = before.strip_suffix(':').and_then(|it| Some((it, it.rfind(':')?)));
        let (words, role) = match role {
            Some((it, begin)) if marks.len() == 1 => (&it[..begin], Some(&it[begin + 1..])),
            _ => (before, None),
        };
        document.words(words, How::Prose, number);
        match role {
            Some(role) => {
                let role = role.rsplit(':').next().unwrap_or(role);
                if ROLES.contains(&role) {
                    by_role(document, content, module, number);
                }
            }
            None => document.code(content, How::Code, number),
        }
    }
    document.words(rest, How::Prose, number);
}

/// What a role names: `~a.b.c`, `.a.b`, `words <a.b>`.
fn by_role(document: &mut Document, content: &str, module: Option<&str>, number: u32) {
    let target = match content.rsplit_once('<') {
        Some((_, target)) => target.trim_end_matches('>'),
        None => content,
    };
    let anywhere = target.starts_with('.');
    let name = target.trim_start_matches(['~', '.', '!']).trim_end_matches("()").trim();
    let name = name.split('(').next().unwrap_or(name);
    document.mention_within(name, How::Role, number, module.filter(|_| !anywhere));
}
