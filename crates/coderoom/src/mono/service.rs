//! `mem-search-service`: the daemon with MONO's sockets on.
//!
//! It is coderoom's daemon too, on coderoom's own socket, with the same workspaces; if a daemon is
//! running there already, it serves MONO alone with workspaces of its own.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use tokio::{
    net::UnixListener,
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use super::{
    clients::Clients,
    connection, say,
    sockets::{self, BindError, SocketFile},
};
use crate::daemon::{
    config::{Config, socket_path},
    lifecycle::{Daemon, StartError},
    rooms::Rooms,
    socket::is_owner,
};

/// Connections to the request socket at once; further ones wait.
const MAX_CONNECTIONS: usize = 512;
/// How long a request that does not look whether it is wanted may hold up the end.
const STOP_TIME: Duration = Duration::from_secs(2);

/// Keeps codebases in memory and searches them for coding agents, over MONO's sockets.
#[derive(Clone, Debug, Parser)]
#[command(name = "mem-search-service", version)]
pub struct Options {
    /// The socket that takes requests.
    #[arg(
        long,
        env = "MEM_SEARCH_REQUEST_SOCKET",
        default_value = "/tmp/mem_search_service_requests.sock"
    )]
    request_socket: PathBuf,
    /// The socket that a client's replies come from; `{pid}` stands for its process id.
    #[arg(
        long,
        env = "MEM_SEARCH_RESPONSE_SOCKET",
        default_value = "/tmp/qwen_code_response_{pid}.sock",
        value_parser = template
    )]
    response_socket: String,
    /// Seconds after which a client is freed that is not connected and asks for nothing.
    #[arg(long, env = "MEM_SEARCH_CLIENT_GRACE", default_value = "3600", value_parser = seconds)]
    client_grace: Duration,
    /// Bytes of text and postings to hold at most; default: half of the machine's memory.
    #[arg(long, env = "CODEROOM_MEMORY_BUDGET")]
    memory_budget: Option<u64>,
    /// Write no cache files.
    #[arg(long)]
    no_cache: bool,
}

fn template(given: &str) -> Result<String, String> {
    if given.contains("{pid}") {
        return Ok(given.to_string());
    }
    Err("it must contain {pid}, or all clients would share one socket".into())
}

fn seconds(given: &str) -> Result<Duration, String> {
    let seconds: f64 = given.parse().map_err(|_| "it is not a number".to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|err| err.to_string())
}

/// Runs the service until Ctrl+C or SIGTERM.
pub fn main() -> ExitCode {
    let options = Options::parse();
    crate::logging::start("warn");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(512)
        .enable_all()
        .build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let outcome = runtime.block_on(run(options));
        // A codebase that is still being loaded is not waited for.
        runtime.shutdown_timeout(STOP_TIME);
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("mem-search-service: {err:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    // Asked for first: a signal during the start must not leave sockets behind.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stopped = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let requests = sockets::bind(&options.request_socket).map_err(explain)?;
    sockets::remove_leftovers(&options.response_socket);
    let daemon = bind_daemon(config(&options));
    let (rooms, stop) = match &daemon {
        Ok(daemon) => (Arc::clone(&daemon.rooms), daemon.stop.clone()),
        Err(config) => (Arc::new(Rooms::new(config.clone())), CancellationToken::new()),
    };
    let clients = Arc::new(Clients::new(
        Arc::clone(&rooms),
        options.response_socket.clone(),
        options.client_grace,
    ));
    greet(&options);
    let serving = tokio::spawn(serve(requests, clients, stop.clone()));
    let stop_on_signal = stop.clone();
    tokio::spawn(async move {
        stopped.await;
        stop_on_signal.cancel();
    });
    match daemon {
        Ok(daemon) => daemon.run(None).await?,
        Err(_) => {
            stop.cancelled().await;
            let _ = tokio::task::spawn_blocking(move || rooms.close()).await;
        }
    }
    serving.await?;
    Ok(())
}

fn config(options: &Options) -> Config {
    let mut config = Config::default();
    if let Some(budget) = options.memory_budget {
        config.memory_budget = budget;
    }
    if options.no_cache {
        config.cache_dir = None;
    }
    config
}

/// Takes coderoom's own socket if it can; gives the configuration back if not.
fn bind_daemon(config: Config) -> Result<Daemon, Config> {
    match Daemon::bind(&socket_path(), config.clone()) {
        Ok(daemon) => return Ok(daemon),
        Err(StartError::Running(path)) => {
            tracing::info!(path = %path.display(), "a daemon is running there: serving MONO alone");
        }
        Err(err) => tracing::warn!(%err, "serving MONO alone"),
    }
    Err(config)
}

fn explain(err: BindError) -> anyhow::Error {
    let hint = match &err {
        BindError::Live(_) => {
            "use the service that runs there, stop it, or choose another --request-socket"
        }
        BindError::Occupied(_) => "see --request-socket",
        BindError::Io { .. } => "check the directory, or choose another --request-socket",
    };
    anyhow::anyhow!("{err}: {hint}")
}

/// The lines that tell whoever started the service that it is up.
fn greet(options: &Options) {
    let rule = "=".repeat(80);
    say(&format!("{rule}\nMONO Memory Search Service\n{rule}\n"));
    say(&format!("Request listener started on {}", options.request_socket.display()));
    say("Worker thread started");
    say("Service running. Press Ctrl+C to stop.");
}

/// Takes connections until `stop`; then all clients are let go and no socket is left.
async fn serve(
    (listener, socket): (UnixListener, SocketFile),
    clients: Arc<Clients>,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = tokio::task::JoinSet::new();
    let accepting = async {
        loop {
            // Never closed, so this only ever waits.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let stream = match listener.accept().await {
                Ok((stream, _)) if is_owner(&stream) => stream,
                Ok(_) => {
                    tracing::warn!("refused a connection of another user");
                    continue;
                }
                Err(err) => {
                    tracing::warn!(%err, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            while connections.try_join_next().is_some() {}
            let clients = Arc::clone(&clients);
            connections.spawn(async move {
                connection::serve(stream, clients).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accepting => {}
        () = clients.watch() => {}
    }
    tracing::info!(path = %socket.path().display(), "stopping");
    connections.shutdown().await;
    clients.free_all();
}
