//! What questions about the graph share: what is meant, rows of answers, paths as proofs.

use std::sync::Arc;

use coderoom_engine::{Ask, CodeGraph, EdgeLine, RelPath};
use coderoom_graph::{EdgeIx, Graph, NodeIx, NodeKind, Step};
use schemars::JsonSchema;
use serde::Serialize;

use super::{node_text::NodeText, patience, still_made};
use crate::{
    error::{Code, OpError},
    ops::{
        Context,
        code::{Asked, word},
    },
};

/// A workspace's graph, ready for a question.
pub(super) struct Grounds<'a> {
    pub(super) context: &'a Context,
    pub(super) asked: Asked<'a>,
    pub(super) code_graph: Arc<CodeGraph>,
}

/// A node, as answers name it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NodeRow {
    /// What names it for good: a path, `path#Type.method`, `path#heading`, `package:name`.
    pub key: NodeText,
    /// `directory`, `file`, `symbol`, `section` or `package`.
    pub node: &'static str,
    /// What kind of symbol it is; empty if it is none.
    pub kind: &'static str,
    /// The file or directory, relative to the workspace; empty for packages.
    pub path: NodeText,
    /// Its first line, from 1; 0 if it has none.
    pub line: u32,
    /// Whether it belongs to a test.
    pub test: bool,
}

/// One step of a proof: an edge of the graph.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StepRow {
    /// Where the step starts.
    pub from: NodeText,
    /// `contains`, `imports`, `calls`, `references`, `inherits`, `tests`, `documents` or `co_change`.
    pub edge: &'static str,
    /// Where it leads.
    pub to: NodeText,
    /// Whether the first depends on the second (contains it); otherwise it is the other way round.
    pub along: bool,
}

/// A line of a file, as a proof.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LineRow {
    /// The file, relative to the workspace.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// The line, without its indentation.
    pub text: String,
    /// `exact`, `likely` or `by_name`.
    pub certainty: String,
}

impl From<EdgeLine> for LineRow {
    fn from(it: EdgeLine) -> LineRow {
        LineRow { path: it.path, line: it.line, text: it.text, certainty: word(it.certainty) }
    }
}

impl LineRow {
    /// `path:line`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }

    /// `path:line  text`, as answers show it.
    pub(super) fn line_of_text(&self) -> String {
        let doubt = match &self.certainty[..] {
            "exact" => String::new(),
            other => format!("  [{}]", other.replace('_', " ")),
        };
        format!("{}:{}  {}{doubt}", self.path, self.line, self.text)
    }
}

