//! What a restart finds of the graph.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::{
    common::{Client, Daemon, Home, wait_until},
    shape::SHOP,
};

/// A repository with a daemon that can be ended and started again; what it logs is kept.
struct Bed {
    home: Home,
    root: PathBuf,
    daemon: Option<Daemon>,
    client: Client,
}

fn start(home: &Home) -> (Option<Daemon>, Client) {
    let mut command = home.coderoom(&["serve", "--no-http"]);
    let log = fs::File::create(home.path("log")).expect("a log");
    command.env("CODEROOM_LOG", "info").stderr(log);
    let daemon = home.start(command);
    let client = daemon.client();
    (Some(daemon), client)
}

impl Bed {
    fn new() -> Bed {
        let home = Home::new();
        let root = home.tree("project", SHOP).canonicalize().expect("it is there");
        let (daemon, client) = start(&home);
        let bed = Bed { home, root, daemon, client };
        bed.git(&["init", "-q", "-b", "main"]);
        bed.commit("Open the shop");
        bed.write("shop/models/base.py", "class Base:\n    def total(self):\n        return 1\n");
        bed.commit("Count from one");
        bed
    }

    fn git(&self, args: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=T", "-c", "user.email=t@example.org"]).args(args);
        self.home.settle(&mut command);
        let done = command.current_dir(&self.root).status().expect("git runs");
        assert!(done.success(), "{args:?}");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), text).expect("written");
    }

    /// Ends the daemon as a service manager does, does something, and starts another.
    fn restart(&mut self, between: impl FnOnce(&Bed)) {
        assert!(self.daemon.take().expect("it serves").terminate().success());
        between(self);
        (self.daemon, self.client) = start(&self.home);
    }

    fn ask(&mut self, operation: &str, mut params: Value) -> Value {
        params["workspace"] = json!(self.root);
        self.client.call(operation, params).expect("an answer")
    }

    /// What the graph and the history say, of all of it.
    fn answers(&mut self) -> Vec<Value> {
        let mut answers = vec![self.ask("layers", json!({"of": "files", "limit": 1000}))];
        for target in
            ["shop/models/base.py", "shop/models/order.py", "web/money.ts", "docs/shop.md"]
        {
            answers.push(self.ask("impact", json!({"targets": [target], "limit": 500})));
            answers.push(self.ask("predict", json!({"targets": [target], "limit": 500})));
            answers.push(self.ask("counterfactual", json!({"targets": [target], "limit": 500})));
        }
        answers
    }

    /// How many files differed from those of the kept graph, if it was read back.
    fn read_back(&self) -> Option<String> {
        let log = fs::read_to_string(self.home.path("log")).expect("there is a log");
        let line = log.lines().find(|line| line.contains("the graph was read back"))?;
        let count = line.split("files=").nth(1)?;
        Some(count.split(|c: char| !c.is_ascii_digit()).next()?.to_owned())
    }

    fn problems(&mut self) -> String {
        self.client.call("status", json!({})).expect("there is a status").to_string()
    }

    /// The one file of that name in the caches.
    fn kept(&self, name: &str) -> Option<PathBuf> {
        let mut dirs = fs::read_dir(self.home.path("cache/coderoom")).ok()?.flatten();
        dirs.find_map(|dir| Some(dir.path().join(name)).filter(|path| path.exists()))
    }
}

/// The answers of a daemon that has nothing to go on from.
fn made_anew(root: &Path) -> Vec<Value> {
    let home = Home::new();
    let (daemon, client) = start(&home);
    let mut bed = Bed { home, root: root.to_path_buf(), daemon, client };
    let answers = bed.answers();
    assert_eq!(bed.read_back(), None);
    answers
}

/// After a restart the graph is the one that was there; after one in which files have changed, come
/// and gone, it is the one that would be made.
#[test]
fn a_restart_goes_on_from_what_was_kept() {
    let mut bed = Bed::new();
    let before = bed.answers();
    assert_eq!(bed.read_back(), None, "there was nothing yet");
    bed.restart(|bed| {
        assert!(bed.kept("graph.crd").is_some() && bed.kept("history.crd").is_some())
    });
    assert_eq!(bed.answers(), before);
    assert_eq!(bed.read_back().as_deref(), Some("0"));
    bed.restart(|bed| {
        let path = "shop/models/order.py";
        let text = fs::read_to_string(bed.root.join(path)).expect("it is there");
        bed.write(path, &text.replace("price(", "cost("));
        bed.write("web/tax.ts", "import { money } from './money';\nexport const tax = money(1);\n");
        fs::remove_file(bed.root.join("shop/ring/b.py")).expect("it was there");
        bed.commit("Say what it costs");
    });
    let after = bed.answers();
    assert_eq!(bed.read_back().as_deref(), Some("3"));
    assert_ne!(after, before);
    assert_eq!(after, made_anew(&bed.root));
    // What is edited before the first question counts as well.
    bed.restart(|_| ());
    bed.ask("search", json!({"pattern": "money"}));
    bed.write("web/money.ts", "export function cash(): number {\n  return 1;\n}\n");
    let edited = bed.answers();
    assert_eq!(bed.read_back().as_deref(), Some("1"));
    assert_eq!(edited, made_anew(&bed.root));
}

