//! Trees of texts that were parsed lately: the next version of a text is mostly the same, and parsing
//! it with the tree of the last takes a fraction of the time.
//!
//! What comes out must not depend on what was parsed before. Without errors there is one tree of a
//! text; how errors are recovered from depends on what is reused. So a tree with errors is never
//! made from another, and never handed on.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tree_sitter::{InputEdit, Language, Point, Tree};

/// Smaller texts are parsed in no time.
const SMALLEST: usize = 4 << 10;
/// Texts kept at most, and their bytes in all. A tree takes some 40 times as much as its text.
const MOST_TEXTS: usize = 8;
const MOST_BYTES: usize = 1 << 20;

static RECENT: Mutex<VecDeque<Parsed>> = Mutex::new(VecDeque::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The number of a tree that was kept; no two have the same.
pub(crate) type Version = u64;

/// A text that was parsed.
struct Parsed {
    version: Version,
    language: Language,
    text: Box<str>,
    tree: Tree,
}

/// The tree of an earlier version of `text`, told where the two differ, and its number; `None` if
/// there is none that has most of it.
pub(crate) fn earlier(language: &Language, text: &str) -> Option<(Tree, Version)> {
    if text.len() < SMALLEST {
        return None;
    }
    let recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    let same_language = recent.iter().filter(|it| it.language == *language);
    let (same, found) = same_language
        .map(|it| (Same::of(&it.text, text), it))
        .max_by_key(|(same, _)| same.start + same.end)?;
    if (same.start + same.end) * 4 < text.len().max(found.text.len()) * 3 {
        return None;
    }
    let mut tree = found.tree.clone();
    tree.edit(&same.edit(&found.text, text));
    Some((tree, found.version))
}

/// Keeps a tree for the next version of its text; its number, if it was worth it.
pub(crate) fn keep(language: &Language, text: &str, tree: &Tree) -> Option<Version> {
    if text.len() < SMALLEST || text.len() > MOST_BYTES || tree.root_node().has_error() {
        return None;
    }
    let version = NEXT.fetch_add(1, Ordering::Relaxed);
    let (language, tree) = (language.clone(), tree.clone());
    let parsed = Parsed { version, language, text: text.into(), tree };
    let mut gone = Vec::new();
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    // The version before is of no use any more, and takes room from other files.
    let like = |it: &Parsed| {
        let same = Same::of(&it.text, text);
        it.language == parsed.language && (same.start + same.end) * 8 > text.len() * 7
    };
    if let Some(before) = recent.iter().position(like) {
        gone.extend(recent.remove(before));
    }
    recent.push_back(parsed);
    let bytes = |recent: &VecDeque<Parsed>| recent.iter().map(|it| it.text.len()).sum::<usize>();
    while recent.len() > MOST_TEXTS || bytes(&recent) > MOST_BYTES {
        gone.extend(recent.pop_front());
    }
    drop(recent);
    // Large trees take a while to take apart: nobody waits for that.
    drop(gone);
    Some(version)
}

/// How much two texts have in common, in bytes.
struct Same {
    start: usize,
    end: usize,
}

impl Same {
    fn of(old: &str, new: &str) -> Same {
        let (old_bytes, new_bytes) = (old.as_bytes(), new.as_bytes());
        let mut start = common_start(old_bytes, new_bytes);
        while !(old.is_char_boundary(start) && new.is_char_boundary(start)) {
            start -= 1;
        }
        let mut end = common_end(&old_bytes[start..], &new_bytes[start..]);
        while !(old.is_char_boundary(old.len() - end) && new.is_char_boundary(new.len() - end)) {
            end -= 1;
        }
        Same { start, end }
    }

    fn edit(&self, old: &str, new: &str) -> InputEdit {
        let (old_end, new_end) = (old.len() - self.end, new.len() - self.end);
        InputEdit {
            start_byte: self.start,
            old_end_byte: old_end,
            new_end_byte: new_end,
            start_position: point(old, self.start),
            old_end_position: point(old, old_end),
            new_end_position: point(new, new_end),
        }
    }
}

/// Bytes that are compared at once.
const STEP: usize = 256;

/// How many bytes are the same at the start of both.
pub(crate) fn common_start(old: &[u8], new: &[u8]) -> usize {
    let steps = old.chunks_exact(STEP).zip(new.chunks_exact(STEP));
    let same = steps.take_while(|(a, b)| a == b).count() * STEP;
    let rest = old[same..].iter().zip(&new[same..]);
    same + rest.take_while(|(a, b)| a == b).count()
}

/// How many bytes are the same at the end of both.
pub(crate) fn common_end(old: &[u8], new: &[u8]) -> usize {
    let steps = old.rchunks_exact(STEP).zip(new.rchunks_exact(STEP));
    let same = steps.take_while(|(a, b)| a == b).count() * STEP;
    let rest = old[..old.len() - same].iter().rev().zip(new[..new.len() - same].iter().rev());
    same + rest.take_while(|(a, b)| a == b).count()
}

/// Row and column of a place.
fn point(text: &str, at: usize) -> Point {
    let before = &text.as_bytes()[..at];
    let row = memchr::memchr_iter(b'\n', before).count();
    let line = memchr::memrchr(b'\n', before).map_or(0, |line| line + 1);
    Point { row, column: at - line }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Budget, Language, extract};

    /// Sources long enough to be kept: the fixtures of a language, several times.
    fn sources() -> Vec<(Language, String)> {
        let long = |text: &str| text.repeat(1 + 2 * SMALLEST / text.len().max(1));
        let of = |name: &str, text: &str| Some((Language::named(name)?, long(text)));
        let rows = [
            of("typescript", TYPESCRIPT),
            of("javascript", JAVASCRIPT),
            of("c", C),
            of("cpp", CPP),
            of("go", GO),
            of("java", JAVA),
            of("bash", BASH),
            of("ruby", RUBY),
            of("csharp", CSHARP),
            of("php", PHP),
            of("kotlin", KOTLIN),
            of("lua", LUA),
            of("scala", SCALA),
        ];
        rows.into_iter().flatten().collect()
    }

    const TYPESCRIPT: &str = "import { a, type B } from './a';\n\
        export class C<T> extends B implements D {\n  private x?: T = <T>a(1);\n\
        \x20 async m(y: number, z = `s${y}`): Promise<T[]> {\n    for (const k of y) { await k }\n\
        \x20   return (x => x < y > (z))(/re/g.test(z) ? a<T>(y) : b as T)\n  }\n}\n\
        export const f = async <U,>(u: U) => ({ ...u, v: 1 })\ntype X = A extends infer Q ? Q : never;\n";
    const JAVASCRIPT: &str = "const { a, b: [c] } = require('./x')\nfunction f(x, ...y) {\n\
        \x20 return x ? <div a={y}>t {x}</div> : `a${b}c`\n}\nmodule.exports = { f, g: class { #p = 1 } }\n";
    const C: &str = "#include <a.h>\n#define M(x) ((x) * 2)\ntypedef struct s { int a; } s_t;\n\
        static int f(s_t *p, unsigned n)\n{\n\tif (p && (n) * (p->a))\n\t\treturn g((s_t *)p, M(n));\n\
        \tfor (int i = 0; i < n; i++) { a * b; }\n\treturn 0;\n}\n";
    const CPP: &str = "namespace n {\ntemplate <typename T> class A : public B<T> {\n public:\n\
        \x20 A(int x) : x_(x) {}\n  T f(const T& t) const { return g<T>(t) < x_; }\n private:\n  int x_;\n};\n}\n";
    const GO: &str = "package p\n\nfunc (s *S) F(a, b int) (c []string, err error) {\n\
        \tfor i, x := range s.g(a) {\n\t\tc = append(c, x.(T).n[i])\n\t}\n\treturn\n}\n";
    const JAVA: &str = "class A<T extends B> {\n  @Override public List<T> f(int x) {\n\
        \x20   return g(y -> (T) y, x < 1 ? A::new : null);\n  }\n}\n";
    const BASH: &str =
        "f() {\n  local a=\"$1 ${b:-c}\"\n  cat <<EOF | grep x\n$a text\nEOF\n}\nf \"$(g 'x')\"\n";
    const RUBY: &str = "class A < B\n  attr_reader :x\n  def f(a, b: 1)\n    s = <<~T\n      x #{a}\n\
        \x20   T\n    @x.each { |y| puts y if y =~ /z/ }\n  end\nend\n";
    const CSHARP: &str = "namespace N {\n  public class A<T> : B where T : C {\n\
        \x20   public int P { get; set; }\n    T F(int x) => G<T>(x) ?? (T)$\"a{x}b\";\n  }\n}\n";
    const PHP: &str = "<?php\nclass A extends B {\n  public function f(int $x): ?T {\n\
        \x20   return $this->g(\"a $x b\")::C;\n  }\n}\n?>\n<p>text</p>\n";
    const KOTLIN: &str =
        "class A<T>(val x: Int) : B() {\n  fun f(y: T?): T = y?.let { g<T>(it) } ?: x\n}\n";
    const LUA: &str = "local function f(a, ...)\n  local t = { x = 1, [a] = 'y' }\n\
        \x20 for k, v in pairs(t) do print(k .. [[z]]) end\n  return t.x:m(...)\nend\n";
    const SCALA: &str = "class A[T](x: Int) extends B {\n  def f(y: T): Int = y match {\n\
        \x20   case C(z) => z\n    case _ => g[T](y)\n  }\n}\n";

    /// What an edit puts in: whole pieces and ones that break everything around them.
    const PIECES: [&str; 16] = [
        "x", "", " ", "\n", "(y)", "{ z }", "\"", "/*", "// c\n", ";", "<", "`", "é", "}\n", "if",
        "= 1",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(130))]

        /// Whatever was parsed before, the facts are those of a first look.
        #[test]
        fn facts_do_not_depend_on_what_was_parsed_before(
            source in prop::sample::select(sources()),
            edits in prop::collection::vec((0usize..1 << 16, 0usize..12, 0usize..PIECES.len()), 1..8),
        ) {
            let keeping = Budget { keep: true, ..Budget::default() };
            let (language, mut text) = source;
            extract(language, text.as_bytes(), &keeping);
            for (at, len, piece) in edits {
                let floor = |at: usize| (0..=at).rev().find(|it| text.is_char_boundary(*it));
                let from = floor(at % (text.len() + 1)).unwrap_or(0);
                let to = floor((from + len).min(text.len())).unwrap_or(from).max(from);
                text.replace_range(from..to, PIECES[piece]);
                let with = extract(language, text.as_bytes(), &keeping);
                let without = extract(language, text.as_bytes(), &Budget::default());
                prop_assert!(with == without, "{language:?}: {text}");
            }
        }
    }

    #[test]
    fn a_text_without_errors_is_kept_for_its_next_version() {
        let grammar: tree_sitter::Language = tree_sitter_lua::LANGUAGE.into();
        let text = LUA.repeat(60);
        let budget = Budget { keep: true, ..Budget::default() };
        crate::tree::parse(tree_sitter_lua::LANGUAGE, &text, &budget).expect("a tree");
        let next = text.replacen("local t", "local tt", 1);
        assert!(earlier(&grammar, &next).is_some());
        assert!(earlier(&grammar, &SCALA.repeat(60)).is_none());
    }

    #[test]
    fn what_texts_have_in_common_ends_between_characters() {
        let same = Same::of("aéb", "aèb");
        assert_eq!((same.start, same.end), (1, 1));
        let same = Same::of("aaa", "aaaa");
        assert_eq!((same.start, same.end), (3, 0));
    }
}