impl<'a> Grounds<'a> {
    /// Finds the workspace and its graph. The first question of a workspace waits until the graph is
    /// made; later ones pay for what has changed.
    pub(super) fn new(context: &'a Context, workspace: &str) -> Result<Grounds<'a>, OpError> {
        let asked = Asked::new(context, workspace)?;
        let give_up = || context.interruption().is_some();
        let room = &asked.located.room;
        let patience = patience(context, &give_up);
        let trunk = match &asked.located.session {
            None => Arc::clone(&asked.code),
            Some(_) => room.code.of(&asked.located.trunk),
        };
        let made = room.graph.graph(&trunk, patience);
        let made = match (&asked.located.session, made) {
            (Some(session), Some(trunk)) => session.graph(&asked.code, &trunk, patience),
            (_, made) => made,
        };
        let code_graph = made.ok_or_else(|| still_made(context, "the graph"))?;
        code_graph.graph().map_err(|err| OpError::new(Code::TooLarge, err.to_string()))?;
        Ok(Grounds { context, asked, code_graph })
    }

    /// The weighted graph.
    pub(super) fn graph(&self) -> Result<&Graph, OpError> {
        self.code_graph.graph().map_err(|err| OpError::new(Code::TooLarge, err.to_string()))
    }

    /// The time of the newest commit, or of nothing: what "lately" is counted from.
    pub(super) fn now(&self) -> i64 {
        self.asked.located.room.graph.history().now()
    }

    /// The nodes that a client's word means: a path, `path:line`, `path:line:column`, `path#Symbol`
    /// or the name of a symbol.
    pub(super) fn nodes(&self, target: &str) -> Result<Vec<NodeIx>, OpError> {
        let target = target.trim();
        if target.is_empty() {
            let message = "say what is meant: a path, `path:line`, or a symbol (`Model.save`)";
            return Err(OpError::new(Code::BadParameter, message));
        }
        if let Some(node) = self.code_graph.node_of(target) {
            return Ok(vec![node]);
        }
        if let Some((path, line, column)) = split_place(target) {
            let relative = self.asked.path(path)?;
            let known = self.code_graph.node_of(&relative.to_string()).is_some();
            if known {
                return self.nodes_at(relative, line, column);
            }
        }
        if let Ok(path) = self.asked.path(target)
            && let Some(node) = self.code_graph.node_of(&path.to_string())
        {
            return Ok(vec![node]);
        }
        self.nodes_of(&Ask::Named { name: target.to_owned(), within: None })
    }

    fn nodes_at(
        &self,
        path: RelPath,
        line: u32,
        column: Option<u32>,
    ) -> Result<Vec<NodeIx>, OpError> {
        let text = path.to_string();
        if column.is_some() {
            return self.nodes_of(&Ask::At { path, line, column, name: None });
        }
        let node = self.code_graph.node_at(&text, line);
        node.map(|node| vec![node]).ok_or_else(|| {
            OpError::new(Code::NoSuchPlace, format!("{text}:{line} is outside of the file"))
        })
    }

    fn nodes_of(&self, ask: &Ask) -> Result<Vec<NodeIx>, OpError> {
        let nodes = self.code_graph.nodes_of(&self.asked.code, ask)?;
        if nodes.is_empty() {
            let message = "that is known, but no part of the graph: parameters and what is local \
                           to functions are not; ask about the function around it";
            return Err(OpError::new(Code::UnknownSymbol, message));
        }
        Ok(nodes)
    }

    /// The nodes of several words.
    pub(super) fn nodes_of_all(&self, targets: &[String]) -> Result<Vec<NodeIx>, OpError> {
        let mut nodes = Vec::new();
        for target in targets {
            nodes.extend(self.nodes(target)?);
        }
        nodes.sort_unstable();
        nodes.dedup();
        Ok(nodes)
    }

    /// A node, as answers name it.
    pub(super) fn row(&self, node: NodeIx) -> Result<NodeRow, OpError> {
        let graph = self.graph()?;
        let origin = self.code_graph.origin_of(node);
        let path = match (origin, graph.kind(node)) {
            (Some(_), _) => NodeText::path(&self.code_graph, node),
            (None, NodeKind::Package) => NodeText::default(),
            (None, _) => self.key(node),
        };
        Ok(NodeRow {
            key: self.key(node),
            node: graph.kind(node).word(),
            kind: origin.and_then(|it| it.symbol).map_or("", coderoom_engine::kind_word),
            path,
            line: origin.map_or(0, |it| it.line),
            test: self.is_test(node),
        })
    }

    /// Whether a node belongs to a test.
    pub(super) fn is_test(&self, node: NodeIx) -> bool {
        self.code_graph.is_test(node)
    }

    /// An edge of a proof.
    pub(super) fn step(&self, step: &Step) -> Result<StepRow, OpError> {
        let (from, to) = (self.key(step.from), self.key(step.to));
        Ok(StepRow { from, edge: step.kind.word(), to, along: step.forward })
    }

    /// The key of a node of the graph.
    pub(super) fn key(&self, node: NodeIx) -> NodeText {
        NodeText::key(&self.code_graph, node)
    }

    /// A path as a proof.
    pub(super) fn steps(&self, steps: &[Step]) -> Result<Vec<StepRow>, OpError> {
        steps.iter().map(|step| self.step(step)).collect()
    }

    /// The lines that an edge rests on, `most` at most.
    pub(super) fn lines(&self, edge: EdgeIx, most: usize) -> Vec<LineRow> {
        let lines = self.code_graph.lines_of(&self.asked.code, edge, most);
        lines.into_iter().map(LineRow::from).collect()
    }

    /// What the answer may miss.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.asked.notes();
        let left_out = self.code_graph.left_out();
        if left_out > 0 {
            notes.push(format!(
                "the graph is full: {left_out} nodes (fields and values first) are not in it"
            ));
        }
        notes
    }

