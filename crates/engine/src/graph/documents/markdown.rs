//! Markdown, as CommonMark with tables and front matter.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::read::{Document, How};

/// The level of an entry of a list: below all headings.
const ENTRY: u8 = 7;
/// Characters of an entry that name it.
const MAX_ENTRY: usize = 80;

/// A heading, or an entry of a list, that is being read: its level, its line, its words, and what it
/// names, which is said of its own section.
#[derive(Default)]
struct Heading {
    level: u8,
    line: u32,
    words: String,
    named: Vec<(String, How, u32)>,
}

impl Heading {
    fn new(level: u8, line: u32) -> Heading {
        Heading { level, line, ..Heading::default() }
    }

    fn begin_section(self, document: &mut Document) {
        let words = match self.words.char_indices().nth(MAX_ENTRY) {
            Some((end, _)) if self.level == ENTRY => &self.words[..end],
            _ => &self.words,
        };
        document.section(words, self.level, self.line);
        for (text, how, line) in self.named {
            say(document, &text, how, line);
        }
    }
}

/// Reads a text into a document. With `entries`, those of lists that are in no other list are sections,
/// too: in notes, each says something of its own.
pub(super) fn read(text: &str, entries: bool, document: &mut Document) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let mut line = Counter { text: text.as_bytes(), at: 0, line: 1 };
    let mut heading: Option<Heading> = None;
    let mut front_matter = false;
    let mut lists = 0;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let at = line.of(range.start);
        let ends = match &event {
            Event::End(TagEnd::Heading(_) | TagEnd::Item | TagEnd::Paragraph) => true,
            Event::Start(tag) => is_block(tag),
            _ => false,
        };
        if let Some(read) = heading.take_if(|_| ends)
            && (read.level != ENTRY || !read.words.is_empty())
        {
            read.begin_section(document);
        }
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some(Heading::new(level as u8, at));
            }
            Event::Start(Tag::List(_)) => lists += 1,
            Event::End(TagEnd::List(_)) => lists -= 1,
            Event::Start(Tag::Item) if entries && lists == 1 => {
                heading = Some(Heading::new(ENTRY, at));
            }
            Event::Start(Tag::MetadataBlock(_)) => front_matter = true,
            Event::End(TagEnd::MetadataBlock(_)) => front_matter = false,
            Event::Start(Tag::Link { dest_url, .. }) => {
                let target = dest_url.split(['#', '?']).next().unwrap_or_default();
                if !target.is_empty() && !target.contains(':') {
                    let target = target.trim_start_matches("./").to_owned();
                    match &mut heading {
                        Some(heading) => heading.named.push((target, How::Link, at)),
                        None => say(document, &target, How::Link, at),
                    }
                }
            }
            Event::Code(words) | Event::InlineMath(words) => match &mut heading {
                Some(heading) => {
                    heading.words.push_str(&words);
                    heading.named.push((words.into_string(), How::Code, at));
                }
                None => say(document, &words, How::Code, at),
            },
            Event::Text(words) if !front_matter => match &mut heading {
                Some(heading) => {
                    heading.words.push_str(&words);
                    heading.named.push((words.into_string(), How::Prose, at));
                }
                None => {
                    for (row, words) in (at..).zip(words.lines()) {
                        say(document, words, How::Prose, row);
                    }
                }
            },
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut heading {
                    heading.words.push(' ');
                }
            }
            _ => {}
        }
    }
}

/// Whether what begins there is neither part of a line of text nor the paragraph that may be one.
fn is_block(tag: &Tag<'_>) -> bool {
    use Tag::{Emphasis, Image, Link, Paragraph, Strikethrough, Strong, Subscript, Superscript};
    let inner = matches!(tag, Emphasis | Strong | Strikethrough | Superscript | Subscript);
    !inner && !matches!(tag, Link { .. } | Image { .. } | Paragraph)
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
