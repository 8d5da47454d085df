//! Compiled queries, kept for a while: agents page through answers and repeat themselves, and a
//! Unicode class costs milliseconds to compile.

use std::{collections::VecDeque, sync::Arc};

use coderoom_engine::{Query, QueryError, Search};
use parking_lot::Mutex;

/// How many are kept.
const KEPT: usize = 64;

/// The most recently used compiled queries, newest first. They do not depend on any snapshot.
#[derive(Default)]
pub struct Compiled {
    entries: Mutex<VecDeque<Entry>>,
}

struct Entry {
    query: Query,
    root_is_file: Vec<bool>,
    search: Arc<Search>,
}

impl Compiled {
    /// The compiled query, from memory if it was asked before.
    ///
    /// # Errors
    /// As `Search::new`; errors are not kept.
    pub fn get(&self, query: Query, root_is_file: Vec<bool>) -> Result<Arc<Search>, QueryError> {
        {
            let mut entries = self.entries.lock();
            let same = |e: &Entry| e.query == query && e.root_is_file == root_is_file;
            if let Some(found) = entries.iter().position(same)
                && let Some(entry) = entries.remove(found)
            {
                let search = Arc::clone(&entry.search);
                entries.push_front(entry);
                return Ok(search);
            }
        }
        let search = Arc::new(Search::new(query.clone(), &root_is_file)?);
        let mut entries = self.entries.lock();
        entries.truncate(KEPT - 1);
        entries.push_front(Entry { query, root_is_file, search: Arc::clone(&search) });
        Ok(search)
    }
}
