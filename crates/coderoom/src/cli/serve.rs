//! `coderoom serve`: the daemon, in the foreground or in the background.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;

use crate::{
    client::Client,
    daemon::{
        cancel::Cancel,
        config::{Config, private_dir, runtime_dir, socket_path},
        http,
        lifecycle::Daemon,
    },
    ops::{Context, load},
};

/// What to serve, and within which bounds.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Directories to load at once.
    roots: Vec<PathBuf>,
    /// Come back as soon as the daemon answers; its log goes to a file beside the socket.
    #[arg(long)]
    background: bool,
    /// Port of the HTTP server on the loopback; 0 takes any.
    #[arg(long, default_value_t = 0, env = "CODEROOM_HTTP_PORT")]
    http_port: u16,
    /// Serve no HTTP.
    #[arg(long)]
    no_http: bool,
    /// Bytes of text and postings to hold at most; default: half of the machine's memory.
    #[arg(long, env = "CODEROOM_MEMORY_BUDGET")]
    memory_budget: Option<u64>,
    /// Bytes of facts about code to keep unpacked; default: a sixteenth of the machine's memory, at
    /// most 512 MiB.
    #[arg(long, env = "CODEROOM_FACTS_BUDGET")]
    facts_budget: Option<u64>,
    /// Do not hold files over this size (bytes).
    #[arg(long, default_value_t = 64 << 20)]
    max_file_size: u64,
    /// Load ignored files too.
    #[arg(long)]
    no_ignore: bool,
    /// Take at most so many watches of the kernel a workspace.
    #[arg(long)]
    max_watches: Option<usize>,
    /// Write no cache files.
    #[arg(long)]
    no_cache: bool,
    /// Threads of one query or load.
    #[arg(long)]
    threads: Option<usize>,
}

pub(super) fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    if args.background {
        return start_in_background();
    }
    crate::logging::start("info");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(512)
        .enable_all()
        .build()?;
    runtime.block_on(serve(args))?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration that the arguments make.
fn config(args: &ServeArgs) -> Config {
    let mut config = Config {
        max_file_size: args.max_file_size,
        no_ignore: args.no_ignore,
        max_watches: args.max_watches,
        ..Config::default()
    };
    if let Some(budget) = args.memory_budget {
        config.memory_budget = budget;
    }
    if let Some(budget) = args.facts_budget {
        config.facts_budget = budget;
    }
    if let Some(threads) = args.threads {
        config.threads = threads.max(1);
    }
    if args.no_cache {
        config.cache_dir = None;
    }
    config
}

async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    let path = socket_path();
    let daemon = Daemon::bind(&path, config(&args))?;
    say(&format!("coderoom {} (process {})", env!("CARGO_PKG_VERSION"), std::process::id()));
    say(&format!("  socket {}", path.display()));
    say("  mcp    coderoom mcp");
    let http = if args.no_http {
        None
    } else {
        let token_file = path.with_file_name("http.token");
        let mcp = crate::mcp::router(Arc::clone(&daemon.rooms));
        let server =
            http::Server::bind(args.http_port, &token_file, Arc::clone(&daemon.rooms), mcp)
                .await
                .with_context(|| format!("cannot listen on port {}", args.http_port))?;
        say(&format!(
            "  http   http://{}/v1, MCP at /mcp (token in {})",
            server.address,
            token_file.display()
        ));
        Some(server)
    };
    let rooms = Arc::clone(&daemon.rooms);
    let roots = args.roots;
    let loading = tokio::task::spawn_blocking(move || {
        for root in roots {
            load_root(&rooms, &root);
        }
    });
    daemon.run(http).await?;
    loading.abort();
    say("stopped");
    Ok(())
}

/// Prints a line; a terminal that went away is no reason to end.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Loads a root and prints what it holds; one that fails does not end the daemon.
fn load_root(rooms: &Arc<crate::daemon::rooms::Rooms>, root: &Path) {
    let context = Context {
        rooms: Arc::clone(rooms),
        cancel: Cancel::default(),
        deadline: Instant::now() + Duration::from_secs(3600),
        progress: crate::daemon::progress::Progress::default(),
        session: String::new(),
    };
    let loaded = super::absolute(root).map_err(|err| err.to_string()).and_then(|root| {
        let root = fs::canonicalize(root).map_err(|err| err.to_string())?;
        let params = load::Params { root: root.display().to_string(), ..load::Params::default() };
        rooms.load(&params, &context).map_err(|err| err.to_string())
    });
    match loaded {
        Ok(room) => {
            let totals = room.workspace.snapshot().totals();
            say(&format!(
                "loaded {}: {} files, {:.1} MB of text, in {:.2} s{}",
                room.root().display(),
                totals.files,
                totals.text_bytes as f64 / 1e6,
                room.load_seconds,
                if room.recalled > 0 { " (from its cache file)" } else { "" }
            ));
        }
        Err(err) => tracing::error!(root = %root.display(), %err, "cannot load"),
    }
}

/// Starts this program again, away from the terminal, and waits until its socket answers.
fn start_in_background() -> anyhow::Result<ExitCode> {
    if Client::connect().is_ok() {
        return Ok(ExitCode::SUCCESS);
    }
    private_dir(&runtime_dir())?;
    let log_path = runtime_dir().join("daemon.log");
    let log = fs::File::create(&log_path)?;
    let arguments = std::env::args_os().skip(1).filter(|arg| arg != "--background");
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()?;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        if Client::connect().is_ok() {
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(status) = child.try_wait()? {
            // Somebody else may have been faster: then its socket answers.
            if Client::connect().is_ok() {
                return Ok(ExitCode::SUCCESS);
            }
            anyhow::bail!("the daemon ended with {status}: see {}", log_path.display());
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    anyhow::bail!("the daemon does not answer: see {}", log_path.display())
}
