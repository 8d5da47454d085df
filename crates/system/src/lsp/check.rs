//! One check: the base and the state now, shown to a server and compared.

use std::{path::Path, sync::Arc, time::Instant};

use coderoom_engine::{Language, RelPath, Snapshot, Text};

use super::{
    buffer::{Buffer, Patience},
    catalog::{self, Family},
    compare::{self, Finding, Severity},
    error::CheckError,
    server::Server,
};

/// A file that is to be checked.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where.
    pub path: RelPath,
    /// What it is written in.
    pub language: Language,
    /// As it was in the base; `None` if it is new.
    pub base: Option<Arc<Text>>,
    /// As it is now; `None` if it is deleted.
    pub now: Option<Arc<Text>>,
}

/// What to check.
pub struct Request<'a> {
    /// The workspace's directory, canonical.
    pub root: &'a Path,
    /// Which servers.
    pub family: Family,
    /// The files that differ, and those that their changes may break.
    pub documents: &'a [Document],
    /// The files as they are on disk: what the server reads by itself.
    pub disk: &'a Snapshot,
    /// Warnings too.
    pub warnings: bool,
    /// When the answer is wanted at the latest.
    pub until: Instant,
    /// Asked now and then: ends the check.
    pub stop: &'a dyn Fn() -> bool,
}

/// What a server says.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its name.
    pub server: &'static str,
    /// What is wrong now and was not in the base.
    pub findings: Vec<Finding>,
    /// What it may have missed.
    pub notes: Vec<String>,
}

/// Checks with a server that is there. None if it must be started anew first.
pub(super) fn run(
    server: &mut Server,
    request: &Request<'_>,
) -> Result<Option<Report>, CheckError> {
    let patience = Patience { until: request.until, stop: request.stop };
    if !server.prepare(request.disk, patience)? {
        return Ok(None);
    }
    let mut notes: Vec<String> = server.checker.limits.map(str::to_owned).into_iter().collect();
    let documents = request.documents;
    let buffer = |document: &Document, text: Option<&Arc<Text>>| {
        let language = catalog::language_id(document.language, document.path.as_bytes());
        text.map(|text| Buffer::new(&document.path, language, text))
    };
    let base: Vec<Buffer> =
        documents.iter().filter_map(|it| buffer(it, it.base.as_ref())).collect();
    let mut now: Vec<Buffer> = Vec::new();
    let mut deleted = Vec::new();
    for document in documents {
        match buffer(document, document.now.as_ref()) {
            Some(buffer) => now.push(buffer),
            None => {
                deleted.push(document.path.to_string());
                if request.family.deleted_is_empty() {
                    let language =
                        catalog::language_id(document.language, document.path.as_bytes());
                    now.push(Buffer::empty(&document.path, language));
                }
            }
        }
    }
    if !deleted.is_empty() {
        let as_what = match request.family.deleted_is_empty() {
            true => "as empty files",
            false => "as they are on disk",
        };
        notes.push(format!(
            "{} reads the disk, so it saw deleted files {as_what}: {}",
            server.checker.name,
            deleted.join(", ")
        ));
    }
    let before = server.check(&base, true, patience)?;
    let after = server.check(&now, false, patience)?;
    if let Some(complaint) = server.complaint() {
        let name = server.checker.name;
        notes.push(format!("{name} complains of the project, so it may miss errors: {complaint}"));
    }
    let worst = if request.warnings { Severity::Warning } else { Severity::Error };
    let wanted = |it: &&Finding| it.severity <= worst;
    let of = |path: &RelPath| documents.iter().find(|it| it.path == *path);
    let is_new = |path: &RelPath| of(path).is_some_and(|it| it.base.is_none());
    let is_gone = |path: &RelPath| of(path).is_some_and(|it| it.now.is_none());
    let after = after.iter().filter(wanted).filter(|it| !is_gone(&it.path)).cloned().collect();
    let findings = compare::new_since(&before, after, &is_new, &is_gone);
    Ok(Some(Report { server: server.checker.name, findings, notes }))
}
