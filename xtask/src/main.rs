//! `cargo xtask`: the developer tasks of cxguard.
use clap::{Parser, Subcommand};
use xtask::controlplane;

/// Developer tasks of cxguard.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run a real Kubernetes control plane on this machine.
    #[command(subcommand)]
    Controlplane(controlplane::Command),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Controlplane(command) => command.run().await,
    }
}
