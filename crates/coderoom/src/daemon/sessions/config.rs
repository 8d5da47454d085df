//! `session.yaml`: how one session behaves. Every key has an effect, or is refused with the reason.

use std::path::Path;

use coderoom_engine::Language;
use coderoom_system::journal::Durability;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Code, OpError};

/// A session's configuration. What is left out has the document's defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// What it works on.
    pub project: Project,
    /// What it may use.
    pub memory: Memory,
    /// Where its changes go.
    pub git: Git,
    /// What is offered to agents.
    pub agents: Agents,
    /// How edits are judged.
    pub validation: Validation,
    /// What questions learn from it.
    pub graph: GraphConfig,
    /// When an edit is acknowledged.
    pub durability: Durability,
}

/// What a session works on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Project {
    /// The workspace; if given, it must be the one that the session is opened over.
    pub root: Option<String>,
    /// Languages whose syntax is judged. None: all that are known.
    pub languages: Vec<String>,
}

/// What a session may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Memory {
    /// Facts of an edited file are made when they are asked for; false: with the edit.
    pub lazy_parse: bool,
    /// What was found out about the session's code is kept between questions.
    pub cache_symbols: bool,
    /// Bytes that the session's own versions may take, in MiB: an edit beyond is refused.
    pub max_memory_mb: u64,
    /// An idle session may be put back to its journal when memory is short; false: it stays.
    pub lru_eviction: bool,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory { lazy_parse: true, cache_symbols: true, max_memory_mb: 1024, lru_eviction: true }
    }
}

/// When files are written to the working directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// When asked.
    #[default]
    OnDemand,
    /// With every batch.
    WriteThrough,
    /// When the session is closed.
    Lazy,
}

/// Where a session's changes go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Git {
    /// The review branch is `refs/heads/<diff_branch>/<session>`.
    pub diff_branch: String,
    /// Commit to it after each batch; false: when asked.
    pub auto_commit: bool,
    /// When files are written to the working directory.
    pub sync_frequency: SyncMode,
}

impl Default for Git {
    fn default() -> Git {
        Git {
            diff_branch: "in-memory-edits".into(),
            auto_commit: true,
            sync_frequency: SyncMode::OnDemand,
        }
    }
}

/// What is offered to agents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agents {
    /// Switches.
    pub features: Features,
}

/// Switches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Features {
    /// Questions about code are answered for the session's state; false: they are refused.
    pub instant_symbol_lookup: bool,
    /// A batch is judged as a whole; false: after each of its edits.
    pub batch_validation: bool,
    /// The session outlives its client; false: it is closed when its last client leaves it, by
    /// `session_close` with `discard`. Nothing acknowledged is ever dropped silently, so `false`
    /// is refused.
    pub persistent_context: bool,
}

impl Default for Features {
    fn default() -> Features {
        Features { instant_symbol_lookup: true, batch_validation: true, persistent_context: true }
    }
}

/// How edits are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Validation {
    /// An edit that adds a syntax error is refused.
    pub fail_on_syntax_error: bool,
    /// `validate` asks language servers too, and reports what is new since the base.
    pub warn_on_type_error: bool,
    /// `test_command` must succeed before files are written.
    pub run_tests_before_sync: bool,
    /// What to run then.
    pub test_command: Vec<String>,
}

impl Default for Validation {
    fn default() -> Validation {
        Validation {
            fail_on_syntax_error: true,
            warn_on_type_error: true,
            run_tests_before_sync: false,
            test_command: Vec::new(),
        }
    }
}

/// What questions learn from a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphConfig {
    /// What it was asked, and which of the files that were answered it has edited, is a lesson for
    /// questions like that, once the edits are handed over.
    pub learn_from_edits: bool,
}

impl Default for GraphConfig {
    fn default() -> GraphConfig {
        GraphConfig { learn_from_edits: true }
    }
}

