//! What is asked of the program that asks, `benches/load.rs`, and what it says.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// What to ask.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Plan {
    /// Whom.
    pub address: SocketAddr,
    /// The certificate of the authority that has signed theirs, PEM.
    pub authority: String,
    /// Certificate and key of who asks, PEM; nothing if it may be anybody.
    pub identity: Option<[String; 2]>,
    /// Where.
    pub path: String,
    /// The bodies of the requests, in turn.
    pub bodies: Vec<String>,
    /// What every answer must hold.
    pub demanded: String,
    /// How fast.
    pub pace: Pace,
    /// For how long.
    pub seconds: u32,
}

/// How fast is asked.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub enum Pace {
    /// So many requests a second, whatever becomes of them.
    PerSecond(u32),
    /// So many under way at any time.
    AtOnce(u32),
}

/// What became of the requests.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Took {
    /// Milliseconds from when each was due until it was asked: what the program and the machine owe, not who answers.
    pub asked: Vec<f64>,
    /// Until it was answered.
    pub answered: Vec<f64>,
    /// Seconds from the first request to the last answer.
    pub seconds: f64,
    /// The seconds of all processors that the program used for it.
    pub processor: f64,
}

/// The program that asks.
pub(super) struct Load(pub(super) PathBuf);

impl Load {
    /// Carries out a plan, on some cores only.
    pub(super) async fn ask(&self, plan: &Plan, cores: &str) -> Result<Took> {
        let mut child = Command::new("taskset")
            .args(["--cpu-list", cores])
            .arg(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("failed to run taskset (util-linux)")?;
        let mut stdin = child.stdin.take().context("no way to tell what to ask")?;
        stdin.write_all(&serde_json::to_vec(plan)?).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        ensure!(output.status.success(), "who asks ended with {}", output.status);
        serde_json::from_slice(&output.stdout).context("who asks said nothing of use")
    }
}
