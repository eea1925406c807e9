//! `cargo xtask`: the developer tasks of cxguard.
use clap::{Parser, Subcommand};
use std::ffi::OsString;

use xtask::{bench, controlplane, demo, generate, testing};

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
    /// Show the operator at work on a control plane of its own, and check every step.
    Demo(demo::Options),
    /// Run every test, also those that start a control plane, and the demo.
    Test {
        /// Names of tests; without any, all run, and the demo.
        filters: Vec<OsString>,
    },
    /// Write the generated files anew: the definitions in `crds/`, the pages in `docs/rules/`, `deploy/` from the chart.
    Generate,
    /// Measure on a control plane of its own.
    #[command(subcommand)]
    Bench(bench::Bench),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Controlplane(command) => command.run().await,
        Task::Demo(options) => demo::run(options).await,
        Task::Test { filters } => testing::run(filters).await,
        Task::Generate => generate::run().await,
        Task::Bench(bench) => bench.run().await,
    }
}
