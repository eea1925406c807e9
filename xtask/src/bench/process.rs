//! What the kernel says of a process.

use std::fs;

use anyhow::{Context, Result};

/// The ticks of a second in which the kernel counts processor time.
pub(super) const TICKS: f64 = 100.0;

/// The state of a process and the ticks that it has used.
pub(super) fn stat(process: &str) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("{process}/stat")).ok()?;
    // The name, in brackets, may hold anything; what follows it is counted.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some((fields.first()?.chars().next()?, ticks(11)? + ticks(12)?))
}

/// The seconds of all processors that a process has used.
pub fn processor_seconds(id: u32) -> Result<f64> {
    let (_, ticks) = stat(&format!("/proc/{id}")).context("the kernel says nothing of the process")?;
    Ok(f64::from(ticks) / TICKS)
}
