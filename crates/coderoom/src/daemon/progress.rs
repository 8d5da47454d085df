//! How far a request is, for whoever asked to be told: the operation says what it is doing, and the
//! transport looks once a second. So anything that takes longer shows that it is alive, and nothing
//! that is quicker costs a message.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a transport looks.
pub const EVERY: Duration = Duration::from_secs(1);

/// What a request is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// In a few words.
    pub what: String,
    /// How much of it is done.
    pub done: u64,
    /// How much there is, if that is known.
    pub total: Option<u64>,
    /// Seconds since the request came.
    pub seconds: f64,
}

/// Shared by a request and its transport.
#[derive(Clone, Debug)]
pub struct Progress {
    begun: Instant,
    /// Nothing any more when the reply is on its way.
    now: Arc<Mutex<Option<Report>>>,
}

impl Default for Progress {
    fn default() -> Progress {
        let now = Arc::new(Mutex::new(Some(Report::default())));
        Progress { begun: Instant::now(), now }
    }
}

impl Progress {
    /// Says what is being done from here on.
    pub fn doing(&self, what: impl Into<String>) {
        self.set(Report { what: what.into(), ..Report::default() });
    }

    /// Says how much of something is done.
    pub fn done(&self, what: &str, done: u64, total: u64) {
        self.set(Report { what: what.into(), done, total: Some(total), ..Report::default() });
    }

    /// Takes over what another process has told; what is no report is passed over.
    pub fn hear(&self, report: &Value) {
        if let Ok(report) = serde_json::from_value(report.clone()) {
            self.set(report);
        }
    }

    fn set(&self, report: Report) {
        if let Some(now) = &mut *self.now.lock() {
            *now = report;
        }
    }

    /// Hands over how far it is, unless it has ended; while `tell` runs it does not end.
    pub fn tell(&self, tell: impl FnOnce(Report)) {
        if let Some(now) = &*self.now.lock() {
            tell(Report { seconds: self.begun.elapsed().as_secs_f64(), ..now.clone() });
        }
    }

    /// The reply is on its way: nothing is told any more.
    pub fn end(&self) {
        *self.now.lock() = None;
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.now.lock().is_none()
    }
}

impl Report {
    /// As a person reads it.
    pub fn line(&self) -> String {
        let what = if self.what.is_empty() { "working" } else { &self.what };
        match self.total {
            Some(total) => format!("{what}: {} of {total} ({:.0} s)", self.done, self.seconds),
            None => format!("{what} ({:.0} s)", self.seconds),
        }
    }
}
