//! The grammars' node kinds and fields by number, so that a walk compares no strings.

use std::sync::OnceLock;

use tree_sitter::{Language, Node};
use tree_sitter_language::LanguageFn;

macro_rules! kinds {
    ($($variant:ident = $text:literal),* $(,)?) => {
        /// Kinds of nodes that mean something here.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Kind { $($variant,)* Other }

        fn named(text: &str) -> Kind {
            match text { $($text => Kind::$variant,)* _ => Kind::Other }
        }
    };
}

kinds! {
    AliasDeclaration = "alias_declaration",
    AlignofExpression = "alignof_expression",
    ArgumentList = "argument_list",
    ArrayDeclarator = "array_declarator",
    AssignmentExpression = "assignment_expression",
    Auto = "auto",
    BaseClassClause = "base_class_clause",
    BinaryExpression = "binary_expression",
    CallExpression = "call_expression",
    CastExpression = "cast_expression",
    CatchClause = "catch_clause",
    ClassSpecifier = "class_specifier",
    CommaExpression = "comma_expression",
    Comment = "comment",
    CompoundLiteral = "compound_literal_expression",
    CompoundStatement = "compound_statement",
    ConceptDefinition = "concept_definition",
    ConditionalExpression = "conditional_expression",
    Declaration = "declaration",
    DeclarationList = "declaration_list",
    Decltype = "decltype",
    DependentName = "dependent_name",
    DestructorName = "destructor_name",
    EnumSpecifier = "enum_specifier",
    Enumerator = "enumerator",
    EnumeratorList = "enumerator_list",
    ExtensionExpression = "extension_expression",
    FieldDeclaration = "field_declaration",
    FieldDeclarationList = "field_declaration_list",
    FieldDesignator = "field_designator",
    FieldExpression = "field_expression",
    FieldIdentifier = "field_identifier",
    FieldInitializer = "field_initializer",
    ForRangeLoop = "for_range_loop",
    ForStatement = "for_statement",
    FriendDeclaration = "friend_declaration",
    FunctionDeclarator = "function_declarator",
    AbstractFunctionDeclarator = "abstract_function_declarator",
    FunctionDefinition = "function_definition",
    GotoStatement = "goto_statement",
    Identifier = "identifier",
    InitDeclarator = "init_declarator",
    InitializerList = "initializer_list",
    InitializerPair = "initializer_pair",
    LabeledStatement = "labeled_statement",
    LambdaExpression = "lambda_expression",
    LambdaCaptureInitializer = "lambda_capture_initializer",
    LinkageSpecification = "linkage_specification",
    MacroTypeSpecifier = "macro_type_specifier",
    NamespaceAlias = "namespace_alias_definition",
    NamespaceDefinition = "namespace_definition",
    NamespaceIdentifier = "namespace_identifier",
    NestedNamespace = "nested_namespace_specifier",
    NewExpression = "new_expression",
    OffsetofExpression = "offsetof_expression",
    OperatorCast = "operator_cast",
    OperatorName = "operator_name",
    OptionalParameter = "optional_parameter_declaration",
    OptionalTypeParameter = "optional_type_parameter_declaration",
    ParameterDeclaration = "parameter_declaration",
    ParameterList = "parameter_list",
    ParenthesizedDeclarator = "parenthesized_declarator",
    ParenthesizedExpression = "parenthesized_expression",
    PlaceholderType = "placeholder_type_specifier",
    PointerDeclarator = "pointer_declarator",
    PointerTypeDeclarator = "pointer_type_declarator",
    PointerExpression = "pointer_expression",
    PrimitiveType = "primitive_type",
    QualifiedIdentifier = "qualified_identifier",
    ReferenceDeclarator = "reference_declarator",
    ReturnStatement = "return_statement",
    SizeofExpression = "sizeof_expression",
    StatementIdentifier = "statement_identifier",
    StorageClass = "storage_class_specifier",
    StructSpecifier = "struct_specifier",
    StructuredBinding = "structured_binding_declarator",
    SubscriptExpression = "subscript_expression",
    TemplateArguments = "template_argument_list",
    TemplateDeclaration = "template_declaration",
    TemplateFunction = "template_function",
    TemplateMethod = "template_method",
    TemplateParameters = "template_parameter_list",
    TemplateTemplateParameter = "template_template_parameter_declaration",
    TemplateType = "template_type",
    This = "this",
    TrailingReturn = "trailing_return_type",
    TypeDefinition = "type_definition",
    TypeDescriptor = "type_descriptor",
    TypeIdentifier = "type_identifier",
    TypeParameter = "type_parameter_declaration",
    UnionSpecifier = "union_specifier",
    UpdateExpression = "update_expression",
    UsingDeclaration = "using_declaration",
    VariadicDeclarator = "variadic_declarator",
    VariadicParameter = "variadic_parameter_declaration",
    VariadicTypeParameter = "variadic_type_parameter_declaration",
    AccessSpecifier = "access_specifier",
    StringLiteral = "string_literal",
}

macro_rules! fields {
    ($($field:ident),* $(,)?) => {
        /// The numbers of the fields; 0 where the grammar has none of that name.
        #[derive(Default)]
        pub(super) struct Fields { $(pub(super) $field: u16,)* }

        fn fields(language: &Language) -> Fields {
            let number = |name: &str| language.field_id_for_name(name).map_or(0, |id| id.get());
            Fields { $($field: number(stringify!($field).trim_start_matches("r#")),)* }
        }
    };
}

fields! {
    alternative, argument, arguments, body, condition, consequence, declarator,
    default_type, default_value, designator, field, function, initializer, label, left, name, operator, parameters, right, scope, size, r#type, value,
}

/// A grammar with its numbers.
pub(super) struct Grammar {
    pub(super) language: LanguageFn,
    kinds: Vec<Kind>,
    pub(super) fields: Fields,
}

impl Grammar {
    fn new(language: LanguageFn) -> Grammar {
        let loaded: Language = language.into();
        let count = u16::try_from(loaded.node_kind_count()).unwrap_or(u16::MAX);
        let kind_of = |id: u16| {
            let named_kind = loaded.node_kind_is_named(id) || loaded.node_kind_is_visible(id);
            let text = loaded.node_kind_for_id(id).filter(|_| named_kind);
            // Anonymous tokens such as `auto` share their text with a named kind and its meaning.
            text.map_or(Kind::Other, named)
        };
        let kinds = (0..count).map(kind_of).collect();
        Grammar { language, kinds, fields: fields(&loaded) }
    }

    /// What a node is.
    pub(super) fn kind(&self, node: Node<'_>) -> Kind {
        self.kinds.get(usize::from(node.kind_id())).copied().unwrap_or(Kind::Other)
    }
}

/// C's grammar.
pub(super) fn c() -> &'static Grammar {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    GRAMMAR.get_or_init(|| Grammar::new(tree_sitter_c::LANGUAGE))
}

/// C++'s grammar.
pub(super) fn cpp() -> &'static Grammar {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    GRAMMAR.get_or_init(|| Grammar::new(tree_sitter_cpp::LANGUAGE))
}
