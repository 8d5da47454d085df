//! What ripgrep prints behind the results: the statistics of `--stats` and of `--json`.

use std::{io::Write, time::Duration};

use grep_printer::Stats;

use super::{Search, Summary, query::Mode};

impl Search {
    /// The statistics, if the query asks for them; `elapsed` is the time since the search began.
    pub fn trailer(&self, summary: &Summary, elapsed: Duration) -> Vec<u8> {
        let Some(stats) = &summary.stats else { return Vec::new() };
        match self.query.mode {
            Mode::Files => Vec::new(),
            Mode::Json if self.is_possible() => json_summary(stats, elapsed),
            _ if self.query.output.stats && self.is_possible() => text_summary(stats, elapsed),
            _ => Vec::new(),
        }
    }
}

fn json_summary(stats: &Stats, elapsed: Duration) -> Vec<u8> {
    let message = serde_json::json!({
        "type": "summary",
        "data": {
            "stats": stats,
            "elapsed_total": {
                "secs": elapsed.as_secs(),
                "nanos": elapsed.subsec_nanos(),
                "human": format!("{:0.6}s", elapsed.as_secs_f64()),
            },
        },
    });
    format!("{message}\n").into_bytes()
}

fn text_summary(stats: &Stats, elapsed: Duration) -> Vec<u8> {
    let lines = [
        (stats.matches(), "matches"),
        (stats.matched_lines(), "matched lines"),
        (stats.searches_with_match(), "files contained matches"),
        (stats.searches(), "files searched"),
        (stats.bytes_printed(), "bytes printed"),
        (stats.bytes_searched(), "bytes searched"),
    ];
    let mut text = vec![b'\n'];
    // Writing to memory cannot fail.
    for (number, what) in lines {
        let _ = writeln!(text, "{number} {what}");
    }
    let _ = writeln!(text, "{:0.6} seconds spent searching", stats.elapsed().as_secs_f64());
    let _ = writeln!(text, "{:0.6} seconds total", elapsed.as_secs_f64());
    text
}
