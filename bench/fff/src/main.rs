//! Loads one directory with the `fff-search` library and answers searches read from standard
//! input, one line each, so that the benchmark can time fff inside its own process. It never
//! prints the matched lines while the clock runs: fff's figures contain no process start, no
//! socket and no pipe.
//!
//! Started as `bench-fff DIRECTORY`. It prints `ready FILES WALK_MS TOTAL_MS` once the content
//! index is complete, then answers requests of tab-separated fields:
//!
//! ```text
//! search  MODE  CASE  GLOB  PATTERN    ->  MICROSECONDS  LINES  FILES
//! keys    MODE  CASE  GLOB  PATTERN    ->  N, then N lines `path:line`
//! ```
//!
//! MODE is `lines` or `files` (one match for each file), CASE is `sensitive` or `insensitive`,
//! an empty GLOB means every file, and PATTERN is the rest of the line.

use std::io::{self, BufRead, Write};
use std::process::exit;
use std::time::{Duration, Instant};

use fff_search::{
    has_regex_metacharacters, Casing, Constraint, FFFMode, FFFQuery, FilePicker, FilePickerOptions,
    FuzzyQuery, GrepMode, GrepSearchOptions, SharedFilePicker, SharedFrecency,
};

/// fff's own programs use it, and results of a million lines are mostly allocation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LOAD_LIMIT: Duration = Duration::from_secs(600);

struct Request<'a> {
    verb: &'a str,
    files_only: bool,
    casing: Casing,
    glob: &'a str,
    pattern: &'a str,
}

fn main() {
    let Some(directory) = std::env::args().nth(1) else {
        eprintln!("usage: bench-fff DIRECTORY");
        exit(2);
    };
    let picker = load(directory);
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line.expect("requests are UTF-8");
        match parse(&line) {
            Some(request) => answer(&picker, &request, &mut out),
            None => writeln!(out, "error\tcannot read the request: {line}"),
        }
        .and_then(|()| out.flush())
        .expect("the benchmark reads every answer");
    }
}

/// Scans and indexes with everything that makes fff fast switched on, as an editor would run it.
fn load(directory: String) -> SharedFilePicker {
    let picker = SharedFilePicker::default();
    let start = Instant::now();
    FilePicker::new_with_shared_state(
        picker.clone(),
        SharedFrecency::noop(),
        FilePickerOptions {
            base_path: directory,
            enable_mmap_cache: true,
            enable_content_indexing: true,
            mode: FFFMode::Ai,
            ..Default::default()
        },
    )
    .unwrap_or_else(|error| {
        eprintln!("fff cannot load the directory: {error}");
        exit(1);
    });
    let scanned = picker.wait_for_scan(LOAD_LIMIT);
    let walk = start.elapsed();
    let indexed = picker.wait_for_indexing_complete(LOAD_LIMIT);
    let total = start.elapsed();
    picker.wait_for_watcher(LOAD_LIMIT);
    if !scanned || !indexed {
        eprintln!("fff did not finish loading within {LOAD_LIMIT:?}");
        exit(1);
    }
    let files = picker
        .read()
        .ok()
        .and_then(|guard| guard.as_ref().map(FilePicker::live_file_count))
        .unwrap_or(0);
    println!("ready\t{files}\t{}\t{}", walk.as_millis(), total.as_millis());
    picker
}

fn parse(line: &str) -> Option<Request<'_>> {
    let mut fields = line.splitn(5, '\t');
    Some(Request {
        verb: fields.next()?,
        files_only: fields.next()? == "files",
        casing: match fields.next()? {
            "insensitive" => Casing::Insensitive,
            _ => Casing::Sensitive,
        },
        glob: fields.next()?,
        pattern: fields.next()?,
    })
}

fn answer(
    shared: &SharedFilePicker,
    request: &Request<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    // Built by hand: fff's query parser would take parts of a pattern for path constraints.
    let mut query = FFFQuery {
        raw_query: request.pattern,
        constraints: Default::default(),
        fuzzy_query: FuzzyQuery::Text(request.pattern),
        location: None,
    };
    if !request.glob.is_empty() {
        query.constraints.push(Constraint::Glob(request.glob));
    }
    let options = GrepSearchOptions {
        max_matches_per_file: usize::from(request.files_only),
        page_limit: usize::MAX,
        casing: Some(request.casing),
        mode: match has_regex_metacharacters(request.pattern) {
            true => GrepMode::Regex,
            false => GrepMode::PlainText,
        },
        ..Default::default()
    };

    let guard = shared.read().map_err(io::Error::other)?;
    let Some(picker) = guard.as_ref() else {
        return writeln!(out, "error\tnothing is loaded");
    };
    let start = Instant::now();
    let found = picker.grep(&query, &options);
    let micros = start.elapsed().as_micros();

    if request.verb == "search" {
        return writeln!(out, "{micros}\t{}\t{}", found.matches.len(), found.files.len());
    }
    writeln!(out, "{}", found.matches.len())?;
    let paths: Vec<String> = found.files.iter().map(|file| file.relative_path(picker)).collect();
    for hit in &found.matches {
        writeln!(out, "{}:{}", paths[hit.file_index], hit.line_number)?;
    }
    Ok(())
}