    /// Whether the client still waits.
    pub(super) fn check(&self) -> Result<(), OpError> {
        self.context.interruption().map_or(Ok(()), Err)
    }
}

impl NodeRow {
    /// What names it as a target of other questions: `path:line`, or its key.
    pub(super) fn place(&self) -> String {
        match (&self.path[..], self.line) {
            ("", _) => self.key.to_string(),
            (path, 0 | 1) => path.to_owned(),
            (path, line) => format!("{path}:{line}"),
        }
    }

    /// `path:line  method path#Model.save`, as answers show it.
    pub(super) fn line_of_text(&self) -> String {
        let what = if self.kind.is_empty() { &self.node } else { &self.kind };
        let name = self.key.split_once('#').map_or("", |(_, name)| name);
        match (&self.path[..], self.line) {
            ("", _) => format!("{}  {what}", self.key),
            (path, 0) => format!("{path}  {what}"),
            (path, line) if name.is_empty() => format!("{path}:{line}  {what}"),
            (path, line) => format!("{path}:{line}  {what} {name}"),
        }
    }
}

/// A proof in one line: `a --calls--> b <--imports-- c`.
pub(super) fn proof_text(steps: &[StepRow]) -> String {
    let Some(first) = steps.first() else { return String::new() };
    let mut text = first.from.to_string();
    for step in steps {
        let arrow = if step.along {
            format!(" --{}--> {}", step.edge, step.to)
        } else {
            format!(" <--{}-- {}", step.edge, step.to)
        };
        text.push_str(&arrow);
    }
    text
}

/// The same from its end: what a row does to reach what was asked about, which is `it`. Symbols by
/// their names, since their rows say where they are: `--calls--> QuerySet.get <--contains-- it`.
pub(super) fn proof_back(steps: &[StepRow]) -> String {
    let mut text = String::new();
    for (ix, step) in steps.iter().enumerate().rev() {
        let name = step.from.split_once('#').map_or(&step.from[..], |(_, name)| name);
        let to = if ix == 0 { "it" } else { name };
        let space = if text.is_empty() { "" } else { " " };
        let arrow = if step.along {
            format!("{space}<--{}-- {to}", step.edge)
        } else {
            format!("{space}--{}--> {to}", step.edge)
        };
        text.push_str(&arrow);
    }
    text
}

/// A file and a place in it, if that is what is given.
fn split_place(given: &str) -> Option<(&str, u32, Option<u32>)> {
    let (rest, last) = given.rsplit_once(':')?;
    let last = last.parse().ok()?;
    match rest.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
        Some((path, Ok(line))) => Some((path, line, Some(last))),
        _ => Some((rest, last, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: &str, edge: &'static str, to: &str, along: bool) -> StepRow {
        StepRow { from: from.to_owned().into(), edge, to: to.to_owned().into(), along }
    }

    /// A proof reads from its start to its end, whichever way the edges point.
    #[test]
    fn proofs_read_in_one_direction() {
        let steps = [step("a", "calls", "b", false), step("b", "imports", "c", true)];
        assert_eq!(proof_text(&steps), "a <--calls-- b --imports--> c");
        assert_eq!(proof_text(&[]), "");
        let steps =
            [step("m.py#it", "contains", "m.py#C", false), step("m.py#C", "calls", "d", false)];
        assert_eq!(proof_back(&steps), "--calls--> C --contains--> it");
        let steps = [step("m.py#it", "imports", "b", true)];
        assert_eq!(proof_back(&steps), "<--imports-- it");
    }

    /// Places are told from names with colons.
    #[test]
    fn places_are_read() {
        assert_eq!(split_place("a.py:3"), Some(("a.py", 3, None)));
        assert_eq!(split_place("a.py:3:4"), Some(("a.py", 3, Some(4))));
        assert_eq!(split_place("a::b"), None);
    }
}