/// What files say is not read out of them again after a restart, but where they are others by then;
/// and a file of it that is damaged is made up for.
#[test]
fn a_restart_knows_what_files_say() {
    let mut bed = Bed::new();
    let code = |bed: &mut Bed| {
        let mut code = Value::Null;
        wait_until("the code is indexed", || {
            let status = bed.client.call("status", json!({})).expect("a status");
            code = status["workspaces"][0]["code"].clone();
            code["state"] == "ready"
        });
        ["recalled_files", "files", "symbols"].map(|key| code[key].as_u64().expect("a number"))
    };
    let references = |bed: &mut Bed| bed.ask("references", json!({"symbol": "money"}));
    let before = references(&mut bed);
    let [recalled, files, symbols] = code(&mut bed);
    assert_eq!(recalled, 0);
    bed.restart(|_| ());
    assert_eq!(references(&mut bed), before);
    let [all, _, same] = code(&mut bed);
    assert_eq!((all, same), (files, symbols));
    bed.restart(|bed| {
        bed.write("web/money.ts", "export const money = (cents: number) => 2 * cents;\n")
    });
    let edited = references(&mut bed);
    assert_ne!(edited, before);
    assert_eq!(code(&mut bed)[0], all - 1);
    bed.restart(|bed| {
        let dir = bed.kept("manifest.crm").expect("a cache").with_file_name("");
        let ours = |it: &fs::DirEntry| it.file_name().to_string_lossy().starts_with("facts-");
        let kept: Vec<_> = fs::read_dir(dir).expect("a directory").flatten().filter(ours).collect();
        assert!(!kept.is_empty());
        for file in kept {
            let bytes = fs::read(file.path()).expect("readable");
            fs::write(file.path(), &bytes[..bytes.len() / 2]).expect("written");
        }
    });
    assert_eq!(references(&mut bed), edited);
    assert_eq!(code(&mut bed)[0], 0);
    bed.restart(|_| ());
    assert_eq!((references(&mut bed), code(&mut bed)[0]), (edited, all));
}

/// It is kept now and then, so that it is there also if the daemon has no chance to.
#[test]
fn what_was_asked_often_is_kept() {
    let mut bed = Bed::new();
    for _ in 0..50 {
        bed.ask("impact", json!({"targets": ["shop/models/base.py"]}));
    }
    wait_until("the graph to be kept", || bed.kept("graph.crd").is_some());
    wait_until("the history to be kept", || bed.kept("history.crd").is_some());
    let before = bed.answers();
    bed.daemon.take().expect("it serves").kill();
    (bed.daemon, bed.client) = start(&bed.home);
    assert_eq!(bed.answers(), before);
    assert_eq!(bed.read_back().as_deref(), Some("0"));
}

/// A damaged file is set aside and said; answers are made anew, and kept again.
#[test]
fn damage_is_set_aside() {
    let mut bed = Bed::new();
    let before = bed.answers();
    type Harm = fn(&mut Vec<u8>);
    let harms: [(&str, Harm); 4] = [
        ("graph.crd", |bytes| bytes.truncate(bytes.len() / 2)),
        ("graph.crd", |bytes| *bytes.last_mut().expect("bytes") ^= 1),
        ("history.crd", |bytes| bytes.clear()),
        ("history.crd", |bytes| bytes[30] ^= 1),
    ];
    for (name, harm) in harms {
        bed.restart(|bed| {
            let path = bed.kept(name).expect("it was kept");
            let mut bytes = fs::read(&path).expect("it is there");
            harm(&mut bytes);
            fs::write(path, bytes).expect("written");
        });
        assert_eq!(bed.answers(), before, "{name}");
        assert!(bed.problems().contains("set aside"), "{name}: {}", bed.problems());
        assert!(bed.kept(&format!("{name}.damaged")).is_some(), "{name}");
        assert_eq!(bed.read_back().is_none(), name == "graph.crd");
    }
    // Of another version of the format: no damage, and of no use.
    bed.restart(|bed| {
        let path = bed.kept("graph.crd").expect("it was kept again");
        let mut bytes = fs::read(&path).expect("it is there");
        bytes[8] += 1;
        fs::write(path, bytes).expect("written");
    });
    assert_eq!(bed.answers(), before);
    assert_eq!(bed.read_back(), None);
    assert!(!bed.problems().contains("set aside"), "{}", bed.problems());
    bed.restart(|_| ());
    assert_eq!(bed.answers(), before);
    assert_eq!(bed.read_back().as_deref(), Some("0"));
}

/// A disk without room costs nothing but what would have been kept.
#[test]
fn without_room_nothing_is_kept() {
    let mut bed = Bed::new();
    let before = bed.answers();
    bed.restart(|bed| {
        fs::remove_file(bed.kept("graph.crd").expect("it was kept")).expect("it was there");
    });
    assert!(bed.daemon.take().expect("it serves").terminate().success());
    let kept = fs::read(bed.kept("history.crd").expect("it was kept")).expect("it is there");
    bed.write("web/money.ts", "export function cash(): number {\n  return 1;\n}\n");
    bed.commit("Take cash");
    let mut command = Command::new("bash");
    let script = format!("ulimit -f 1; exec {} serve --no-http", env!("CARGO_BIN_EXE_coderoom"));
    command.args(["-c", &script]).stderr(std::process::Stdio::null());
    bed.home.settle(&mut command);
    let daemon = bed.home.start(command);
    bed.client = daemon.client();
    bed.daemon = Some(daemon);
    let after = bed.answers();
    for _ in 0..50 {
        bed.ask("impact", json!({"targets": ["shop/models/base.py"]}));
    }
    wait_until("the daemon to name the problem", || {
        bed.problems().contains("the graph was not kept")
    });
    assert_eq!(bed.answers(), after);
    assert!(bed.kept("graph.crd").is_none() && bed.kept("graph.crd.tmp").is_none());
    let now = fs::read(bed.kept("history.crd").expect("it was kept")).expect("it is there");
    assert!(now == kept, "what was kept before is whole");
    bed.restart(|_| ());
    assert_eq!(bed.answers(), after);
    assert_ne!(after, before);
}