impl SessionConfig {
    /// Reads a configuration for a session over `root`. Nothing given is the default.
    ///
    /// # Errors
    /// `bad_config`, with the key and the reason.
    pub fn parse(yaml: &str, root: &Path) -> Result<SessionConfig, OpError> {
        let bad = |message: String| OpError::new(Code::BadConfig, message);
        if yaml.trim().is_empty() {
            return Ok(SessionConfig::default());
        }
        let config: SessionConfig = serde_saphyr::from_str(yaml)
            .map_err(|err| bad(format!("the session's configuration is refused: {err}")))?;
        if let Some(given) = &config.project.root
            && Path::new(given).canonicalize().ok().as_deref() != Some(root)
        {
            let root = root.display();
            return Err(bad(format!(
                "project.root is {given}, and the workspace is {root}: leave it out, or open the \
                 session over that root"
            )));
        }
        for name in &config.project.languages {
            if Language::named(name).is_none() {
                let known: Vec<&str> = Language::all().map(|it| it.plugin().name()).collect();
                return Err(bad(format!(
                    "project.languages: `{name}` is not known; there are: {}",
                    known.join(", ")
                )));
            }
        }
        if !config.agents.features.persistent_context {
            return Err(bad("agents.features.persistent_context: false is refused: what was \
                 acknowledged is kept until the session is closed"
                .into()));
        }
        if config.validation.run_tests_before_sync && config.validation.test_command.is_empty() {
            return Err(bad(
                "validation.run_tests_before_sync needs validation.test_command: the \
                 command and its arguments, as a list"
                    .into(),
            ));
        }
        let branch = &config.git.diff_branch;
        if branch.is_empty() || branch.starts_with(['/', '-', '.']) || branch.contains("..") {
            return Err(bad(format!("git.diff_branch: `{branch}` is no part of a branch's name")));
        }
        if config.memory.max_memory_mb == 0 {
            return Err(bad("memory.max_memory_mb is 0: no edit would fit".into()));
        }
        Ok(config)
    }

    /// Whether the syntax of a language is judged.
    pub fn judges(&self, language: Language) -> bool {
        let named = &self.project.languages;
        named.is_empty() || named.iter().any(|name| Language::named(name) == Some(language))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<SessionConfig, OpError> {
        SessionConfig::parse(yaml, Path::new("/"))
    }

    #[test]
    fn the_documents_example_is_taken() {
        let yaml = "project:\n  root: /\n  languages: [python, typescript]\n\nmemory:\n  \
            lazy_parse: true\n  cache_symbols: true\n  max_memory_mb: 1024\n  lru_eviction: true\n\n\
            git:\n  diff_branch: in-memory-edits\n  auto_commit: true\n  sync_frequency: on_demand\n\n\
            agents:\n  features:\n    instant_symbol_lookup: true\n    batch_validation: true\n    \
            persistent_context: true\n\nvalidation:\n  fail_on_syntax_error: true\n  \
            warn_on_type_error: true\n  run_tests_before_sync: false\n";
        let config = parse(yaml).expect("the document's own");
        let project = Project {
            root: Some("/".into()),
            languages: vec!["python".into(), "typescript".into()],
        };
        assert_eq!(config, SessionConfig { project, ..SessionConfig::default() });
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (yaml, said) in [
            ("memory:\n  max_memory: 4\n", "max_memory"),
            ("project:\n  root: /nowhere/at/all\n", "project.root"),
            ("project:\n  languages: [klingon]\n", "klingon"),
            ("agents:\n  features:\n    persistent_context: false\n", "persistent_context"),
            ("validation:\n  run_tests_before_sync: true\n", "test_command"),
            ("git:\n  diff_branch: ../x\n", "diff_branch"),
            ("git:\n  sync_frequency: sometimes\n", "sometimes"),
            ("memory: [", "refused"),
        ] {
            let err = parse(yaml).expect_err(yaml);
            assert_eq!(err.code, Code::BadConfig);
            assert!(err.message.contains(said), "{}", err.message);
        }
    }
}
