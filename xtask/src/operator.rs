//! The operator as a child process.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::cargo::cargo;
use crate::cluster::eventually;

/// The user name under which the operator runs: that of its service account.
pub const USER: &str = "system:serviceaccount:cxguard-system:cxguard";

/// The groups that its service account is in.
pub const GROUPS: [&str; 2] = ["system:serviceaccounts", "system:serviceaccounts:cxguard-system"];

/// Builds the operator, as it is shipped if `release` is set, and returns its path.
pub async fn build(release: bool) -> Result<PathBuf> {
    eprintln!("Building the operator");
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let executables = build_with(profile).await?;
    executables.into_iter().next_back().context("cargo build named no executable")
}

/// Builds the operator as it is shipped and an example of its package, and returns their paths. Both at once, so that
/// they share every dependency as it is built.
pub async fn build_beside(example: &str) -> Result<(PathBuf, PathBuf)> {
    eprintln!("Building what is measured");
    let programs = build_with(&["--release", "--bin", "cxguard", "--example", example]).await?;
    let named = |name: &str| {
        let found = programs.iter().find(|program| program.file_stem().is_some_and(|stem| stem == name));
        found.cloned().with_context(|| format!("cargo build named no {name}"))
    };
    Ok((named("cxguard")?, named(example)?))
}

/// Builds what the arguments of cargo name, and returns the paths of the programs that come of it.
async fn build_with(arguments: &[&str]) -> Result<Vec<PathBuf>> {
    let mut command = cargo();
    command.args(["build", "--package", "cxguard", "--message-format", "json-render-diagnostics"]);
    command.args(arguments);
    let output = command.stderr(Stdio::inherit()).output().await.context("failed to run cargo build")?;
    ensure!(output.status.success(), "the operator does not build");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let built = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    Ok(built.filter_map(|message| Some(message.get("executable")?.as_str()?.into())).collect())
}

/// A running operator. It is killed when dropped.
pub struct Operator {
    child: Child,
    health: u16,
    log: PathBuf,
}

impl Operator {
    /// Starts the operator and waits until it has listed everything. Its log goes to a file.
    pub async fn start(executable: &Path, kubeconfig: &Path, log: &Path) -> Result<Self> {
        let anywhere = ["--admission", "127.0.0.1:0"].map(str::to_owned);
        Self::start_with(executable, kubeconfig, log, &anywhere).await
    }

    /// The same with further arguments of `cxguard run`.
    pub async fn start_with(
        executable: &Path,
        kubeconfig: &Path,
        log: &Path,
        arguments: &[String],
    ) -> Result<Self> {
        let health = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let output = File::options().create(true).append(true).open(log)?;
        let child = Command::new(executable)
            .arg("run")
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .args(["--health", &format!("127.0.0.1:{health}")])
            // Who is killed is soon replaced.
            .args(["--lease-duration", "3"])
            .args(arguments)
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null())
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .context("failed to start the operator")?;
        let mut operator = Self { child, health, log: log.to_owned() };
        eventually("the operator is ready", async || operator.ready().await).await?;
        Ok(operator)
    }

    async fn ready(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("it ended with {status}: {}", self.last_words());
        }
        let answer = self.told("/readyz").await?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{}", answer.lines().last().unwrap_or_default());
        Ok(())
    }

    /// What it tells at a path, with the head of the answer.
    async fn told(&self, path: &str) -> Result<String> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.health)).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    /// What it counts: the sum of the metrics whose lines begin so.
    pub async fn count(&self, series: &str) -> Result<u32> {
        let answer = self.told("/metrics").await?;
        let values = answer.lines().filter(|line| line.starts_with(series));
        let values = values.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u32>().ok());
        Ok(values.sum())
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The last lines of its log.
    pub fn last_words(&self) -> String {
        let lines = File::open(&self.log).map(|file| BufReader::new(file).lines().map_while(Result::ok));
        let lines: Vec<String> = lines.map(Iterator::collect).unwrap_or_default();
        lines.into_iter().rev().take(5).collect::<Vec<_>>().join("\n")
    }
}
