//! Sessions of a real daemon beside their model (`model.rs`): edits, steps back and forth, forks,
//! syncs, merges and rebases in any order, with changes on disk and `kill -9` in between.
//!
//! `CODEROOM_MACHINE_CASES` says how many such histories are tried; a few by default.

use std::{collections::BTreeMap, fs};

use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use serde_json::{Value, json};

use super::{
    Fixture,
    model::{Model, PATHS, Step, Tree},
    strings,
};

/// How many histories, and in how many goes of this.
const CASES: u32 = 16;

struct Real {
    fixture: Fixture,
}

fn text(value: u8) -> String {
    format!("{value}\n")
}

impl Real {
    fn call(&mut self, method: &str, name: &str, more: Value) -> bool {
        let mut params = json!({"workspace": self.fixture.root, "session": name});
        let (all, more) = (params.as_object_mut(), more.as_object().cloned());
        all.expect("an object").extend(more.expect("one"));
        match self.fixture.client.call(method, params) {
            Ok(_) => true,
            Err(refused) => {
                let faults = ["internal", "journal_failed", "sync_failed", "busy"];
                assert!(!faults.contains(&&refused.code[..]), "{method}: {refused:?}");
                false
            }
        }
    }

    fn open(&mut self, name: &str, fork_of: Option<&str>) -> bool {
        let root = self.fixture.root.clone();
        let mut params = json!({"workspace": root, "name": name, "agent": "tester", "new": true,
            "config": "git:\n  auto_commit: false\n"});
        if let Some(from) = fork_of {
            params["fork_of"] = from.into();
        }
        self.fixture.client.call("session_open", params).is_ok()
    }

    fn write(&self, path: &str, value: Option<u8>) {
        let file = self.fixture.root.join(path);
        match value {
            Some(value) => {
                fs::create_dir_all(file.parent().expect("a parent")).expect("made");
                fs::write(file, text(value)).expect("written");
            }
            None => drop(fs::remove_file(file)),
        }
    }

    fn step(&mut self, step: &Step) -> bool {
        match step {
            Step::Open(name) => self.open(name, None),
            Step::Fork(from, name) => self.open(name, Some(from)),
            Step::Close(name) => self.call("session_close", name, json!({"discard": true})),
            Step::Edit(name, files) => {
                let edit = |(path, value): (&&str, &Option<u8>)| match value {
                    Some(value) => json!({"kind": "write", "path": path, "content": text(*value)}),
                    None => json!({"kind": "delete", "path": path}),
                };
                let edits: Vec<Value> = files.iter().map(edit).collect();
                self.call("apply_batch", name, json!({"edits": edits}))
            }
            Step::Undo(name) => self.call("undo", name, json!({})),
            Step::Redo(name) => self.call("redo", name, json!({})),
            Step::Rollback(name, to) => self.call("rollback", name, json!({"to": to})),
            Step::Disk(path, value) => {
                self.write(path, *value);
                true
            }
            Step::Sync(name) => self.call("sync", name, json!({})),
            Step::Rebase(name) => self.call("rebase", name, json!({})),
            Step::Merge(name, from) => self.call("merge", name, json!({"from": from})),
            Step::Resolve(name, path, ours) => {
                let with = if *ours { "ours" } else { "theirs" };
                self.call("resolve", name, json!({"path": path, "with": with}))
            }
            Step::Restart => {
                self.fixture.restart();
                true
            }
        }
    }

    /// A session's tree, as queries see it.
    fn seen(&mut self, name: &str) -> BTreeMap<&'static str, String> {
        let mut tree = BTreeMap::new();
        for path in PATHS {
            let params = json!({"workspace": self.fixture.root, "session": name, "plain": true,
                                "files": [{"path": path}]});
            if let Ok(reply) = self.fixture.client.call("view", params) {
                tree.insert(path, reply["text"].as_str().unwrap_or_default().to_owned());
            }
        }
        tree
    }
}

fn texts(tree: &Tree) -> BTreeMap<&'static str, String> {
    tree.iter().map(|(path, value)| (*path, text(*value))).collect()
}

impl StateMachineTest for Real {
    type SystemUnderTest = Real;
    type Reference = Model;

    fn init_test(model: &Model) -> Real {
        let real = Real { fixture: Fixture::new(&[]) };
        for (path, value) in &model.disk {
            real.write(path, Some(*value));
        }
        real
    }

    fn apply(mut real: Real, model: &Model, step: Step) -> Real {
        let done = real.step(&step);
        assert_eq!(done, !model.refused, "{step:?}");
        let root = real.fixture.root.clone();
        let on_disk: BTreeMap<&str, String> = PATHS
            .into_iter()
            .filter_map(|path| Some((path, fs::read_to_string(root.join(path)).ok()?)))
            .collect();
        assert_eq!(on_disk, texts(&model.disk), "the disk after {step:?}");
        let listed = real.fixture.call("session_list", json!({"workspace": root}));
        let rows = listed["sessions"].as_array().expect("rows");
        assert_eq!(rows.len(), model.sessions.len(), "{listed}");
        for row in rows {
            let name = row["name"].as_str().expect("a name").to_owned();
            let session = &model.sessions[&*name];
            assert_eq!(real.seen(&name), texts(&session.now), "{name} after {step:?}");
            assert_eq!(strings(&row["files"]), session.dirty(), "{name} after {step:?}");
            let conflicts: Vec<&str> = session.conflicts.keys().copied().collect();
            assert_eq!(strings(&row["conflicts"]), conflicts, "{name} after {step:?}");
            assert_eq!(row["entry"], session.head(), "{name}'s log after {step:?}");
        }
        real
    }
}

fn cases() -> u32 {
    let wanted = std::env::var("CODEROOM_MACHINE_CASES").ok().and_then(|it| it.parse().ok());
    wanted.unwrap_or(CASES)
}

prop_state_machine! {
    #![proptest_config(Config {
        cases: cases(),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    })]
    #[test]
    fn sessions_are_plain_maps_whatever_happens_between_them(sequential 1..40 => Real);
}
