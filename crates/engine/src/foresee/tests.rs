//! Predictions on a snapshot: numbering, links and likeness are what they should be.

use std::collections::BTreeMap;

use bytes::Bytes;
use coderoom_graph::COCHANGE;

use super::*;
use crate::{Body, CodeIndex, FileChange, Session, Shelf, Stamp, TextStore, file::Visibility};

const NOW: i64 = 1_700_000_000;

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a clean path")
}

fn outlook(files: &[(&str, &str)], history: &[&str], commits: &[&[u32]]) -> Outlook {
    let store = TextStore::default();
    let put = |text: &str| {
        let body = store.intern(Bytes::from(text.as_bytes().to_vec()));
        FileChange::Put {
            body: body.map_or(Body::Binary, Body::Text),
            stamp: Stamp::default(),
            visibility: Visibility::default(),
        }
    };
    let files: BTreeMap<RelPath, FileChange> =
        files.iter().map(|(name, text)| (path(name), put(text))).collect();
    let session = Session::open(files.into_iter().collect(), Vec::new());
    let index = CodeIndex::build(&session.snapshot(), &|| false).expect("it was not stopped");
    let code = Code::new(session.snapshot(), Arc::new(index), Arc::new(Shelf::new(1 << 20)));
    let foresight = Foresight::build(&code, &|| false).expect("it was not stopped");
    let mut together = CoChange::new(COCHANGE);
    for commit in commits {
        together.add(NOW, commit);
    }
    let paths: Vec<RelPath> = history.iter().map(|it| path(it)).collect();
    Outlook::new(Arc::new(foresight), &paths, &together, NOW)
}

const TREE: &[(&str, &str)] = &[
    ("app/orders.py", "from app import money\n\ndef place_order():\n    money.total_price()\n"),
    ("app/money.py", "def total_price():\n    return 1\n"),
    ("app/zebra.py", "def stripes():\n    return 2\n"),
    ("config.toml", "a = 1\n"),
    ("lone.py", "q = 1\n"),
];

fn named(outlook: &Outlook, of: &str) -> Vec<String> {
    let item = outlook.item(&path(of)).expect("it is known");
    let found = outlook.predict(&[(item, 1.0)], &|_| true, &PredictOptions::default());
    found.iter().map(|it| outlook.path(it.item).expect("a path").to_string()).collect()
}

/// The numbers of a history are not those of files; what it says must be said of the right ones,
/// also of paths that are gone.
#[test]
fn histories_are_read_by_paths() {
    let history = ["gone.py", "config.toml", "app/zebra.py"];
    let outlook = outlook(TREE, &history, &[&[1, 2], &[1, 2], &[0, 1]]);
    let item = outlook.item(&path("app/zebra.py")).expect("it is known");
    let found = outlook.predict(&[(item, 1.0)], &|_| true, &PredictOptions::default());
    let config = found.iter().find(|it| Some(it.item) == outlook.item(&path("config.toml")));
    assert_eq!(config.map(|it| it.support), Some(2), "nothing else ties them");
    assert!(!named(&outlook, "app/orders.py").contains(&"config.toml".to_owned()));
    let of_gone = named(&outlook, "gone.py");
    assert!(of_gone.contains(&"app/zebra.py".to_owned()), "what is gone can be asked about");
    assert!(!named(&outlook, "config.toml").contains(&"gone.py".to_owned()), "and is no answer");
}

/// Imports and the use of names are seen in both directions.
#[test]
fn code_ties_files() {
    let outlook = outlook(TREE, &[], &[]);
    let ties = |of: &str| {
        let item = outlook.item(&path(of)).expect("it is known");
        let links = outlook.foresight.ties[item as usize].links();
        links
            .iter()
            .map(|it| (it.kind, outlook.path(it.item).unwrap().to_string()))
            .collect::<Vec<_>>()
    };
    let (orders, money) = ("app/orders.py".to_owned(), "app/money.py".to_owned());
    assert_eq!(ties(&orders), [(Part::Uses, money.clone()), (Part::Imports, money.clone())]);
    assert_eq!(ties(&money), [(Part::UsedBy, orders.clone()), (Part::ImportedBy, orders.clone())]);
    assert_eq!(named(&outlook, &orders)[0], money);
}

/// A pair that the code ties is no ghost; one that is asked about otherwise is left out.
#[test]
fn ghosts_are_not_tied_by_code() {
    let history = ["app/orders.py", "app/money.py", "config.toml", "lone.py"];
    let outlook = outlook(TREE, &history, &[&[0, 1], &[0, 1], &[0, 2], &[0, 2], &[2, 3], &[2, 3]]);
    let pairs = |of: Option<&[u32]>| {
        let found = outlook.ghosts(of, 2, &|_, _| false, 9);
        let path = |item| outlook.path(item).unwrap().to_string();
        found.iter().map(|it| [path(it.a), path(it.b)]).collect::<Vec<_>>()
    };
    let mut all = pairs(None);
    all.sort();
    assert_eq!(all, [["app/orders.py", "config.toml"], ["config.toml", "lone.py"]]);
    let lone = outlook.item(&path("lone.py"));
    assert_eq!(pairs(Some(&[lone.unwrap()])), [["config.toml", "lone.py"]]);
    assert!(outlook.ghosts(None, 2, &|_, _| true, 9).is_empty());
}

/// Being told to stop is heard.
#[test]
fn gathering_can_be_stopped() {
    let session = Session::open(Vec::new(), Vec::new());
    let index = CodeIndex::build(&session.snapshot(), &|| false).expect("it was not stopped");
    let code = Code::new(session.snapshot(), Arc::new(index), Arc::new(Shelf::new(1 << 20)));
    assert!(Foresight::build(&code, &|| true).is_none_or(|it| it.paths.is_empty()));
    let empty = Outlook::new(
        Arc::new(Foresight::build(&code, &|| false).unwrap()),
        &[],
        &CoChange::new(COCHANGE),
        0,
    );
    assert!(
        empty.predict(&[(0, 1.0), (9, f64::NAN)], &|_| true, &PredictOptions::default()).is_empty()
    );
}
