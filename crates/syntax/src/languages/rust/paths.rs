//! Paths: names that lead to names.

use super::{lexer::T, types::primitive, walk::Walk};
use crate::facts::{Expr, ExprIx, Form, Role, Span};

/// A path that was read as an expression or pattern.
#[derive(Clone, Copy, Default)]
pub(super) struct Path {
    /// What it stands for.
    pub(super) expr: ExprIx,
    /// Its last name.
    pub(super) last: Option<Span>,
}

impl Walk<'_> {
    /// `::` or `<T as Trait>::` at the beginning of a path.
    pub(super) fn path_head(&mut self) -> Option<ExprIx> {
        match self.kind() {
            T::PathSep => {
                self.bump();
                None
            }
            T::Lt => {
                self.bump();
                let ty = self.ty();
                let of = if self.eat(T::As) { self.type_path(Role::Type) } else { ExprIx::UNKNOWN };
                self.expect(T::Gt, "`>`");
                self.expect(T::PathSep, "`::`");
                // What a trait names is declared there.
                Some(if of.is_known() { of } else { ty })
            }
            _ => None,
        }
    }

    /// `crate`, `self`, `super::super`, `Self`, `$crate` or a macro's variable.
    pub(super) fn path_root(&mut self) -> ExprIx {
        match self.kind() {
            T::Crate => {
                self.bump();
                self.module_expr("crate")
            }
            T::SelfType => {
                self.bump();
                self.this.map_or(ExprIx::UNKNOWN, |this| self.facts.expr(Expr::ThisType(this)))
            }
            T::SelfValue => {
                self.bump();
                if !self.at(T::PathSep) {
                    let this = self.this.map(|this| self.facts.expr(Expr::This(this)));
                    return this.unwrap_or_default();
                }
                let path = self.module_path();
                self.module_expr(&path)
            }
            T::Super => {
                let mut levels = 1;
                self.bump();
                while self.at(T::PathSep) && self.kind_of(1) == T::Super {
                    self.bump();
                    self.bump();
                    levels += 1;
                }
                self.parent_module(levels)
            }
            _ => {
                // `$crate` or `$name`.
                self.bump();
                match self.bump().kind {
                    T::Crate => self.module_expr("crate"),
                    _ => ExprIx::UNKNOWN,
                }
            }
        }
    }

    pub(super) fn module_expr(&mut self, path: &str) -> ExprIx {
        let name = self.facts.name(path);
        self.facts.expr(Expr::Module(name))
    }

    /// So many modules up from here: first out of the inline ones, then out of the file.
    fn parent_module(&mut self, levels: usize) -> ExprIx {
        let inline = self.modules.len();
        if levels > inline {
            let supers = vec!["super"; levels - inline];
            return self.module_expr(&supers.join("::"));
        }
        let kept = self.modules.split_off(inline - levels);
        let path = self.module_path();
        self.modules.extend(kept);
        self.module_expr(&path)
    }

    /// One name of a path, behind `of` if there is anything before it.
    pub(super) fn segment(&mut self, of: Option<ExprIx>, at: Span, role: Role) -> Option<ExprIx> {
        let Some(of) = of else {
            let built_in = primitive(self.facts.text(at)).filter(|_| role == Role::Type);
            return Some(match built_in {
                Some(name) => self.builtin(name),
                None => self.facts.use_of(at, role, Form::Bare),
            });
        };
        Some(self.facts.use_of(at, role, Form::Member(of)))
    }

    /// `a::b::<T>::c` in the place of a value.
    pub(super) fn value_path(&mut self, role: Role) -> Path {
        let mut path = Path::default();
        let mut of = self.path_head();
        // Whether what stands before leads into this crate.
        let mut own = of.is_none();
        loop {
            let token = self.token(0);
            match token.kind {
                T::Ident => {
                    self.bump();
                    let more = self.at(T::PathSep) && self.kind_of(1) == T::Ident;
                    path.last = Some(token.span());
                    let is_macro = self.at(T::Bang) && self.at_macro_arguments();
                    of = match of {
                        _ if is_macro && own => {
                            Some(self.facts.use_of(token.span(), Role::Call, Form::Macro))
                        }
                        of if is_macro => self.segment(of, token.span(), Role::Call),
                        of => self.segment(of, token.span(), if more { Role::Type } else { role }),
                    };
                    own &= self.token_at(self.pos.saturating_sub(2)).kind == T::PathSep;
                }
                T::Crate | T::SelfValue | T::SelfType | T::Super | T::Dollar if of.is_none() => {
                    of = Some(self.path_root());
                }
                _ => break,
            }
            if self.at(T::PathSep) && self.kind_of(1) == T::Lt {
                self.bump();
                let holes = self.holes;
                let (args, _) = self.type_arguments();
                if self.at(T::PathSep) {
                    self.set_role(of.unwrap_or_default(), Role::Type);
                }
                // `_` is to be inferred: then the arguments say too little.
                if self.holes == holes && !args.is_empty() {
                    let head = of.unwrap_or_default();
                    of = Some(self.facts.wrap(head, |head| Expr::Generic(head, args)));
                }
            }
            if !self.eat(T::PathSep) {
                break;
            }
        }
        path.expr = of.unwrap_or_default();
        path
    }

    /// Sets the role of the name that an expression ends in.
    pub(super) fn set_role(&mut self, expr: ExprIx, role: Role) {
        let head = match self.facts.expr_of(expr) {
            Expr::Generic(head, _) => *head,
            _ => expr,
        };
        self.facts.set_expr_role(head, role);
    }
}
