//! The functions that a trace goes through, ranked by how likely the mistake is there.

use std::collections::BTreeSet;

use coderoom_syntax::{Flags, Kind, SymbolIx};

use super::{
    frames::{Frame, Trace},
    locate::{Files, last},
};
use crate::{
    RelPath,
    code::{Code, Pages, SymbolInfo, Target},
    file::FileId,
    seek::{FileRole, Past, words_of},
};

/// What a step away from the innermost frame leaves of a suspicion.
const PER_STEP: f32 = 0.7;
const DEPTH: f32 = 0.6;
const RECENT: f32 = 0.2;
const MESSAGE: f32 = 0.2;
/// A test shows a mistake more often than it makes one.
const TEST: f32 = 0.3;
/// Bytes of a function in which words of the message are looked for.
const MAX_READ: usize = 32 << 10;

/// Why something is suspected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspectPart {
    /// How near it is to where the error came up.
    Depth,
    /// Its file was changed lately.
    Recent,
    /// It has words of the message.
    Message,
}

/// A place that a trace goes through.
#[derive(Clone, PartialEq, Debug)]
pub struct Suspect {
    /// The file.
    pub path: RelPath,
    /// The line of its innermost frame, from 1.
    pub line: u32,
    /// The text of that line.
    pub text: String,
    /// The function around it, if there is one.
    pub symbol: Option<SymbolInfo>,
    /// From 0 to 1.
    pub score: f32,
    /// What the score is made of.
    pub parts: Vec<(SuspectPart, f32)>,
    /// The numbers of its frames in the trace, from 0.
    pub frames: Vec<usize>,
    /// The line does not fit: the file has changed since, or is another one.
    pub doubtful: bool,
    /// Whether it is part of a test.
    pub is_test: bool,
}

/// A trace, found in the snapshot.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Traced {
    /// The most suspicious first.
    pub suspects: Vec<Suspect>,
    /// Of each frame, the file of the workspace that it is in.
    pub found: Vec<Option<RelPath>>,
}

