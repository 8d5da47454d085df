//! The node kinds and fields that the walk knows, one set for three grammars.

use std::{collections::HashMap, sync::LazyLock};

use tree_sitter::Language;

/// Which of the three grammars a file is read with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    TypeScript,
    Tsx,
    JavaScript,
}

impl Dialect {
    pub(super) fn grammar(self) -> tree_sitter_language::LanguageFn {
        match self {
            Dialect::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Dialect::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Dialect::JavaScript => tree_sitter_javascript::LANGUAGE,
        }
    }

    /// The kinds and fields of its grammar, by their numbers there.
    pub(super) fn tables(self) -> &'static Tables {
        static TYPESCRIPT: LazyLock<Tables> = LazyLock::new(|| Tables::of(Dialect::TypeScript));
        static TSX: LazyLock<Tables> = LazyLock::new(|| Tables::of(Dialect::Tsx));
        static JAVASCRIPT: LazyLock<Tables> = LazyLock::new(|| Tables::of(Dialect::JavaScript));
        match self {
            Dialect::TypeScript => &TYPESCRIPT,
            Dialect::Tsx => &TSX,
            Dialect::JavaScript => &JAVASCRIPT,
        }
    }
}

/// What the numbers of a grammar mean here.
pub(super) struct Tables {
    kinds: Vec<K>,
    fields: Vec<F>,
}

impl Tables {
    fn of(dialect: Dialect) -> Tables {
        let language: Language = dialect.grammar().into();
        let named: HashMap<&str, K> = NAMED.iter().copied().collect();
        let tokens: HashMap<&str, K> = TOKENS.iter().copied().collect();
        let kind = |id: u16| {
            let name = language.node_kind_for_id(id).unwrap_or_default();
            if language.node_kind_is_named(id) {
                named.get(name).copied().unwrap_or(K::Other)
            } else {
                tokens.get(name).copied().unwrap_or(K::Punctuation)
            }
        };
        let field = |id: u16| {
            let name = language.field_name_for_id(id).unwrap_or_default();
            FIELDS.iter().find(|(it, _)| *it == name).map_or(F::None, |(_, field)| *field)
        };
        Tables {
            kinds: (0..language.node_kind_count() as u16).map(kind).collect(),
            fields: (0..=language.field_count() as u16).map(field).collect(),
        }
    }

    pub(super) fn kind(&self, id: u16) -> K {
        self.kinds.get(usize::from(id)).copied().unwrap_or(K::Error)
    }

    pub(super) fn field(&self, id: u16) -> F {
        self.fields.get(usize::from(id)).copied().unwrap_or(F::None)
    }
}

macro_rules! vocabulary {
    (
        nodes { $($node:ident $name:literal,)* }
        tokens { $($token:ident $spelling:literal,)* }
        fields { $($field:ident $field_name:literal,)* }
    ) => {
        /// Kinds of nodes; tokens are words and signs that tell something.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum K {
            Error,
            Other,
            $($node,)*
            Punctuation,
            $($token,)*
        }

        /// Fields: what a node is to the one above it.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum F {
            None,
            $($field,)*
        }

        const NAMED: &[(&str, K)] = &[$(($name, K::$node),)*];
        const TOKENS: &[(&str, K)] = &[$(($spelling, K::$token),)*];
        const FIELDS: &[(&str, F)] = &[$(($field_name, F::$field),)*];
    };
}

