//! Logs: to standard error, by `CODEROOM_LOG` (`info`, `debug`, `coderoom_system=trace`, ...).

use tracing_subscriber::EnvFilter;

/// Starts logging at `level` unless `CODEROOM_LOG` says otherwise. rmcp's service reports what its
/// clients do wrong, or stop waiting for; that is theirs to know.
pub fn start(level: &str) {
    let filter = EnvFilter::try_from_env("CODEROOM_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},rmcp=warn,rmcp::service=off")));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // Telling of a log that cannot be written (a full disk) would panic in the same place.
        .log_internal_errors(false)
        .try_init();
}
