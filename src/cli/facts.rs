//! `cxguard facts`: what a cluster knows, for checks that cannot reach it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use super::clock::now;
use super::connection::Connection;
use super::files;
use super::print::{fail, print};
use super::when::namespace;
use crate::cluster::index::{Listed, STREAMS, list};
use crate::facts::{Kind, OPERATOR_NAMESPACE, Snapshot, leaves};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard facts export --output facts.json
  cxguard check --facts facts.json deploy/")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write what a cluster knows into a file, for `cxguard check --facts`
    Export(Export),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard facts export --output facts.json           as the kubeconfig's own user
  cxguard facts export --context production | gzip   to standard output
  cxguard check --facts facts.json deploy/           a check that knows the cluster

The file holds no Secrets, no annotations, no owners, contacts, references or free texts; names that rules compare \
are in it. What the user may not list is named on standard error and in the file.

Exit codes: 0 written, 2 wrong usage, or the cluster or the file is out of reach.")]
struct Export {
    #[command(flatten)]
    connection: Connection,

    /// The namespace in which the operator runs and keeps its own records
    #[arg(long, value_name = "NAME", default_value = OPERATOR_NAMESPACE, value_parser = namespace)]
    operator_namespace: String,

    /// The file to write; without it, standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What was read of a cluster.
pub(super) struct Known {
    /// The address of its API server.
    pub(super) server: String,
    /// What it told.
    pub(super) listed: Listed,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let Command::Export(export) = &arguments.command;
    match self::export(export) {
        Ok(code) => code,
        Err(problem) => fail(&problem),
    }
}

fn export(arguments: &Export) -> Result<ExitCode> {
    let Known { server, listed } = read(&arguments.connection, &arguments.operator_namespace, &exported())?;
    let missing = listed.missing.into_iter().map(|missing| missing.resource).collect();
    let mut snapshot = Snapshot::new(now(), server, missing, listed.facts);
    snapshot.operator = arguments.operator_namespace.as_str().into();
    let mut bytes = Vec::new();
    snapshot.write(&mut bytes).context("failed to write JSON")?;
    let Some(file) = &arguments.output else { return Ok(print(&String::from_utf8_lossy(&bytes))) };
    files::write(file, &bytes).with_context(|| format!("failed to write {}", file.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The kinds of which something is exported.
pub(super) fn exported() -> Vec<Kind> {
    STREAMS.into_iter().filter(|kind| leaves(*kind)).collect()
}

/// Reads kinds, and says on standard error which could not be.
pub(super) fn read(connection: &Connection, operator_namespace: &str, kinds: &[Kind]) -> Result<Known> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("failed to start the runtime")?.block_on(async {
        let config = connection.config().await?;
        let (scheme, host) = (config.cluster_url.scheme_str(), config.cluster_url.host());
        let port = config.cluster_url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        // An address may hold a password; what is written names only the host.
        let server = format!("{}://{}{port}", scheme.unwrap_or("https"), host.unwrap_or_default());
        let listed = list(config, operator_namespace, kinds).await;
        let listed = listed.with_context(|| format!("failed to read the cluster at {server}"))?;
        for missing in &listed.missing {
            let _ = writeln!(std::io::stderr(), "warning: {} not read: {}", missing.resource, missing.why);
        }
        ensure!(
            listed.missing.len() < kinds.len(),
            "nothing may be listed at {server}: bind the ClusterRoles view and cxguard-viewer to the user"
        );
        Ok(Known { server, listed })
    })
}
