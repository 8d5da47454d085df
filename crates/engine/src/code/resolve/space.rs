//! Names that are apart: one name can be a type's, a value's and a macro's at once, and its use says
//! which is meant.

use coderoom_syntax::{Form, Kind, Occurrence, Role, Rules, Spaces};

use super::{Found, Resolution, Resolver, Target, Thing};
use crate::{code::loaded::Loaded, file::FileId};

/// Which symbols of a name are looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Space {
    /// All.
    Any,
    /// What can be called, where methods have names of their own.
    Called,
    /// What is no method, where methods have names of their own.
    Valued,
    /// Types and modules.
    Types,
    /// Values.
    Values,
    /// Macros.
    Macros,
    /// Fields, in a struct's literal or pattern.
    Fields,
    /// What stands behind a dot and is called: a method.
    Methods,
    /// What stands behind a dot: a field.
    Members,
    /// Types and what can stand for one, where these have names of their own.
    Typed,
    /// What is no type, where these have names of their own.
    Untyped,
    /// Structs, unions and enumerations, by the names behind these words.
    Tagged,
    /// Types that are other names of types.
    Aliases,
}

impl Space {
    /// What a name that is used so can be.
    pub(super) fn of(occurrence: &Occurrence, rules: &Rules) -> Space {
        match (rules.spaces, occurrence.form, occurrence.role) {
            (Spaces::One, ..) | (_, _, Role::Import | Role::Definition) => Space::Any,
            (Spaces::Methods, _, Role::Call) => Space::Called,
            (Spaces::Methods, ..) => Space::Valued,
            (Spaces::Uses, Form::Macro, _) => Space::Macros,
            (Spaces::Uses, Form::Label(_), _) => Space::Fields,
            (Spaces::Uses, _, Role::Type | Role::Inherit) => Space::Types,
            (Spaces::Uses, Form::Member(_), Role::Call) => Space::Methods,
            (Spaces::Uses, Form::Member(_), _) => Space::Members,
            (Spaces::Uses, ..) => Space::Values,
            (Spaces::Tags, Form::Tag, _) => Space::Tagged,
            (Spaces::Tags, Form::Bare, Role::Type | Role::Inherit) => Space::Typed,
            (Spaces::Tags, Form::Bare, _) => Space::Untyped,
            (Spaces::Tags, ..) => Space::Any,
        }
    }

    /// Whether a symbol can be meant.
    pub(super) fn has(self, kind: Kind) -> bool {
        use Kind::{
            Alias, Field, Function, Macro, Method, Module, Parameter, Property, Trait,
            TypeParameter, Variable,
        };
        match self {
            Space::Any => true,
            // Types are called to make instances, and components of records to read them.
            Space::Called => {
                kind.is_callable() || kind.is_type() || matches!(kind, Alias | Property | Module)
            }
            Space::Valued => !kind.is_callable(),
            // Constants are arguments of types.
            Space::Types => {
                !matches!(kind, Function | Method | Variable | Parameter | Field | Macro)
            }
            Space::Values | Space::Methods | Space::Members => {
                !matches!(kind, Module | Macro | Trait | TypeParameter)
            }
            Space::Macros => matches!(kind, Macro | Alias),
            Space::Fields => kind == Field,
            Space::Typed => kind.is_type() || matches!(kind, Alias | Module | Macro),
            Space::Untyped => !kind.is_type(),
            Space::Tagged => kind.is_type() && kind != Kind::TypeAlias,
            Space::Aliases => kind == Kind::TypeAlias,
        }
    }

    /// Whether a member of a receiver can be meant: `a.b` is a field and `a.b()` a method, but
    /// `A::b` never is a field.
    pub(super) fn has_on(self, kind: Kind, on: &Thing) -> bool {
        let instance = matches!(on, Thing::Instance(..) | Thing::Own(_));
        self.has(kind)
            && match self {
                Space::Methods => kind != Kind::Field,
                Space::Members if instance => !kind.is_callable(),
                Space::Members => kind != Kind::Field,
                _ => true,
            }
    }
}

impl Resolver<'_> {
    /// Those that the present space has, if it has any: an alias may lead to several things of one
    /// name.
    pub(super) fn narrowed_to(&mut self, found: Vec<Found>) -> Vec<Found> {
        let space = self.space;
        if space == Space::Any || found.len() < 2 {
            return found;
        }
        let mut kept = found.clone();
        kept.retain(|found| match found {
            Found::Symbol(target) => self.kind(*target).is_some_and(|kind| space.has(kind)),
            Found::Module(_) => space == Space::Types,
            Found::External => true,
        });
        let any = kept.iter().any(|found| *found != Found::External);
        if any { kept } else { found }
    }

    /// What a macro's name stands for.
    pub(super) fn macro_named(
        &mut self,
        file: FileId,
        facts: &Loaded,
        occurrence: &Occurrence,
    ) -> Resolution {
        self.space = Space::Macros;
        let scope = facts.scope_at(occurrence.start);
        let mut found = self.bare(file, facts, scope, occurrence.start, occurrence.name);
        found.retain(|found| match found {
            Found::Symbol(target) => self.kind(*target) == Some(Kind::Macro),
            _ => true,
        });
        if found.iter().any(|found| *found != Found::External) {
            return Resolution::sure(found);
        }
        let name = facts.facts.name(occurrence.name);
        let macros = self.macros(file, facts, name);
        let guessed = macros.len() > 1;
        found.extend(macros.into_iter().map(Found::Symbol));
        Resolution { found, guessed }
    }

    /// Macros of this name, whoever defines them: those nearest in the tree, if there are several.
    pub(super) fn macros(&mut self, file: FileId, facts: &Loaded, name: &str) -> Vec<Target> {
        let language = facts.facts.language;
        let mut macros = Vec::new();
        for target in self.defined(name).iter().copied() {
            let fits = self.with(target, |symbol, facts| {
                symbol.kind == Kind::Macro && facts.facts.language.is_related(language)
            });
            if fits == Some(true) {
                macros.push(target);
            }
        }
        if macros.len() < 2 {
            return macros;
        }
        let near = |path: &str, other: &str| {
            let parts = path.split('/').zip(other.split('/'));
            parts.take_while(|(a, b)| a == b).count()
        };
        let here = self.code.path(file).to_owned();
        let distance = |target: &Target| near(&here, self.code.path(target.file));
        let nearest = macros.iter().map(distance).max();
        macros.retain(|target| Some(distance(target)) == nearest);
        macros
    }
}
