//! A first look at the whole file: what it declares at its top, and where imported names come from.

use super::{
    ast::Node,
    kinds::{Dialect, F, K},
    walk::Walk,
};

impl<'t> Walk<'t> {
    pub(super) fn survey(&mut self, root: Node<'t>) {
        for statement in root.children() {
            self.survey_statement(statement);
        }
        if self.dialect != Dialect::JavaScript {
            return;
        }
        for node in root.descendants() {
            if !node.is(K::Member) {
                continue;
            }
            let (Some(of), Some(property)) = (node.get(F::Object), node.get(F::Property)) else {
                continue;
            };
            if of.is(K::Identifier) && self.text(property) == "prototype" {
                let name = self.text(of);
                self.top.prototypes.insert(name);
            }
        }
    }

    /// Whether the file is no module and only declares: what it has is there for every file.
    pub(super) fn is_ambient_script(&self, root: Node<'t>) -> bool {
        self.dialect != Dialect::JavaScript
            && root.children().all(|statement| {
                use K::*;
                matches!(
                    statement.kind(),
                    AmbientDeclaration
                        | InterfaceDeclaration
                        | TypeAlias
                        | InternalModule
                        | Comment
                ) || statement.is(ExpressionStatement)
                    && statement.first().is_some_and(|it| it.is(InternalModule))
            })
    }

    fn survey_statement(&mut self, node: Node<'t>) {
        match node.kind() {
            K::ImportStatement => self.survey_import(node),
            K::ExportStatement | K::AmbientDeclaration => {
                node.children().for_each(|it| self.survey_declaration(it));
            }
            _ => self.survey_declaration(node),
        }
    }

    fn survey_declaration(&mut self, node: Node<'t>) {
        match node.kind() {
            K::LexicalDeclaration | K::VariableDeclaration | K::UsingDeclaration => {
                for declarator in node.children().filter(|it| it.is(K::VariableDeclarator)) {
                    self.survey_variable(declarator);
                }
            }
            K::FunctionDeclaration | K::GeneratorDeclaration | K::FunctionSignature => {
                if let Some(name) = node.get(F::Name) {
                    let name = self.text(name);
                    self.top.declared.insert(name);
                    self.top.functions.insert(name);
                }
            }
            K::ClassDeclaration
            | K::AbstractClass
            | K::InterfaceDeclaration
            | K::TypeAlias
            | K::EnumDeclaration
            | K::InternalModule => {
                if let Some(name) = node.get(F::Name) {
                    let name = self.text(name);
                    self.top.declared.insert(name);
                }
            }
            K::ImportAlias => {
                if let Some(name) = node.first() {
                    let name = self.text(name);
                    self.top.declared.insert(name);
                }
            }
            K::AmbientDeclaration => node.children().for_each(|it| self.survey_declaration(it)),
            _ => {}
        }
    }

    fn survey_variable(&mut self, node: Node<'t>) {
        let Some(name) = node.get(F::Name) else { return };
        let value = node.get(F::Value);
        let module = value.and_then(|it| self.required(it)).map(|at| self.facts.text(at));
        if value.is_some_and(|it| it.kind().is_function()) {
            let name = self.text(name);
            self.top.functions.insert(name);
        }
        let names = name
            .descendants()
            .filter(|it| matches!(it.kind(), K::Identifier | K::ShorthandPattern));
        for name in names {
            let name = self.text(name);
            self.top.declared.insert(name);
            if let Some(module) = module {
                self.top.from.insert(name, module);
            }
        }
    }

    fn survey_import(&mut self, node: Node<'t>) {
        let source = node.get(F::Source).or_else(|| node.child(K::ImportRequire)?.get(F::Source));
        let module = source.and_then(|it| self.string_inside(it)).map(|at| self.facts.text(at));
        let imported = node.descendants().filter(|it| it.is(K::Identifier));
        for name in imported {
            // In `import { a as b }`, `a` is no name of this file; it does no harm.
            let name = self.text(name);
            self.top.declared.insert(name);
            if let Some(module) = module {
                self.top.from.insert(name, module);
            }
        }
    }
}
