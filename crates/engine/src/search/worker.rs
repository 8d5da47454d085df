//! Searches one text after another and prints what ripgrep would print for each.

use std::io;

use grep_printer::{
    ColorSpecs, JSON, JSONBuilder, PathPrinterBuilder, Standard, StandardBuilder, Stats, Summary,
    SummaryBuilder, SummaryKind, default_color_specs,
};
use grep_regex::RegexMatcher;
use grep_searcher::{BinaryDetection, Searcher, Sink};
use termcolor::Buffer;

use super::{
    Search,
    matcher::build_searcher,
    query::{Mode, Output},
};
use crate::{Text, TextEncoding};

/// One thread's searcher and printer. The output of each file replaces that of the one before.
pub(super) struct Worker<'a> {
    search: &'a Search,
    searcher: Searcher,
    printer: Printer,
}

/// The printers of grep-printer, as ripgrep chooses among them.
enum Printer {
    Standard(Box<Standard<Buffer>>),
    Summary(Box<Summary<Buffer>>),
    Json(Box<JSON<Buffer>>),
    Path(Box<PathPrinterBuilder>, Buffer),
}

/// What searching one file came to; its output is in the worker's buffer.
pub(super) struct Found {
    pub(super) has_match: bool,
    pub(super) stats: Option<Stats>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(search: &'a Search) -> Worker<'a> {
        let query = &search.query;
        let buffer = if query.output.color { Buffer::ansi() } else { Buffer::no_color() };
        let printer = match (query.mode, query.output.quiet) {
            (Mode::Files, _) => Printer::Path(Box::new(path_printer(&query.output)), buffer),
            (Mode::Json, false) => Printer::Json(Box::new(json(&query.output, buffer))),
            (Mode::Standard, false) => {
                Printer::Standard(Box::new(standard(search, &query.output, buffer)))
            }
            (mode, quiet) => {
                Printer::Summary(Box::new(summary(search, summary_kind(mode, quiet), buffer)))
            }
        };
        Worker { search, searcher: build_searcher(query, search.line_number()), printer }
    }

    /// Prints the path alone (`--files`).
    pub(super) fn list(&mut self, path: &std::path::Path) -> io::Result<()> {
        self.buffer().clear();
        match &mut self.printer {
            Printer::Path(builder, buffer) => builder.build(buffer).write(path),
            _ => Ok(()),
        }
    }

    /// Searches a text. An explicit one was named as a file by the client.
    pub(super) fn search(
        &mut self,
        path: &std::path::Path,
        text: &Text,
        explicit: bool,
    ) -> io::Result<Found> {
        self.buffer().clear();
        self.searcher.set_binary_detection(self.search.binary_detection(explicit));
        let whole = !self.search.reads_in_buffers(text);
        let (searcher, matcher) = (&mut self.searcher, &self.search.matcher);
        match &mut self.printer {
            Printer::Standard(printer) => {
                let mut sink = printer.sink_with_path(matcher, path);
                feed(searcher, matcher, text, whole, &mut sink)?;
                Ok(Found { has_match: sink.has_match(), stats: sink.stats().cloned() })
            }
            Printer::Summary(printer) => {
                let mut sink = printer.sink_with_path(matcher, path);
                feed(searcher, matcher, text, whole, &mut sink)?;
                Ok(Found { has_match: sink.has_match(), stats: sink.stats().cloned() })
            }
            Printer::Json(printer) => {
                let mut sink = printer.sink_with_path(matcher, path);
                feed(searcher, matcher, text, whole, &mut sink)?;
                Ok(Found { has_match: sink.has_match(), stats: Some(sink.stats().clone()) })
            }
            Printer::Path(..) => Ok(Found { has_match: false, stats: None }),
        }
    }

    /// What the last file printed.
    pub(super) fn output(&mut self) -> &[u8] {
        self.buffer().as_slice()
    }

    fn buffer(&mut self) -> &mut Buffer {
        match &mut self.printer {
            Printer::Standard(printer) => printer.get_mut(),
            Printer::Summary(printer) => printer.get_mut(),
            Printer::Json(printer) => printer.get_mut(),
            Printer::Path(_, buffer) => buffer,
        }
    }
}

/// Hands the text to the searcher: as one slice, or through the buffers through which ripgrep reads
/// a file, where the difference can be seen in the output.
fn feed<S: Sink<Error = io::Error>>(
    searcher: &mut Searcher,
    matcher: &RegexMatcher,
    text: &Text,
    whole: bool,
    sink: S,
) -> io::Result<()> {
    if whole {
        searcher.search_slice(matcher, text.bytes(), sink)
    } else {
        searcher.search_reader(matcher, &text.bytes()[..], sink)
    }
}

impl Search {
    /// ripgrep's choice: a file found in a directory is given up at a NUL byte, one that was named
    /// is searched on and its matches suppressed.
    fn binary_detection(&self, explicit: bool) -> BinaryDetection {
        match (self.query.pattern.looks_for_binary(), explicit) {
            (false, _) => BinaryDetection::none(),
            (true, true) => BinaryDetection::convert(0),
            (true, false) => BinaryDetection::quit(0),
        }
    }

