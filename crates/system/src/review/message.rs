//! What a review commit says, and what an earlier one said.

use coderoom_engine::{EntryKind, State};

/// Entries named in a message; of more, the number is said.
const MAX_NAMED: usize = 100;
const MAX_SUBJECT: usize = 72;

/// What trailers say of a commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trailers {
    pub(super) session: Option<String>,
    pub(super) entry: Option<u64>,
}

/// Reads the trailers of a message.
pub(super) fn trailers(message: &[u8]) -> Trailers {
    let text = String::from_utf8_lossy(message);
    let mut found = Trailers::default();
    for line in text.trim_end().lines().rev().take_while(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("Coderoom-Session: ") {
            found.session.get_or_insert(name.to_owned());
        } else if let Some(entry) = line.strip_prefix("Coderoom-Entry: ") {
            found.entry = found.entry.or(entry.parse().ok());
        }
    }
    found
}

/// The message of a commit of `state`, whose entries up to `since` have been told already.
pub(super) fn message(state: &State, session: &str, since: u64, reason: &str) -> String {
    let untold = usize::try_from(state.head().saturating_sub(since)).unwrap_or(usize::MAX);
    let mut new: Vec<_> = state.log().rev().take(untold).collect();
    new.retain(|entry| !matches!(entry.kind, EntryKind::Sync));
    new.reverse();
    let newest = new.iter().rev().map(|entry| entry.reason.trim()).find(|it| !it.is_empty());
    let subject = match (reason.trim(), newest) {
        ("", Some(newest)) => subject(newest),
        ("", None) => format!("Changes of session {session}"),
        (reason, _) => subject(reason),
    };
    let mut text = format!("{subject}\n");
    let rest = reason.trim();
    if rest != subject && !rest.is_empty() {
        text.push_str(&format!("\n{}\n", harmless(rest)));
    }
    if !new.is_empty() {
        text.push('\n');
    }
    let left_out = new.len().saturating_sub(MAX_NAMED);
    if left_out > 0 {
        text.push_str(&format!("* {left_out} entries before\n"));
    }
    for entry in new.iter().skip(left_out) {
        let why = match entry.reason.trim() {
            "" => kind(&entry.kind),
            why => why.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let who = entry.agent.split_whitespace().collect::<Vec<_>>().join(" ");
        let who = if who.is_empty() { String::new() } else { format!("{who}: ") };
        text.push_str(&format!("* {}: {who}{why}\n", entry.id));
    }
    text.push_str(&format!("\nCoderoom-Session: {session}\nCoderoom-Entry: {}\n", state.head()));
    text
}

fn kind(kind: &EntryKind) -> String {
    match kind {
        EntryKind::Edit => "edit".into(),
        EntryKind::Fork { from, at } => format!("fork of {from} at {at}"),
        EntryKind::Undo { of } => format!("undo {of}"),
        EntryKind::Redo { of } => format!("redo {of}"),
        EntryKind::Rollback { to } => format!("back to {to}"),
        EntryKind::Sync => "sync".into(),
        EntryKind::Rebase => "rebase".into(),
        EntryKind::Merge { from } => format!("merge {from}"),
        EntryKind::Take => "take what a command wrote".into(),
        EntryKind::Resolve => "settle a conflict".into(),
    }
}

/// The first line of a reason, within git's custom.
fn subject(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default().trim();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_SUBJECT {
        return line;
    }
    let cut: String = line.chars().take(MAX_SUBJECT - 1).collect();
    let cut = cut.rsplit_once(' ').map_or(&cut[..], |(head, _)| head);
    format!("{cut}…")
}

/// A reason cannot pass for a trailer of ours.
fn harmless(text: &str) -> String {
    text.replace('\0', " ").replace("Coderoom-", "coderoom-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_read_from_the_last_paragraph_only() {
        let message = b"Why\n\nCoderoom-Entry: 9\n\nCoderoom-Session: s\nCoderoom-Entry: 3\n";
        let expected = Trailers { session: Some("s".into()), entry: Some(3) };
        assert_eq!(trailers(message), expected);
        assert_eq!(trailers(b"Why\n"), Trailers::default());
    }

    #[test]
    fn a_subject_is_one_short_line() {
        assert_eq!(subject("  a  b \n\nmore"), "a b");
        let long = subject(&"word ".repeat(40));
        assert!(long.chars().count() <= MAX_SUBJECT && long.ends_with("word…"), "{long}");
    }
}
