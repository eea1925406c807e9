//! A process as a whole: how long, how much of the processors, how much memory.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::super::process::{TICKS, stat};

/// How often a running process is looked at.
const LOOK: Duration = Duration::from_millis(1);

/// What a run took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    /// Seconds from start to end.
    pub(super) wall: f64,
    /// Seconds of all processors.
    pub(super) cpu: f64,
    /// The most memory at once, in MiB.
    pub(super) memory: f64,
}

/// Runs a command to its end. Exit codes up to 1 are as good as any: findings are what it is for.
pub(super) fn run(command: &mut Command) -> Result<Run> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let process = format!("/proc/{}", child.id());
    let mut memory = 0;
    // A process that has ended is there until somebody asks for its exit code, and its time with it.
    let ticks = loop {
        memory = memory.max(high_water(&process).unwrap_or_default());
        let (state, ticks) = stat(&process).context("the kernel says nothing of the process")?;
        if state == 'Z' {
            break ticks;
        }
        std::thread::sleep(LOOK);
    };
    let wall = start.elapsed().as_secs_f64();
    let code = child.wait()?.code();
    ensure!(matches!(code, Some(0 | 1)), "it ended with {code:?}");
    Ok(Run { wall, cpu: f64::from(ticks) / TICKS, memory: f64::from(memory) / 1024.0 })
}

/// The most memory that a process has had so far, in KiB.
fn high_water(process: &str) -> Option<u32> {
    let text = fs::read_to_string(format!("{process}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The middle one of several runs, by each figure.
pub(super) fn median(runs: &[Run]) -> Run {
    let middle = |pick: fn(&Run) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    Run { wall: middle(|run| run.wall), cpu: middle(|run| run.cpu), memory: middle(|run| run.memory) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_measured_to_its_end() {
        let run = run(Command::new("sleep").arg("0.05")).unwrap();
        assert!(run.wall >= 0.05 && run.memory > 0.0, "{run:?}");
        assert!(super::run(Command::new("sh").args(["-c", "exit 3"])).is_err());
    }
}
