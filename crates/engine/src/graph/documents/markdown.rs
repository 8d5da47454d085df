//! Markdown, as CommonMark with tables and front matter.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::read::{Document, How};

/// Reads a text into a document.
pub(super) fn read(text: &str, document: &mut Document) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let mut line = Counter { text: text.as_bytes(), at: 0, line: 1 };
    let mut heading: Option<(u8, u32, String)> = None;
    // What a heading names is said of its own section.
    let mut in_heading: Vec<(String, How, u32)> = Vec::new();
    let mut front_matter = false;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let at = line.of(range.start);
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((level as u8, at, String::new()));
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, at, words)) = heading.take() {
                    document.section(&words, level, at);
                    for (text, how, at) in in_heading.drain(..) {
                        say(document, &text, how, at);
                    }
                }
            }
            Event::Start(Tag::MetadataBlock(_)) => front_matter = true,
            Event::End(TagEnd::MetadataBlock(_)) => front_matter = false,
            Event::Start(Tag::Link { dest_url, .. }) => {
                let target = dest_url.split(['#', '?']).next().unwrap_or_default();
                if !target.is_empty() && !target.contains(':') {
                    let target = target.trim_start_matches("./").to_owned();
                    match &heading {
                        Some(_) => in_heading.push((target, How::Link, at)),
                        None => say(document, &target, How::Link, at),
                    }
                }
            }
            Event::Code(words) | Event::InlineMath(words) => match &mut heading {
                Some((.., heading)) => {
                    heading.push_str(&words);
                    in_heading.push((words.into_string(), How::Code, at));
                }
                None => say(document, &words, How::Code, at),
            },
            Event::Text(words) if !front_matter => match &mut heading {
                Some((.., heading)) => {
                    heading.push_str(&words);
                    in_heading.push((words.into_string(), How::Prose, at));
                }
                None => {
                    for (row, words) in (at..).zip(words.lines()) {
                        say(document, words, How::Prose, row);
                    }
                }
            },
            Event::SoftBreak | Event::HardBreak => {
                if let Some((.., heading)) = &mut heading {
                    heading.push(' ');
                }
            }
            _ => {}
        }
    }
}

fn say(document: &mut Document, text: &str, how: How, line: u32) {
    match how {
        How::Prose => document.words(text, how, line),
        How::Link => document.mention(text, how, line),
        How::Code | How::Role => document.code(text, how, line),
    }
}

/// Lines of places that mostly come in order.
struct Counter<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl Counter<'_> {
    fn of(&mut self, at: usize) -> u32 {
        let at = at.min(self.text.len());
        if at < self.at {
            let back = memchr::memchr_iter(b'\n', &self.text[at..self.at]).count();
            self.line -= back as u32;
        } else {
            self.line += memchr::memchr_iter(b'\n', &self.text[self.at..at]).count() as u32;
        }
        self.at = at;
        self.line
    }
}
