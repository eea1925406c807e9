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
    eprintln!("{:<38}{:>10}{:>10}{:>12}{:>10}", "", "wall s", "cpu s", "memory MiB", "ratio");
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
        row(&format!("{name}: cxguard check"), checked, Some(checked.wall / parsed.wall));
        if !options.alone {
            for rival in rivals::present(&folder.join("rules"), &place)? {
                let took = run(&mut rival.command()).with_context(|| rival.name)?;
                row(&format!("{name}: {}", rival.name), took, Some(took.wall / checked.wall));
            }
        }
    }
    eprintln!(
        "{} Deployments; medians of {} runs, other tools once; {}",
        options.deployments,
        options.runs,
        machine()
    );
    eprintln!("ratio: of the check to the bare parse, of other tools to the check");
    Ok(())
}

fn row(name: &str, run: Run, ratio: Option<f64>) {
    let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
    eprintln!("{name:<38}{:>10.3}{:>10.3}{:>12.1}{ratio:>10}", run.wall, run.cpu, run.memory);
}
