//! Declarations: constants, variables, types, functions and methods.

use tree_sitter::Node;

use super::walk::{Labels, Walk};
use crate::{
    comments,
    facts::{Expr, ExprIx, Flags, Form, Kind, Role, ScopeKind, Span, SymbolIx},
    tree::{children, field, in_field, span},
};

impl Walk<'_> {
    /// `const`, `var` and `type` with one specification or several in parentheses.
    pub(super) fn declaration(&mut self, node: Node<'_>) {
        let specs: Vec<Node<'_>> = children(node)
            .into_iter()
            .flat_map(|it| if it.kind() == "var_spec_list" { children(it) } else { vec![it] })
            .collect();
        let keyword = node.child(0).map_or(0, |keyword| keyword.end_byte());
        let rest = self.facts.source().get(keyword..).unwrap_or_default();
        let grouped = rest.trim_start().starts_with('(');
        let (mut ty, mut value) = (ExprIx::UNKNOWN, ExprIx::UNKNOWN);
        for spec in specs {
            let full = if grouped { span(spec) } else { span(node) };
            match spec.kind() {
                "const_spec" => {
                    // Without a value it repeats the specification before.
                    if field(spec, "value").is_some() {
                        (ty, value) = self.values(spec, full, Kind::Constant);
                    } else {
                        self.names(spec, full, Kind::Constant, ty, &[value]);
                    }
                }
                "var_spec" => {
                    self.values(spec, full, Kind::Variable);
                }
                "type_spec" | "type_alias" => self.type_spec(spec, full),
                _ => {
                    self.visit(spec);
                }
            }
        }
    }

    /// `a, b T = x, y`: gives the type and the first value.
    fn values(&mut self, node: Node<'_>, full: Span, kind: Kind) -> (ExprIx, ExprIx) {
        let ty = self.type_in(node, "type");
        let names = in_field(node, "name").len();
        let values = field(node, "value").map(|it| self.sources(it, names)).unwrap_or_default();
        self.names(node, full, kind, ty, &values);
        (ty, values.first().copied().unwrap_or_default())
    }

    fn names(&mut self, node: Node<'_>, full: Span, kind: Kind, ty: ExprIx, values: &[ExprIx]) {
        for (n, name) in in_field(node, "name").into_iter().enumerate() {
            let at = span(name);
            let Some(symbol) = self.define(kind, at, full) else { continue };
            self.value(symbol, at, full);
            let symbol = self.facts.symbol_mut(symbol);
            symbol.ty = ty;
            symbol.value = values.get(n).copied().unwrap_or_default();
        }
    }

    /// Describes a value that is declared by the statement at `full`.
    pub(super) fn value(&mut self, symbol: SymbolIx, at: Span, full: Span) {
        let is_local = self.facts.symbol(symbol).flags.has(Flags::LOCAL);
        let source = self.facts.source();
        let doc = if is_local {
            Span { start: full.start, end: full.start }
        } else {
            comments::above(source, full.start as usize)
        };
        let signature = self.facts.short_signature(full, at);
        let symbol = self.facts.symbol_mut(symbol);
        symbol.doc = doc;
        symbol.signature = signature;
    }

    /// What the expressions of a list give to `targets` names.
    pub(super) fn sources(&mut self, list: Node<'_>, targets: usize) -> Vec<ExprIx> {
        let nodes = if list.kind() == "expression_list" { children(list) } else { vec![list] };
        let values: Vec<ExprIx> = nodes.iter().map(|node| self.visit(*node)).collect();
        match (values.as_slice(), targets) {
            ([one], 2..) => {
                let one = *one;
                // `v, ok := m[k]` and the like give the value first; a call gives its results.
                if nodes.first().is_some_and(|node| is_call(*node)) {
                    let slot = |n| self.facts.wrap(one, |one| Expr::Slot(one, n));
                    (0..targets as u32).map(slot).collect()
                } else {
                    vec![one]
                }
            }
            _ => values,
        }
    }

    /// A function or method.
    pub(super) fn function(&mut self, node: Node<'_>) {
        let Some(name) = field(node, "name") else { return self.inside(node) };
        let receiver = field(node, "receiver");
        let full = span(node);
        let kind = if receiver.is_some() { Kind::Method } else { Kind::Function };
        let Some(symbol) = self.define(kind, span(name), full) else {
            return self.body_of_nothing(node);
        };
        let header = ["result", "parameters"].iter().find_map(|part| field(node, part));
        let header_end = header.map_or(name.end_byte(), |it| it.end_byte());
        self.describe(symbol, full, header_end as u32);
        let receives = receiver.map(receiver_of);
        match &receives {
            Some(_) => {
                let flags = self.facts.symbol(symbol).flags;
                let inside = Flags(flags.0 & !Flags::EXPORTED.0).with(Flags::INSTANCE);
                self.facts.symbol_mut(symbol).flags = inside;
            }
            None => self.flag_function(node, symbol),
        }
        if field(node, "body").is_none() {
            self.add_flags(symbol, Flags::DECLARATION);
        }
        // Types in the header are looked up outside, unless there are type parameters.
        let generic = match &receives {
            Some(it) if !it.type_parameters.is_empty() => receiver,
            _ => field(node, "type_parameters"),
        };
        let body = field(node, "body");
        let start = generic.or(body).map_or(node.end_byte(), |it| it.start_byte());
        let inside = Span::new(start, node.end_byte());
        self.facts.open(ScopeKind::Function, inside, Some(symbol));
        if let Some(receives) = receives {
            self.receiver(&receives, symbol);
        }
        self.type_parameters(field(node, "type_parameters"));
        self.parameters(field(node, "parameters"));
        let result = self.result(node);
        self.facts.symbol_mut(symbol).ty = result;
        self.body(body);
        self.facts.close();
    }

    /// The rest of a function without a name that counts.
    fn body_of_nothing(&mut self, node: Node<'_>) {
        self.facts.open(ScopeKind::Function, span(node), None);
        self.parameters(field(node, "receiver"));
        self.parameters(field(node, "parameters"));
        self.result(node);
        self.body(field(node, "body"));
        self.facts.close();
    }

    /// A function's body: its block is the function's own scope.
    pub(super) fn body(&mut self, body: Option<Node<'_>>) {
        let Some(body) = body else { return };
        self.labels.push(Labels::default());
        self.inside(body);
        let labels = self.labels.pop().unwrap_or_default();
        for (name, at) in labels.used {
            let form = labels.defined.get(&name).map_or(Form::Loose, |it| Form::Definition(*it));
            self.facts.occurrence(at, Role::Read, form);
        }
    }

    /// The receiver: what the method belongs to, a parameter, and the type's parameters.
    fn receiver(&mut self, receives: &Receiver<'_>, method: SymbolIx) {
        // It is no parameter: those have places that arguments are given in.
        let name =
            receives.name.and_then(|it| self.define(Kind::Variable, span(it), receives.full));
        for parameter in &receives.type_parameters {
            self.define(Kind::TypeParameter, span(*parameter), span(*parameter));
        }
        let Some(head) = receives.head else { return };
        let attached = self.ty(head);
        self.facts.symbol_mut(method).attached = attached;
        if let Some(name) = name {
            let mut ty = attached;
            if !receives.type_parameters.is_empty() {
                let scope = self.facts.scope();
                let mut args = Vec::new();
                for parameter in &receives.type_parameters {
                    let name = self.facts.name_at(span(*parameter));
                    args.push(self.facts.expr(Expr::Named(scope, name)));
                }
                ty = self.facts.wrap(ty, |ty| Expr::Generic(ty, args));
            }
            let symbol = self.facts.symbol_mut(name);
            symbol.ty = ty;
            symbol.signature = receives.full;
        }
    }

    /// Tests, and functions that nobody calls by name.
    fn flag_function(&mut self, node: Node<'_>, symbol: SymbolIx) {
        let spelled = self.facts.symbol(symbol).name;
        let name = self.facts.spelled(spelled).to_owned();
        let parameters = field(node, "parameters").map_or("", |it| self.facts.text(span(it)));
        let named = |prefix: &str| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| !rest.chars().next().is_some_and(char::is_lowercase))
        };
        let is_test = (["Test", "Benchmark", "Fuzz"].iter().any(|prefix| named(prefix))
            && parameters.contains("*testing."))
            || (named("Example") && parameters == "()");
        if is_test {
            self.add_flags(symbol, Flags::TEST);
        }
        if name == "init" {
            // Nobody can name it, and there can be several.
            let flags = Flags::INSTANCE.with(Flags::REACHED);
            self.facts.symbol_mut(symbol).flags = flags;
        } else if name == "main" && parameters == "()" {
            self.add_flags(symbol, Flags::REACHED);
        }
    }
}

