//! Admission: straight at the operator's endpoint, and as the API server's callers feel it.

mod facts;
mod load;
mod straight;
mod through;

use std::net::{SocketAddr, TcpListener};

use anyhow::Result;
use clap::Args;

use super::percentile::percentile;
use super::stage::{Stage, machine};
use crate::operator::Operator;

#[derive(Args)]
pub struct Options {
    /// How many grants there are
    #[arg(long, default_value_t = 10_000)]
    grants: u32,

    /// How many data flows there are
    #[arg(long, default_value_t = 1_000)]
    flows: u32,

    /// How many workloads there are
    #[arg(long, default_value_t = 10_000)]
    workloads: u32,

    /// Requests per second, straight at the endpoint
    #[arg(long, default_value_t = 2_000)]
    rate: u32,

    /// Pods per second, through the API server; repeatable
    #[arg(long, default_values_t = [25, 50, 100])]
    pods: Vec<u32>,

    /// Seconds of each measurement
    #[arg(long, default_value_t = 20)]
    seconds: u32,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let stage = Stage::without_controllers().await?;
    facts::make(&stage, &options).await?;
    let address = SocketAddr::from(([127, 0, 0, 1], TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()));
    let operator = serving(&stage, address).await?;
    facts::settle(&stage, &options).await?;
    eprintln!("{:<44}{:>9}{:>9}{:>9}{:>9}", "milliseconds", "p50", "p99", "p99.9", "max");
    straight::measure(&stage, address, &operator, &options).await?;
    through::measure(&stage, address, &options).await?;
    let Options { grants, flows, workloads, .. } = options;
    eprintln!("{grants} grants, {flows} flows, {workloads} workloads; {}", machine());
    Ok(())
}

/// The operator, with its endpoint at this address and a certificate that the control plane's authority has signed.
async fn serving(stage: &Stage, address: SocketAddr) -> Result<Operator> {
    let (certificate, key) = stage.plane.serving();
    let arguments = [
        "--admission".to_owned(),
        address.to_string(),
        "--tls-cert-file".to_owned(),
        certificate.display().to_string(),
        "--tls-key-file".to_owned(),
        key.display().to_string(),
    ];
    stage.operator_with(&arguments).await
}

/// Prints how long requests took, and how much of that this program was late to ask. Returns the 99th percentile.
fn rows(name: &str, mut took: load::Took) -> f64 {
    let p99 = row(name, &mut took.answered);
    row("  of it, until it was asked", &mut took.asked);
    p99
}

/// Prints what was measured, in milliseconds, and returns the 99th percentile.
fn row(name: &str, values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let [p50, p99, p999, max] = [500, 990, 999, 1000].map(|per_mille| percentile(values, per_mille));
    eprintln!("{name:<44}{p50:>9.2}{p99:>9.2}{p999:>9.2}{max:>9.2}");
    p99
}
