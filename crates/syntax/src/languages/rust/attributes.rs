//! Attributes and visibility: what stands before a declaration.

use super::{lexer::T, walk::Walk};
use crate::{
    Visibility,
    facts::{Flags, Form, Role, Span},
};

/// What stood before a declaration.
#[derive(Clone, Copy, Default)]
pub(super) struct Before {
    /// The first token, attributes included.
    first: usize,
    /// The first token behind the attributes.
    last: usize,
    /// Where the first token begins.
    pub(super) start: usize,
    /// Where the declaration begins, attributes apart.
    pub(super) header: usize,
    pub(super) visibility: Visibility,
    pub(super) flags: Flags,
    /// The text of `#[path = "..."]`, quotes included.
    pub(super) path: Option<Span>,
}

/// Attributes of the language itself: their names refer to nothing that a source could define.
const BUILT_IN: &[&str] = &[
    "allow",
    "automatically_derived",
    "bench",
    "cfg",
    "cfg_attr",
    "cold",
    "crate_name",
    "crate_type",
    "default",
    "deny",
    "deprecated",
    "derive",
    "diagnostic",
    "doc",
    "expect",
    "feature",
    "forbid",
    "ignore",
    "inline",
    "macro_use",
    "must_use",
    "no_implicit_prelude",
    "no_main",
    "no_std",
    "non_exhaustive",
    "path",
    "recursion_limit",
    "repr",
    "rustc_const_stable",
    "rustfmt",
    "should_panic",
    "stable",
    "target_feature",
    "test",
    "track_caller",
    "type_length_limit",
    "unstable",
    "warn",
    "windows_subsystem",
];

/// Attributes through which the linker or the compiler reaches what no source names.
const REACHED: &[&str] = &[
    "export_name",
    "global_allocator",
    "link_section",
    "macro_export",
    "no_mangle",
    "panic_handler",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "used",
];

/// Macros of the language itself in `derive`: what else has such a name is not meant.
const DERIVED: &[&str] =
    &["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];

impl Walk<'_> {
    /// Attributes, as far as there are any.
    pub(super) fn attributes(&mut self) -> Before {
        let mut before = Before { first: self.pos, start: self.start(), ..Before::default() };
        loop {
            let inner = self.kind_of(1) == T::Bang;
            let bracket = if inner { 2 } else { 1 };
            if !self.at(T::Pound) || self.kind_of(bracket) != T::OpenBracket {
                break;
            }
            self.bump();
            self.eat(T::Bang);
            let found = self.group(|walk| walk.attribute());
            if inner {
                // It belongs to what is around.
                before = Before { first: self.pos, start: self.start(), ..Before::default() };
                continue;
            }
            before.flags = before.flags.with(found.flags);
            before.path = before.path.or(found.path);
        }
        before.last = self.pos;
        before.header = self.start();
        before
    }

    /// What is in the brackets.
    fn attribute(&mut self) -> Before {
        let mut found = Before::default();
        if self.at(T::Unsafe) && self.kind_of(1) == T::OpenParen {
            self.bump();
            return self.group(|walk| walk.attribute());
        }
        let name = self.facts.text(self.token(0).span());
        let qualified = self.kind_of(1) == T::PathSep;
        if REACHED.contains(&name) {
            found.flags = Flags::REACHED;
        }
        match name {
            _ if qualified => {}
            "derive" => {
                self.bump();
                if self.at(T::OpenParen) {
                    self.group(|walk| walk.derives());
                }
                return found;
            }
            "test" | "bench" => found.flags = Flags::TEST,
            "path" if self.kind_of(1) == T::Eq && self.kind_of(2) == T::Text => {
                found.path = Some(self.token(2).span());
            }
            "cfg_attr" => {
                self.bump();
                return if self.at(T::OpenParen) {
                    self.group(|walk| walk.conditional_attributes())
                } else {
                    found
                };
            }
            _ => {}
        }
        if (BUILT_IN.contains(&name) || REACHED.contains(&name)) && !qualified {
            return found;
        }
        let span = self.attribute_path();
        // `#[tokio::test]`, `#[test_case(..)]`.
        let is_test = span.is_some_and(|span| self.facts.text(span).starts_with("test"));
        let flag = if is_test { Flags::TEST } else { Flags::REACHED };
        found.flags = found.flags.with(flag);
        found
    }

    /// `condition, attribute, attribute`.
    fn conditional_attributes(&mut self) -> Before {
        let mut found = Before::default();
        while !self.at_end() && !self.at(T::Comma) {
            self.skip();
        }
        while self.eat(T::Comma) && !self.at_end() {
            let one = self.deeper(|walk| walk.attribute());
            found.flags = found.flags.with(one.flags);
            found.path = found.path.or(one.path);
            while !self.at_end() && !self.at(T::Comma) {
                self.skip();
            }
        }
        found
    }

    fn derives(&mut self) {
        while !self.at_end() {
            let before = self.pos;
            let name = self.facts.text(self.token(0).span());
            if DERIVED.contains(&name) && self.kind_of(1) != T::PathSep {
                self.bump();
            } else {
                self.simple_path(Role::Inherit);
            }
            if self.pos == before {
                self.skip();
            }
        }
    }

    /// The path of an attribute's macro; the last name's span.
    fn attribute_path(&mut self) -> Option<Span> {
        let (last, expr) = self.simple_path(Role::Call);
        // What follows is the macro's own language.
        expr.is_known().then_some(last).flatten()
    }

    /// `a::b::c` without arguments. The span of the last name, and what it stands for.
    pub(super) fn simple_path(&mut self, role: Role) -> (Option<Span>, crate::ExprIx) {
        let mut of = None;
        let mut last = None;
        self.eat(T::PathSep);
        loop {
            let token = self.token(0);
            let next = match token.kind {
                T::Ident => {
                    self.bump();
                    let form = of.map_or(Form::Bare, Form::Member);
                    let more = self.at(T::PathSep);
                    last = Some(token.span());
                    self.facts.use_of(token.span(), if more { Role::Type } else { role }, form)
                }
                T::Crate | T::SelfValue | T::Super | T::Dollar => self.path_root(),
                _ => break,
            };
            of = Some(next);
            if !self.eat(T::PathSep) {
                break;
            }
        }
        (last, of.unwrap_or_default())
    }

    /// `pub`, `pub(crate)`, `pub(in a::b)`, or nothing.
    pub(super) fn visibility(&mut self) -> Visibility {
        if self.at(T::Crate) && self.kind_of(1) != T::PathSep {
            self.bump();
            return Visibility::Restricted;
        }
        if !self.eat(T::Pub) {
            // A macro's `$vis`.
            return Visibility::Private;
        }
        let restricted = self.at(T::OpenParen)
            && matches!(self.kind_of(1), T::Crate | T::Super | T::SelfValue | T::In);
        if !restricted {
            return Visibility::Public;
        }
        self.group(|walk| {
            if walk.eat(T::In) {
                walk.simple_path(Role::Type);
            }
        });
        Visibility::Restricted
    }

    /// The doc comment of a declaration.
    pub(super) fn doc_of(&self, before: &Before) -> Option<Span> {
        self.doc(before.first, before.last)
    }
}