impl Code {
    /// Who is to blame for a trace.
    pub fn trace(&self, trace: &Trace, past: Option<&Past>, limit: usize) -> Traced {
        let names: Vec<&str> = trace.frames.iter().map(|it| last(&it.path)).collect();
        let files = Files::named(self.snapshot(), &names);
        let mut pages = Pages::new(self);
        let mut traced = Traced::default();
        let mut message = Vec::new();
        words_of(trace.message.as_bytes(), &mut message);
        let message: BTreeSet<u64> = message.into_iter().collect();
        let mut steps = 0;
        for (number, frame) in trace.frames.iter().enumerate() {
            let file = files.find(&frame.path);
            traced.found.push(file.and_then(|id| Some(self.file(id)?.path.clone())));
            let Some(file) = file else { continue };
            let Some(suspect) = self.suspect(&mut pages, file, frame, number) else { continue };
            let same = traced.suspects.iter_mut().find(|it| is_same(it, &suspect));
            if let Some(same) = same {
                same.frames.push(number);
                continue;
            }
            let depth = PER_STEP.powi(steps);
            steps += 1;
            let suspect = self.weigh(suspect, file, depth, past, &message);
            traced.suspects.push(suspect);
        }
        traced.suspects.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then_with(|| a.frames.first().cmp(&b.frames.first()))
        });
        traced.suspects.truncate(limit);
        traced
    }

    /// The function of a frame.
    fn suspect(
        &self,
        pages: &mut Pages<'_>,
        file: FileId,
        frame: &Frame,
        number: usize,
    ) -> Option<Suspect> {
        let path = self.file(file)?.path.clone();
        let lines = pages.lines(file)?;
        let there = frame.line >= 1 && frame.line <= lines.count();
        let text = if there { lines.shown(frame.line).trim().to_owned() } else { String::new() };
        let at = lines.offset(frame.line, 1);
        let name = plain_name(&frame.function);
        let symbol = self.function_at(file, at, name);
        let symbol = symbol.and_then(|symbol| pages.symbol(Target { file, symbol }));
        let fits = name.is_empty() || symbol.as_ref().is_none_or(|it| it.name == name);
        let is_test = FileRole::of(path.as_str().unwrap_or_default()) == FileRole::Test;
        Some(Suspect {
            path,
            line: frame.line,
            text,
            symbol,
            score: 0.0,
            parts: Vec::new(),
            frames: vec![number],
            doubtful: !there || !fits,
            is_test,
        })
    }

    /// The innermost function around a byte; if the line has moved, the function of that name.
    fn function_at(&self, file: FileId, at: Option<u32>, name: &str) -> Option<SymbolIx> {
        let facts = self.facts(file)?;
        let callable = |ix: &SymbolIx| {
            matches!(
                facts.facts.symbol(*ix).kind,
                Kind::Function | Kind::Method | Kind::Constructor | Kind::Property
            )
        };
        let all = || (0..facts.facts.symbols.len() as u32).map(SymbolIx).filter(callable);
        let around = at.and_then(|at| {
            all()
                .filter(|ix| {
                    let full = facts.facts.symbol(*ix).full;
                    full.start <= at && at < full.end
                })
                .min_by_key(|ix| {
                    let full = facts.facts.symbol(*ix).full;
                    full.end - full.start
                })
        });
        let named = |ix: &SymbolIx| facts.facts.name(facts.facts.symbol(*ix).name) == name;
        if name.is_empty() || around.as_ref().is_some_and(named) {
            return around;
        }
        let mut others =
            all().filter(|ix| named(ix) && !facts.facts.symbol(*ix).flags.has(Flags::LOCAL));
        match (others.next(), others.next()) {
            (Some(only), None) => Some(only),
            _ => around,
        }
    }

    fn weigh(
        &self,
        mut suspect: Suspect,
        file: FileId,
        depth: f32,
        past: Option<&Past>,
        message: &BTreeSet<u64>,
    ) -> Suspect {
        let recent = past.map_or(0.0, |past| past.recent(self.path(file)));
        let said = self.has_words(&suspect, file, message);
        let parts = [
            (SuspectPart::Depth, DEPTH * depth),
            (SuspectPart::Recent, RECENT * recent),
            (SuspectPart::Message, MESSAGE * said),
        ];
        let tests = if suspect.is_test { TEST } else { 1.0 };
        let doubt = if suspect.doubtful { 0.5 } else { 1.0 };
        suspect.parts = parts
            .into_iter()
            .map(|(part, it)| (part, it * tests * doubt))
            .filter(|it| it.1 > 0.0)
            .collect();
        suspect.score = suspect.parts.iter().map(|it| it.1).sum();
        suspect
    }

    /// How much of a message is in a function, from 0 to 1.
    fn has_words(&self, suspect: &Suspect, file: FileId, message: &BTreeSet<u64>) -> f32 {
        let text = self.file(file).and_then(|it| it.text());
        let (Some(text), Some(symbol)) = (text, &suspect.symbol) else { return 0.0 };
        let lines = text.bytes().split(|byte| *byte == b'\n');
        let (first, last) = (symbol.line.saturating_sub(1) as usize, symbol.end_line as usize);
        let mut words = Vec::new();
        let mut read = 0;
        for line in lines.skip(first).take(last.saturating_sub(first)) {
            read += line.len();
            if read > MAX_READ {
                break;
            }
            words_of(line, &mut words);
        }
        let there = message.iter().filter(|it| words.contains(it)).count();
        if message.is_empty() { 0.0 } else { there as f32 / message.len() as f32 }
    }
}

fn is_same(a: &Suspect, b: &Suspect) -> bool {
    let of = |it: &Suspect| it.symbol.as_ref().map(|it| (it.line, it.column));
    a.path == b.path && of(a) == of(b) && (a.symbol.is_some() || a.line == b.line)
}

/// `f` of `app::a::f`, `main.(*T).f`, `C.f`, `a::f::{{closure}}`.
fn plain_name(function: &str) -> &str {
    let function = function.trim_end_matches("::{{closure}}").trim_end_matches("()");
    let name = function.rsplit(['.', ':', '/']).next().unwrap_or(function);
    if name.starts_with(['<', '{']) || name.starts_with("func") && name[4..].parse::<u32>().is_ok()
    {
        ""
    } else {
        name
    }
}
