//! The servers that are there: one for each workspace and family of languages, shared by all
//! sessions, started when first wanted.

use std::{
    collections::HashMap,
    ffi::OsString,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{
    catalog::{Family, known_servers},
    check::{self, Report, Request},
    connection::Groups,
    error::CheckError,
    server::Server,
};

/// A server that nobody asks for so long is ended.
const IDLE: Duration = Duration::from_secs(600);
/// Servers at most; a new one takes the place of the one that was used longest ago.
const MOST: usize = 8;

type Key = (PathBuf, Family);

enum Slot {
    /// Somebody is asking it.
    Taken,
    /// Nobody is.
    Idle(Box<Server>, Instant),
}

/// Language servers. Dropping it ends them all.
#[derive(Default)]
pub struct Pool {
    slots: Mutex<HashMap<Key, Slot>>,
    freed: Condvar,
    groups: Groups,
    closed: AtomicBool,
    /// Where programs are looked for instead of PATH.
    path: Option<OsString>,
}

/// The right to ask a server: whoever has it has the server alone.
struct Turn<'a> {
    pool: &'a Pool,
    key: Key,
    server: Option<Box<Server>>,
}

impl Pool {
    /// No servers yet; programs are looked for in `path` (as PATH is written) beside the workspace's
    /// own places.
    pub fn with_path(path: OsString) -> Pool {
        let mut pool = Pool::default();
        pool.path = Some(path);
        pool
    }

    /// What the type checker of a family says is new. Starts it if need be; a server that dies is
    /// started once more. Costs what the server takes, at most until the request's deadline.
    ///
    /// # Errors
    /// If there is no server, it does not answer in time, or it dies twice.
    pub fn check(&self, request: &Request<'_>) -> Result<Report, CheckError> {
        let family = request.family;
        let own_path = self.path.clone().or_else(|| std::env::var_os("PATH"));
        let found = family.find_in(request.root, own_path.as_deref());
        let (checker, program) = found.ok_or_else(|| missing(family))?;
        let mut turn = self.turn((request.root.to_path_buf(), family), request, checker.name)?;
        let mut died = false;
        loop {
            if self.closed.load(Ordering::Relaxed) {
                return Err(CheckError::Stopped);
            }
            let fits = |it: &Server| it.is_alive() && it.checker.name == checker.name;
            if !turn.server.as_deref().is_some_and(fits) {
                // The old one is killed before the new one starts.
                turn.server = None;
            }
            let asked = match &mut turn.server {
                Some(server) => check::run(server, request),
                empty => Server::start(checker, &program, request.root, &self.groups)
                    .and_then(|started| check::run(empty.insert(Box::new(started)), request)),
            };
            match asked {
                Ok(Some(report)) => return Ok(report),
                Ok(None) => turn.server = None,
                Err(CheckError::Died { .. }) if !died => {
                    died = true;
                    turn.server = None;
                }
                Err(err) => {
                    if matches!(err, CheckError::Refused { .. }) {
                        turn.server = None;
                    }
                    return Err(err);
                }
            }
        }
    }

    /// Waits until nobody asks the server.
    fn turn(
        &self,
        key: Key,
        request: &Request<'_>,
        name: &'static str,
    ) -> Result<Turn<'_>, CheckError> {
        const STEP: Duration = Duration::from_millis(50);
        let mut slots = self.slots.lock();
        while matches!(slots.get(&key), Some(Slot::Taken)) {
            let now = Instant::now();
            if (request.stop)() {
                return Err(CheckError::Stopped);
            }
            if now >= request.until {
                return Err(CheckError::Timeout { server: name, doing: "it answers others" });
            }
            self.freed.wait_until(&mut slots, request.until.min(now + STEP));
        }
        let server = match slots.insert(key.clone(), Slot::Taken) {
            Some(Slot::Idle(server, _)) => Some(server),
            _ => None,
        };
        let oldest = slots.iter().filter_map(|(key, slot)| match slot {
            Slot::Idle(_, since) => Some((*since, key.clone())),
            Slot::Taken => None,
        });
        let oldest = if slots.len() > MOST { oldest.min() } else { None };
        let ended = oldest.and_then(|(_, key)| slots.remove(&key));
        drop(slots);
        drop(ended);
        Ok(Turn { pool: self, key, server })
    }

    /// Ends servers that nobody has asked lately.
    pub fn keep_house(&self) {
        let mut ended = Vec::new();
        let mut slots = self.slots.lock();
        let old = |slot: &Slot| matches!(slot, Slot::Idle(_, since) if since.elapsed() > IDLE);
        let keys: Vec<Key> =
            slots.iter().filter(|(_, slot)| old(slot)).map(|(key, _)| key.clone()).collect();
        ended.extend(keys.iter().filter_map(|key| slots.remove(key)));
        drop(slots);
        // Waits for the processes: not under the lock.
        drop(ended);
    }

    /// Ends the servers of a workspace that nobody is asking.
    pub fn forget(&self, root: &std::path::Path) {
        let mut slots = self.slots.lock();
        let idle = |slot: &Slot| matches!(slot, Slot::Idle(..));
        let of_root = slots.iter().filter(|((its, _), slot)| its == root && idle(slot));
        let keys: Vec<Key> = of_root.map(|(key, _)| key.clone()).collect();
        let ended: Vec<Slot> = keys.iter().filter_map(|key| slots.remove(key)).collect();
        drop(slots);
        drop(ended);
    }

    /// Ends all servers, also those that somebody is asking.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.groups.kill_all();
        let ended = std::mem::take(&mut *self.slots.lock());
        drop(ended);
    }

    /// How many there are.
    pub fn servers(&self) -> usize {
        self.slots.lock().len()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let server = self.server.take().filter(|server| server.is_alive());
        let mut slots = self.pool.slots.lock();
        match server {
            Some(server) => {
                let idle = Slot::Idle(server, Instant::now());
                slots.insert(self.key.clone(), idle);
            }
            None => drop(slots.remove(&self.key)),
        }
        drop(slots);
        self.pool.freed.notify_all();
    }
}

fn missing(family: Family) -> CheckError {
    let known = known_servers(family);
    let each: Vec<String> =
        known.iter().map(|it| format!("`{}` ({})", it.program, it.install)).collect();
    CheckError::Missing(format!(
        "types of {} were not checked: there is no {} in the workspace (node_modules/.bin, \
         .venv/bin) or on the daemon's PATH",
        family.title(),
        each.join(" nor ")
    ))
}
