//! The numbers of SCIP's schema (`scip.proto`) that we write and read.

use coderoom_syntax::{Flags, Kind, Symbol};

/// Fields of `Index`.
pub(super) mod index {
    pub(in crate::code::scip) const METADATA: u32 = 1;
    pub(in crate::code::scip) const DOCUMENTS: u32 = 2;
    pub(in crate::code::scip) const EXTERNAL_SYMBOLS: u32 = 3;
    /// Ours, beyond the schema's numbers, which others skip: the path of a document of an index
    /// that we keep, and the hash of the file's bytes when it was imported.
    pub(in crate::code::scip) const KEPT: u32 = 7001;
    pub(in crate::code::scip) const KEPT_PATH: u32 = 1;
    pub(in crate::code::scip) const KEPT_HASH: u32 = 2;
}

/// Fields of `Metadata` and of its `ToolInfo`.
pub(super) mod metadata {
    pub(in crate::code::scip) const TOOL_INFO: u32 = 2;
    pub(in crate::code::scip) const PROJECT_ROOT: u32 = 3;
    pub(in crate::code::scip) const TEXT_ENCODING: u32 = 4;
    pub(in crate::code::scip) const TOOL_NAME: u32 = 1;
    pub(in crate::code::scip) const TOOL_VERSION: u32 = 2;
}

/// Fields of `Document`.
pub(super) mod document {
    pub(in crate::code::scip) const RELATIVE_PATH: u32 = 1;
    pub(in crate::code::scip) const OCCURRENCES: u32 = 2;
    pub(in crate::code::scip) const SYMBOLS: u32 = 3;
    pub(in crate::code::scip) const LANGUAGE: u32 = 4;
    pub(in crate::code::scip) const TEXT: u32 = 5;
    pub(in crate::code::scip) const POSITION_ENCODING: u32 = 6;
}

/// Fields of `Occurrence`.
pub(super) mod occurrence {
    pub(in crate::code::scip) const RANGE: u32 = 1;
    pub(in crate::code::scip) const SYMBOL: u32 = 2;
    pub(in crate::code::scip) const ROLES: u32 = 3;
    pub(in crate::code::scip) const ENCLOSING_RANGE: u32 = 7;
}

/// Fields of `SymbolInformation` and of its `Relationship`s.
pub(super) mod information {
    pub(in crate::code::scip) const SYMBOL: u32 = 1;
    pub(in crate::code::scip) const DOCUMENTATION: u32 = 3;
    pub(in crate::code::scip) const RELATIONSHIPS: u32 = 4;
    pub(in crate::code::scip) const KIND: u32 = 5;
    pub(in crate::code::scip) const DISPLAY_NAME: u32 = 6;
    pub(in crate::code::scip) const SIGNATURE: u32 = 7;
    pub(in crate::code::scip) const ENCLOSING_SYMBOL: u32 = 8;
    pub(in crate::code::scip) const RELATED_SYMBOL: u32 = 1;
    pub(in crate::code::scip) const IS_REFERENCE: u32 = 2;
    pub(in crate::code::scip) const IS_IMPLEMENTATION: u32 = 3;
}

/// Bits of `Occurrence.symbol_roles`.
pub(super) mod role {
    pub(in crate::code::scip) const DEFINITION: u32 = 1;
    pub(in crate::code::scip) const IMPORT: u32 = 1 << 1;
    pub(in crate::code::scip) const WRITE: u32 = 1 << 2;
    pub(in crate::code::scip) const READ: u32 = 1 << 3;
    pub(in crate::code::scip) const TEST: u32 = 1 << 5;
    pub(in crate::code::scip) const FORWARD_DEFINITION: u32 = 1 << 6;
}

/// `TextEncoding.UTF8`.
pub(super) const TEXT_UTF8: u64 = 1;
/// `PositionEncoding.UTF8CodeUnitOffsetFromLineStart`.
pub(super) const UTF8_UNITS: u64 = 1;
/// `PositionEncoding.UTF16CodeUnitOffsetFromLineStart`.
pub(super) const UTF16_UNITS: u64 = 2;
/// `PositionEncoding.UTF32CodeUnitOffsetFromLineStart`.
pub(super) const UTF32_UNITS: u64 = 3;
/// `SymbolInformation.Kind.Module`.
pub(super) const MODULE: u64 = 29;

/// The `SymbolInformation.Kind` of a symbol.
pub(super) fn kind(symbol: &Symbol) -> u64 {
    let is_static = symbol.flags.has(Flags::STATIC);
    match symbol.kind {
        Kind::Module => MODULE,
        Kind::Class => 7,
        Kind::Struct => 49,
        Kind::Interface => 21,
        Kind::Trait => 53,
        Kind::Enum => 11,
        Kind::EnumMember => 12,
        Kind::TypeAlias => 55,
        Kind::TypeParameter => 58,
        Kind::Function => 17,
        Kind::Method if is_static => 80,
        Kind::Method => 26,
        Kind::Constructor => 9,
        Kind::Property => 41,
        Kind::Field if is_static => 79,
        Kind::Field => 15,
        Kind::Variable => 61,
        Kind::Constant => 8,
        Kind::Parameter => 37,
        Kind::Macro => 25,
        Kind::Impl => 84,
        Kind::Alias => 0,
        Kind::Section => 22,
    }
}

/// The name that SCIP's `Language` has for a file.
pub(super) fn language(plugin: &str, path: &str) -> String {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let name = match (plugin, extension) {
        ("typescript", _) => "TypeScript",
        ("tsx", _) => "TypeScriptReact",
        ("javascript", "jsx") => "JavaScriptReact",
        ("javascript", _) => "JavaScript",
        ("python", _) => "Python",
        ("rust", _) => "Rust",
        ("go", _) => "Go",
        ("java", _) => "Java",
        ("kotlin", _) => "Kotlin",
        ("scala", _) => "Scala",
        ("c", "c" | "h") => "C",
        ("c" | "cpp" | "c++", _) => "CPP",
        ("csharp" | "c#", _) => "CSharp",
        ("ruby", _) => "Ruby",
        ("php", _) => "PHP",
        ("lua", _) => "Lua",
        ("bash" | "shell", _) => "ShellScript",
        (other, _) => other,
    };
    name.to_owned()
}
