//! `cxguard run`: the operator.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use kube::Client;
use tokio::sync::watch;
use tracing::{error, info};
use tracing_subscriber::EnvFilter;

use super::admission::Admission;
use super::clock::now;
use super::connection::Connection;
use super::when::namespace;
use crate::cluster::health::{self, Health};
use crate::cluster::{Configuration, Pace, Settings, shell};
use crate::facts::OPERATOR_NAMESPACE;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard run                            in a pod, by its service account
  cxguard run --kubeconfig FILE          from outside, as the operator's own account
  cxguard run --observe                  judge and write status, act on nothing else
  cxguard run --admission off            serve no webhook

Several replicas may run: one leads and writes, all serve the webhook.")]
pub(super) struct Arguments {
    /// Judge and write status, but bind, revoke and annotate nothing
    #[arg(long)]
    observe: bool,

    /// Make the service accounts that grants ask for; needs the rights of deploy/issue-accounts.yaml
    #[arg(long)]
    issue_accounts: bool,

    #[command(flatten)]
    connection: Connection,

    /// The operator's own namespace: its Lease, its certificates, and the record of grants that have ended
    #[arg(long, value_name = "NAME", default_value = OPERATOR_NAMESPACE, value_parser = namespace)]
    namespace: String,

    /// The name of this replica, in events and in the Lease
    #[arg(long, value_name = "NAME", default_value = "cxguard", env = "POD_NAME")]
    instance: String,

    /// After how many seconds another replica takes over from a leader that is gone
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u32).range(3..=600))]
    lease_duration: u32,

    #[command(flatten)]
    admission: Admission,

    /// The address of /healthz, /readyz and /metrics
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8081")]
    health: SocketAddr,

    /// What is logged, such as `info` or `cxguard=debug`
    // What the library says of its own retries is said once, and in our words.
    #[arg(long, value_name = "FILTER", default_value = "info,kube_runtime=error", env = "CXGUARD_LOG")]
    log: String,
}

pub(super) fn main(arguments: Arguments) -> ExitCode {
    let outcome = start_log(&arguments.log).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("failed to start the runtime")?.block_on(operate(arguments))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // The steps between say the same in other words.
            let cause = problem.root_cause().to_string();
            let said = problem.to_string();
            if said.contains(&cause) {
                error!("{said}");
            } else {
                error!("{said}: {cause}");
            }
            ExitCode::from(2)
        }
    }
}

/// Text for people, JSON for machines. Of a panic the log says where, and not what: that may hold anything.
fn start_log(filter: &str) -> Result<()> {
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr);
    let filter = EnvFilter::try_new(filter).inspect_err(|_| {
        // So that the mistake itself can be logged.
        let plain = tracing_subscriber::fmt().with_writer(std::io::stderr);
        drop(plain.with_ansi(std::io::stderr().is_terminal()).try_init());
    });
    let filter = filter.context("--log is no filter such as `info` or `cxguard=debug`")?;
    let subscriber = subscriber.with_env_filter(filter);
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!("panicked at {place}");
    }));
    let started = if std::io::stderr().is_terminal() {
        subscriber.with_target(false).try_init()
    } else {
        subscriber.json().flatten_event(true).with_ansi(false).try_init()
    };
    started.map_err(|problem| anyhow::anyhow!("failed to start the log: {problem}"))
}

async fn operate(arguments: Arguments) -> Result<()> {
    arguments.admission.check()?;
    let config = arguments.connection.config().await?;
    let server = config.cluster_url.to_string();
    let client = Client::try_from(config.clone()).context("failed to prepare the connection")?;
    let version = client.apiserver_version().await;
    let version = version.with_context(|| format!("failed to reach the API server at {server}"))?;
    let listener = health::listen(arguments.health).await;
    let listener =
        listener.with_context(|| format!("failed to listen on {} (--health)", arguments.health))?;
    let webhook = arguments.admission.webhook().await?;
    info!(server, version = version.git_version, observe = arguments.observe, "cxguard starts");
    let (stop_sender, stop) = watch::channel(false);
    let health = Arc::new(Health::new());
    let endpoints = tokio::spawn(health::serve(listener, Arc::clone(&health), stop.clone()));
    tokio::spawn(async move {
        let signal = signalled().await;
        info!(signal, "stopping");
        // Nobody is left to be told if the operator has ended by itself.
        let _ = stop_sender.send(true);
    });
    let settings = Settings { observe: arguments.observe, issue_accounts: arguments.issue_accounts };
    let configuration = Configuration {
        settings,
        namespace: arguments.namespace,
        webhooks: arguments.admission.configuration(),
        instance: arguments.instance,
        pace: Pace::of_seconds(arguments.lease_duration),
        shutdown_delay: arguments.admission.shutdown_delay(),
    };
    shell::run(config, configuration, webhook, now, health, stop.clone()).await?;
    let asked = *stop.borrow();
    endpoints.abort();
    info!("cxguard has stopped");
    if asked { Ok(()) } else { Err(anyhow::anyhow!("the watches have ended")) }
}

/// Which signal asked to stop.
async fn signalled() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        drop(tokio::signal::ctrl_c().await);
        return "SIGINT";
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = tokio::signal::ctrl_c() => "SIGINT",
    }
}