/// What stands in the parentheses before a method's name.
struct Receiver<'t> {
    name: Option<Node<'t>>,
    /// The type's name, without pointer and type parameters.
    head: Option<Node<'t>>,
    type_parameters: Vec<Node<'t>>,
    full: Span,
}

fn receiver_of(list: Node<'_>) -> Receiver<'_> {
    let declaration = children(list).into_iter().next();
    let mut receiver = Receiver {
        name: declaration.and_then(|it| in_field(it, "name").into_iter().next()),
        head: declaration.and_then(|it| field(it, "type")),
        type_parameters: Vec::new(),
        full: declaration.map_or(span(list), span),
    };
    for _ in 0..8 {
        let Some(head) = receiver.head else { break };
        match head.kind() {
            "pointer_type" | "parenthesized_type" => {
                receiver.head = children(head).into_iter().next();
            }
            "generic_type" => {
                let arguments = field(head, "type_arguments").map(children).unwrap_or_default();
                let names = arguments.into_iter().flat_map(children);
                receiver.type_parameters =
                    names.filter(|it| it.kind() == "type_identifier").collect();
                receiver.head = field(head, "type");
            }
            _ => break,
        }
    }
    receiver
}

fn is_call(node: Node<'_>) -> bool {
    match node.kind() {
        "call_expression" => true,
        "parenthesized_expression" => children(node).first().is_some_and(|it| is_call(*it)),
        _ => false,
    }
}
