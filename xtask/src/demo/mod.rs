//! `cargo xtask demo`: the operator at work, every step checked.

mod cluster;
mod dates;
mod examples;
mod story;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::interrupt::interrupted;
use crate::operator::{self, Operator};
use cluster::Cluster;

/// How the demo runs.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Leave everything up until Ctrl-C, and say how to reach it
    #[arg(long)]
    keep: bool,

    /// Use this cluster instead of a control plane of its own: as its administrator, who impersonates the users
    #[arg(long, value_name = "FILE", env = "KUBECONFIG")]
    kubeconfig: Option<PathBuf>,
}

/// Runs the demo. An error says which step did not come true.
pub async fn run(options: Options) -> Result<()> {
    let keep = options.keep;
    let (cluster, operator) = tokio::select! {
        shown = show(options) => shown?,
        stopped = interrupted() => {
            stopped?;
            bail!("stopped")
        }
    };
    if keep {
        let kubeconfig = cluster.kubeconfig()?;
        eprintln!("\nexport KUBECONFIG={}\nkubectl get cx -A\n\nCtrl-C stops it.", kubeconfig.display());
        interrupted().await?;
    }
    drop((operator, cluster));
    Ok(())
}

/// Shows everything. Returns what runs: it ends when it is dropped.
async fn show(options: Options) -> Result<(Cluster, Operator)> {
    let executable = operator::build(false).await?;
    let cluster = Cluster::start(options.kubeconfig).await?;
    cluster.install().await?;
    let operator = Operator::start(&executable, &cluster.operator()?, &cluster.log()).await?;
    say("the operator is ready: it has listed everything");
    let told = tell(&cluster).await;
    if told.is_err() {
        eprintln!("The operator's last words:\n{}", operator.last_words());
    }
    told?;
    eprintln!("Everything came true.");
    Ok((cluster, operator))
}

async fn tell(cluster: &Cluster) -> Result<()> {
    examples::show(cluster).await?;
    story::tell(cluster).await
}

/// A line of the story, with the time of day.
fn say(line: impl AsRef<str>) {
    eprintln!("  {}  {}", jiff::Timestamp::now().strftime("%H:%M:%S"), line.as_ref());
}