    /// Where a NUL byte is met, what follows the last match of `--max-count`, and how many bytes an
    /// early stop has seen, depends on ripgrep's buffers. It maps files whole when it was given a
    /// few of them by name, and reads otherwise.
    fn reads_in_buffers(&self, text: &Text) -> bool {
        let pattern = &self.query.pattern;
        let stops_early = pattern.max_count.is_some() || pattern.stop_on_nonmatch;
        let stops_at_match = !matches!(self.query.mode, Mode::Standard | Mode::Json | Mode::Count);
        !self.maps_files
            && (text.encoding() == TextEncoding::LateNul
                || stops_early
                || (stops_at_match && self.counts_searches()))
    }
}

fn colors(output: &Output) -> ColorSpecs {
    if output.color { ColorSpecs::new(&default_color_specs()) } else { ColorSpecs::default() }
}

fn path_printer(output: &Output) -> PathPrinterBuilder {
    let mut builder = PathPrinterBuilder::new();
    builder
        .color_specs(colors(output))
        .separator(output.path_separator)
        .terminator(if output.null { 0 } else { b'\n' });
    builder
}

fn json(output: &Output, buffer: Buffer) -> JSON<Buffer> {
    JSONBuilder::new()
        .pretty(false)
        .always_begin_end(false)
        .replacement(output.replace.clone().map(String::into_bytes))
        .build(buffer)
}

fn standard(search: &Search, output: &Output, buffer: Buffer) -> Standard<Buffer> {
    let context = output.context_separator.clone().map(String::into_bytes);
    StandardBuilder::new()
        .byte_offset(output.byte_offset)
        .color_specs(colors(output))
        .column(output.column || output.vimgrep)
        .heading(output.heading && !output.vimgrep)
        .max_columns_preview(output.max_columns_preview)
        .max_columns(output.max_columns)
        .only_matching(output.only_matching)
        .path(search.with_filename)
        .path_terminator(output.null.then_some(0))
        .per_match_one_line(true)
        .per_match(output.vimgrep)
        .replacement(output.replace.clone().map(String::into_bytes))
        .separator_context(context)
        .separator_field_context(output.field_context_separator.clone().into_bytes())
        .separator_field_match(output.field_match_separator.clone().into_bytes())
        .separator_path(output.path_separator)
        .stats(output.stats)
        .trim_ascii(output.trim)
        .build(buffer)
}

fn summary(search: &Search, kind: SummaryKind, buffer: Buffer) -> Summary<Buffer> {
    let output = &search.query.output;
    SummaryBuilder::new()
        .color_specs(colors(output))
        .exclude_zero(!output.include_zero)
        .kind(kind)
        .path(search.with_filename)
        .path_terminator(output.null.then_some(0))
        .separator_field(b":".to_vec())
        .separator_path(output.path_separator)
        .stats(output.stats || search.query.mode == Mode::Json)
        .build(buffer)
}

fn summary_kind(mode: Mode, quiet: bool) -> SummaryKind {
    match (mode, quiet) {
        (Mode::FilesWithoutMatch, true) => SummaryKind::QuietWithoutMatch,
        (_, true) => SummaryKind::QuietWithMatch,
        (Mode::FilesWithoutMatch, false) => SummaryKind::PathWithoutMatch,
        (Mode::Count, false) => SummaryKind::Count,
        (Mode::CountMatches, false) => SummaryKind::CountMatches,
        (_, false) => SummaryKind::PathWithMatch,
    }
}