vocabulary! {
    nodes {
        AbstractClass "abstract_class_declaration",
        AbstractMethod "abstract_method_signature",
        Accessibility "accessibility_modifier",
        AmbientDeclaration "ambient_declaration",
        Arguments "arguments",
        Array "array",
        ArrayPattern "array_pattern",
        ArrayType "array_type",
        Arrow "arrow_function",
        As "as_expression",
        Asserts "asserts",
        AssertsAnnotation "asserts_annotation",
        Assignment "assignment_expression",
        AssignmentPattern "assignment_pattern",
        AugmentedAssignment "augmented_assignment_expression",
        Await "await_expression",
        Binary "binary_expression",
        Break "break_statement",
        Call "call_expression",
        CallSignature "call_signature",
        Catch "catch_clause",
        Class "class",
        ClassBody "class_body",
        ClassDeclaration "class_declaration",
        ClassHeritage "class_heritage",
        ClassStaticBlock "class_static_block",
        Comment "comment",
        ComputedName "computed_property_name",
        ConditionalType "conditional_type",
        Constraint "constraint",
        ConstructSignature "construct_signature",
        ConstructorType "constructor_type",
        Continue "continue_statement",
        Decorator "decorator",
        DefaultType "default_type",
        ElseClause "else_clause",
        EnumAssignment "enum_assignment",
        EnumBody "enum_body",
        EnumDeclaration "enum_declaration",
        ExportClause "export_clause",
        ExportSpecifier "export_specifier",
        ExportStatement "export_statement",
        ExpressionStatement "expression_statement",
        ExtendsClause "extends_clause",
        ExtendsTypeClause "extends_type_clause",
        False "false",
        FieldDefinition "field_definition",
        FlowMaybe "flow_maybe_type",
        ForIn "for_in_statement",
        For "for_statement",
        FormalParameters "formal_parameters",
        FunctionDeclaration "function_declaration",
        FunctionExpression "function_expression",
        FunctionSignature "function_signature",
        FunctionType "function_type",
        GeneratorExpression "generator_function",
        GeneratorDeclaration "generator_function_declaration",
        GenericType "generic_type",
        HtmlComment "html_comment",
        Identifier "identifier",
        If "if_statement",
        ImplementsClause "implements_clause",
        ImportWord "import",
        ImportAlias "import_alias",
        ImportClause "import_clause",
        ImportRequire "import_require_clause",
        ImportSpecifier "import_specifier",
        ImportStatement "import_statement",
        IndexSignature "index_signature",
        IndexTypeQuery "index_type_query",
        InferType "infer_type",
        Instantiation "instantiation_expression",
        InterfaceBody "interface_body",
        InterfaceDeclaration "interface_declaration",
        InternalModule "internal_module",
        IntersectionType "intersection_type",
        JsxAttribute "jsx_attribute",
        JsxClosing "jsx_closing_element",
        JsxElement "jsx_element",
        JsxExpression "jsx_expression",
        JsxNamespaceName "jsx_namespace_name",
        JsxOpening "jsx_opening_element",
        JsxSelfClosing "jsx_self_closing_element",
        JsxText "jsx_text",
        Labeled "labeled_statement",
        LexicalDeclaration "lexical_declaration",
        LiteralType "literal_type",
        LookupType "lookup_type",
        MappedType "mapped_type_clause",
        Member "member_expression",
        MetaProperty "meta_property",
        MethodDefinition "method_definition",
        MethodSignature "method_signature",
        Module "module",
        NamedImports "named_imports",
        NamespaceExport "namespace_export",
        NamespaceImport "namespace_import",
        NestedIdentifier "nested_identifier",
        NestedTypeIdentifier "nested_type_identifier",
        New "new_expression",
        NonNull "non_null_expression",
        Null "null",
        Number "number",
        Object "object",
        ObjectAssignmentPattern "object_assignment_pattern",
        ObjectPattern "object_pattern",
        ObjectType "object_type",
        OptionalParameter "optional_parameter",
        OptionalType "optional_type",
        Pair "pair",
        PairPattern "pair_pattern",
        Parenthesized "parenthesized_expression",
        ParenthesizedType "parenthesized_type",
        PredefinedType "predefined_type",
        PrivateName "private_property_identifier",
        Program "program",
        PropertyName "property_identifier",
        PropertySignature "property_signature",
        PublicField "public_field_definition",
        ReadonlyType "readonly_type",
        Regex "regex",
        RequiredParameter "required_parameter",
        RestPattern "rest_pattern",
        RestType "rest_type",
        Return "return_statement",
        Satisfies "satisfies_expression",
        Sequence "sequence_expression",
        Shorthand "shorthand_property_identifier",
        ShorthandPattern "shorthand_property_identifier_pattern",
        Spread "spread_element",
        StatementBlock "statement_block",
        StatementIdentifier "statement_identifier",
        String "string",
        Subscript "subscript_expression",
        Super "super",
        SwitchBody "switch_body",
        SwitchCase "switch_case",
        TemplateString "template_string",
        This "this",
        ThisType "this_type",
        Throw "throw_statement",
        True "true",
        Ternary "ternary_expression",
        TupleType "tuple_type",
        TypeAlias "type_alias_declaration",
        TypeAnnotation "type_annotation",
        TypeArguments "type_arguments",
        TypeAssertion "type_assertion",
        TypeIdentifier "type_identifier",
        TypeParameter "type_parameter",
        TypeParameters "type_parameters",
        TypePredicate "type_predicate",
        TypePredicateAnnotation "type_predicate_annotation",
        TypeQuery "type_query",
        Undefined "undefined",
        UnionType "union_type",
        Unary "unary_expression",
        Update "update_expression",
        UsingDeclaration "using_declaration",
        VariableDeclaration "variable_declaration",
        VariableDeclarator "variable_declarator",
        Yield "yield_expression",
    }
    tokens {
        Star "*",
        Comma ",",
        Equals "=",
        AsWord "as",
        AsyncWord "async",
        ConstWord "const",
        DefaultWord "default",
        GetWord "get",
        GlobalWord "global",
        NamespaceWord "namespace",
        SetWord "set",
        StaticWord "static",
        TypeWord "type",
    }
    fields {
        Alias "alias",
        Alternative "alternative",
        Arguments "arguments",
        Attribute "attribute",
        Body "body",
        CloseTag "close_tag",
        Condition "condition",
        Consequence "consequence",
        Constructor "constructor",
        Declaration "declaration",
        Continue "continue_statement",
        Decorator "decorator",
        Function "function",
        Handler "handler",
        Increment "increment",
        Index "index",
        IndexType "index_type",
        Initializer "initializer",
        Key "key",
        Kind "kind",
        Left "left",
        Name "name",
        Module "module",
        Object "object",
        OpenTag "open_tag",
        Operator "operator",
        Parameter "parameter",
        Parameters "parameters",
        Pattern "pattern",
        Property "property",
        ReturnType "return_type",
        Right "right",
        Source "source",
        Type "type",
        TypeArguments "type_arguments",
        TypeParameters "type_parameters",
        Argument "argument",
        Value "value",
    }
}

impl K {
    /// Whether it is a word or sign and no node of its own.
    pub(super) fn is_token(self) -> bool {
        self as u8 >= K::Punctuation as u8
    }

    /// Whether it is a function in the place of a value.
    pub(super) fn is_function(self) -> bool {
        matches!(self, K::Arrow | K::FunctionExpression | K::GeneratorExpression)
    }
}
