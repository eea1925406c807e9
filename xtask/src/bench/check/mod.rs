//! `cxguard check` on many manifests, beside the mere parsing of the same bytes and beside other tools with one rule.

mod estate;
mod measure;
mod rivals;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use self::measure::{Run, median, run};
use super::stage::machine;
use crate::operator::build_beside;

#[derive(Args)]
pub struct Options {
    /// How many Deployments
    #[arg(long, default_value_t = 10_000)]
    deployments: u32,

    /// How many runs of each; the medians are shown
    #[arg(long, default_value_t = 5)]
    runs: usize,

    /// Leave other tools out, though they are on PATH
    #[arg(long)]
    alone: bool,
}

pub(super) async fn measure(options: Options) -> Result<()> {
    let (executable, bare) = build_beside("bare_parse").await?;
    let folder = std::env::temp_dir().join(format!("cxguard-bench-{}", std::process::id()));
    let result = compare(&folder, &executable, &bare, &options);
    drop(std::fs::remove_dir_all(&folder));
    result
}

fn compare(folder: &Path, executable: &Path, bare: &Path, options: &Options) -> Result<()> {
    estate::write(folder, options.deployments)?;
    eprintln!("{:<38}{:>10}{:>10}{:>12}{:>8}{:>8}", "", "wall s", "cpu s", "memory MiB", "by wall", "by cpu");
    for (name, place) in [("one file per object", "many"), ("one file", "one")] {
        let place = folder.join(place);
        let mut parse = Command::new(bare);
        parse.arg(&place);
        let mut check = Command::new(executable);
        check.args(["check", "--format", "json"]).arg(&place);
        // In turn, so that a machine whose speed drifts is as fast for the one as for the other.
        let (mut parsed, mut checked) = (Vec::new(), Vec::new());
        for nth in 0..=options.runs {
            let pair = (run(&mut parse)?, run(&mut check)?);
            // The first reads what the others find in memory.
            if nth > 0 {
                parsed.push(pair.0);
                checked.push(pair.1);
            }
        }
        let (parsed, checked) = (median(&parsed), median(&checked));
        row(&format!("{name}: bare parse"), parsed, None);
        row(&format!("{name}: cxguard check"), checked, Some(parsed));
        if !options.alone {
            for rival in rivals::present(&folder.join("rules"), &place)? {
                let took = run(&mut rival.command()).with_context(|| rival.name)?;
                row(&format!("{name}: {}", rival.name), took, Some(checked));
            }
        }
    }
    eprintln!(
        "{} Deployments; medians of {} runs, other tools once; {}",
        options.deployments,
        options.runs,
        machine()
    );
    eprintln!(
        "by wall, by cpu: how many times as long the check takes as the bare parse, other tools as the check; on a \
         machine that does something else, only that of the processors tells"
    );
    Ok(())
}

/// A line: what a run took, and how that compares.
fn row(name: &str, run: Run, against: Option<Run>) {
    let times = |pick: fn(Run) -> f64| {
        against.map_or_else(String::new, |against| format!("{:.2}", pick(run) / pick(against)))
    };
    let (wall, cpu) = (times(|run| run.wall), times(|run| run.cpu));
    eprintln!("{name:<38}{:>10.3}{:>10.3}{:>12.1}{wall:>8}{cpu:>8}", run.wall, run.cpu, run.memory);
}
