//! Admission: straight at the operator's endpoint, and as the API server's callers feel it.

mod facts;
mod gatekeeper;
mod straight;
mod through;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use gatekeeper::Gatekeeper;
use straight::Door;
use through::Webhooks;

use super::load::{Load, Took};
use super::percentile::percentile;
use super::stage::{Stage, machine};
use crate::operator::{Operator, build_beside};
use crate::webhooks::pointed_at;

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
    #[arg(long, default_value_t = 15)]
    seconds: u32,

    /// Measure Gatekeeper beside, with one rule: its manager is on PATH as `gatekeeper`, its definitions are in this
    /// folder (`charts/gatekeeper/crds` of its source)
    #[arg(long, value_name = "FOLDER", env = "GATEKEEPER_CRDS")]
    gatekeeper: Option<PathBuf>,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let (executable, load) = build_beside("load").await?;
    let (stage, load) = (Stage::without_controllers(executable).await?, Load(load));
    facts::make(&stage, &options).await?;
    let address = anywhere()?;
    let operator = serving(&stage, address).await?;
    facts::settle(&operator, &options).await?;
    eprintln!("{:<50}{:>9}{:>9}{:>9}{:>9}", "milliseconds", "p50", "p99", "p99.9", "max");
    let id = operator.id().context("the operator has ended")?;
    let door = Door { name: "cxguard", address, path: "/validate", id };
    let spaces = facts::spaces(&options);
    straight::measure(&stage, &load, &door, &straight::reviews(spaces), &options).await?;
    let configurations = pointed_at(address, &stage.plane)?;
    let webhooks = Webhooks { name: "cxguard", configurations, refusal: "CX101" };
    through::measure(&stage, &load, &webhooks, &options).await?;
    if let Some(definitions) = &options.gatekeeper {
        let pods = straight::pods(spaces);
        let door = Door { name: "cxguard, of pods alone", ..door };
        straight::measure(&stage, &load, &door, &pods, &options).await?;
        let gatekeeper = Gatekeeper::start(&stage, definitions).await?;
        through::measure(&stage, &load, &gatekeeper.webhooks, &options).await?;
        straight::measure(&stage, &load, &gatekeeper.door, &pods, &options).await?;
    }
    let Options { grants, flows, workloads, .. } = options;
    eprintln!("{grants} grants, {flows} flows, {workloads} workloads; {}", machine());
    Ok(())
}

/// A port of this machine that nobody has.
fn anywhere() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
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
fn rows(name: &str, mut took: Took) -> f64 {
    let p99 = row(name, &mut took.answered);
    row("  of it, until it was asked", &mut took.asked);
    p99
}

/// How many requests were answered.
fn count(took: &Took) -> f64 {
    u32::try_from(took.answered.len()).map_or(f64::INFINITY, f64::from)
}

/// Prints what was measured, in milliseconds, and returns the 99th percentile.
fn row(name: &str, values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let [p50, p99, p999, max] = [500, 990, 999, 1000].map(|per_mille| percentile(values, per_mille));
    eprintln!("{name:<50}{p50:>9.2}{p99:>9.2}{p999:>9.2}{max:>9.2}");
    p99
}
