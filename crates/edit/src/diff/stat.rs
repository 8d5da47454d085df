//! How many lines changed: `--stat` and `--numstat`.

use serde::Serialize;

use super::{Compared, Side, is_binary};
use crate::{text::lines, unified::quote};

/// How much of one file changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stat {
    /// Its path (the new one, if it has one).
    pub path: String,
    /// Its old path, if it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How many lines are new.
    pub added: u64,
    /// How many lines are gone.
    pub removed: u64,
    /// Whether it is binary, so that lines say nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
}

/// Counts what changed between two sides. Costs a diff.
pub fn stat(old: Option<Side<'_>>, new: Option<Side<'_>>) -> Stat {
    let path = new.or(old).map_or("", |side| side.path).to_owned();
    let from = old.map(|old| old.path.to_owned()).filter(|from| new.is_some() && *from != path);
    let (before, after) = (old.map_or(&b""[..], |s| s.bytes), new.map_or(&b""[..], |s| s.bytes));
    let mut stat = Stat { path, from, added: 0, removed: 0, binary: false };
    if is_binary(before) || is_binary(after) {
        stat.binary = before != after;
        return stat;
    }
    if let Some((added, removed)) = of_one_line(before, after) {
        return Stat { added, removed, ..stat };
    }
    for change in Compared::new(before, after).changes {
        stat.added += change.new.len() as u64;
        stat.removed += change.old.len() as u64;
    }
    stat
}

/// The counts where one side is a single line at most: it stays if the other side has it. Most edits
/// change one line, and a diff takes its time to get ready.
fn of_one_line(before: &[u8], after: &[u8]) -> Option<(u64, u64)> {
    let is_short = |side: &[u8]| memchr::memchr(b'\n', side).is_none_or(|at| at + 1 == side.len());
    let short = if is_short(before) {
        before
    } else if is_short(after) {
        after
    } else {
        return None;
    };
    let long = lines(if is_short(before) { after } else { before });
    let stays = u64::from(long.contains(&short));
    let (short, long) = (u64::from(!short.is_empty()) - stays, long.len() as u64 - stays);
    Some(if is_short(before) { (long, short) } else { (short, long) })
}

/// One line for each file: added, removed and path, with tabs between them, as
/// `git diff --numstat` prints it.
pub fn numstat(stats: &[Stat]) -> String {
    let mut out = String::new();
    for stat in stats {
        let counts = match stat.binary {
            true => "-\t-".to_owned(),
            false => format!("{}\t{}", stat.added, stat.removed),
        };
        out.push_str(&format!("{counts}\t{}\n", name(stat)));
    }
    out
}

/// A table with a bar for each file and a sum, as `git diff --stat` prints it, at most `width`
/// columns wide if names allow it.
pub fn stat_table(stats: &[Stat], width: usize) -> String {
    let names: Vec<String> = stats.iter().map(name).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let most = stats.iter().map(|stat| stat.added + stat.removed).max().unwrap_or(0);
    let binary = stats.iter().any(|stat| stat.binary);
    let digits = most.to_string().len().max(if binary { 3 } else { 1 });
    let room = width.saturating_sub(longest + digits + 6).max(10) as u64;
    let mut out = String::new();
    for (stat, name) in stats.iter().zip(&names) {
        let pad = " ".repeat(longest - name.chars().count());
        if stat.binary {
            out.push_str(&format!(" {name}{pad} | {:>digits$}\n", "Bin"));
            continue;
        }
        let total = stat.added + stat.removed;
        let (plus, minus) = bar(stat.added, stat.removed, most, room);
        let bar = "+".repeat(plus as usize) + &"-".repeat(minus as usize);
        let line = format!(" {name}{pad} | {total:>digits$} {bar}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let (added, removed): (u64, u64) =
        stats.iter().fold((0, 0), |sum, stat| (sum.0 + stat.added, sum.1 + stat.removed));
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    out.push_str(&format!(" {} file{} changed", stats.len(), plural(stats.len() as u64)));
    if added > 0 || removed == 0 {
        out.push_str(&format!(", {added} insertion{}(+)", plural(added)));
    }
    if removed > 0 || added == 0 {
        out.push_str(&format!(", {removed} deletion{}(-)", plural(removed)));
    }
    out.push('\n');
    out
}

/// The lengths of both halves of a bar; what is there at all gets at least one sign.
fn bar(added: u64, removed: u64, most: u64, room: u64) -> (u64, u64) {
    if most <= room {
        return (added, removed);
    }
    let scale = |n: u64| if n == 0 { 0 } else { 1 + n * (room - 1) / most };
    let both = u64::from(added > 0) + u64::from(removed > 0);
    let total = scale(added + removed).max(both);
    let (plus, minus) = (scale(added), scale(removed));
    match added < removed {
        true => (plus.min(total), total.saturating_sub(plus)),
        false => (total.saturating_sub(minus), minus.min(total)),
    }
}

fn name(stat: &Stat) -> String {
    match &stat.from {
        Some(from) => format!("{} => {}", quote(from), quote(&stat.path)),
        None => quote(&stat.path),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_single_line_counts_as_a_diff_counts_it(
            line in "[ab]{0,1}\n?",
            lines in "([ab]{0,2}\n){0,6}[ab]{0,1}",
        ) {
            for (before, after) in [(&line, &lines), (&lines, &line)] {
                let (before, after) = (before.as_bytes(), after.as_bytes());
                let changes = Compared::new(before, after).changes;
                let added = changes.iter().map(|change| change.new.len() as u64).sum::<u64>();
                let removed = changes.iter().map(|change| change.old.len() as u64).sum::<u64>();
                prop_assert_eq!(of_one_line(before, after), Some((added, removed)));
            }
        }
    }
}
