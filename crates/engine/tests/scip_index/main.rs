//! SCIP indexes, written and read, checked with the schema's own types (the `scip` crate).

mod export;
mod import;
mod lint;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use coderoom_engine::{
    Body, Certainty, Change, Code, CodeIndex, FileChange, RelPath, Session, Shelf, Stamp,
    TextStore, Visibility, scip_head, scip_tail,
};
use protobuf::Message;
use scip::types::Index;

/// Paths with their text.
type Files<'a> = &'a [(&'a str, &'a str)];

const SHAPES: Files<'static> = &[
    (
        "pkg/__init__.py",
        "from .shapes import Shape as Base, area\n__all__ = [\"Base\", \"area\"]\n",
    ),
    (
        "pkg/shapes.py",
        "\"\"\"Shapes.\"\"\"\nimport os\nfrom typing import Optional\n\n\nclass Shape:\n    \
         \"\"\"A shape.\n\n    Of any kind.\n    \"\"\"\n\n    sides: int = 0\n\n    def \
         __init__(self, name: str) -> None:\n        self.name = name\n\n    def area(self) -> \
         float:\n        return 0.0\n\n\nclass Square(Shape):\n    def area(self) -> float:\n        \
         total = len(self.name)\n        return total\n\n\ndef area(shape: Optional[Shape], scale: \
         float = 1.0) -> float:\n    if shape is None:\n        return \
         os.path.getsize(\"x\")\n    return scale * shape.area()\n",
    ),
    (
        "main.py",
        "import pkg.shapes as sh\nfrom pkg import Base, area\nfrom pkg.shapes import Square\n\ns = \
         Square(\"🚀\")\né = \"🚀\"; print(é, s.name)\nprint(area(shape=s, scale=2.0), sh.area(s), \
         Base(\"x\").name)\n",
    ),
    ("lib/a/conftest.py", "def setup(): pass\nsetup()\n"),
    ("lib/b/conftest.py", "def setup(): pass\nsetup()\n"),
    ("notes.txt", "no code\n"),
];

fn put(text: &str) -> FileChange {
    let body = TextStore::default().intern(Bytes::from(text.to_owned()));
    let body = body.map_or(Body::Binary, Body::Text);
    FileChange::Put { body, stamp: Stamp::default(), visibility: Visibility::default() }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a clean path")
}

fn session(files: Files<'_>) -> Session {
    let files = files.iter().map(|(name, text)| (path(name), put(text)));
    let files: BTreeMap<RelPath, FileChange> = files.collect();
    Session::open(files.into_iter().collect(), Vec::new())
}

fn edit(session: &Session, name: &str, text: &str) {
    let change = Change { files: [(path(name), put(text))].into(), ..Change::default() };
    session.apply(change).expect("an edit without preconditions");
}

fn code(session: &Session) -> Code {
    let shelf = Arc::new(Shelf::new(1 << 20));
    Code::new(session.snapshot(), Arc::new(CodeIndex::empty()), shelf)
}

/// A whole index, made in parts of this size.
fn export(code: &Code, floor: Certainty, part_bytes: usize) -> Vec<u8> {
    let mut bytes = scip_head("/home/me/a b", "1.2.3");
    let mut outside = BTreeMap::new();
    let mut after = None;
    loop {
        let part = code
            .scip_part(after.as_ref(), floor, part_bytes, &|| false)
            .expect("nobody says to stop");
        bytes.extend(part.bytes);
        outside.extend(part.outside);
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    bytes.extend(scip_tail(&outside));
    bytes
}

fn parse(bytes: &[u8]) -> Index {
    Index::parse_from_bytes(bytes).expect("the schema's own reader reads it")
}
