//! The processes of the servers, and how to recognise one again.
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

/// The directory of the servers' logs.
pub(super) const LOGS: &str = "logs";

/// A process, told apart from a later one with the same id by the time it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) pid: u32,
    /// In clock ticks since the machine started, as in `/proc/PID/stat`.
    pub(super) started: u64,
}

impl Identity {
    fn of(pid: u32) -> anyhow::Result<Self> {
        let started =
            started(pid).with_context(|| format!("failed to find process {pid} in /proc (needs Linux)"))?;
        Ok(Self { pid, started })
    }

    pub(super) fn is_alive(self) -> bool {
        started(self.pid) == Some(self.started)
    }
}

/// The identity of this process.
pub(super) fn current() -> anyhow::Result<Identity> {
    Identity::of(std::process::id())
}

/// When the process started; none if there is no such process, or only its exit status is left of it.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may itself contain spaces and parentheses.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Kills these processes, as far as they are still the same, and waits until they are gone.
pub(super) async fn kill(processes: &[Identity]) -> anyhow::Result<()> {
    let alive = || processes.iter().filter(|process| process.is_alive());
    let pids: Vec<String> = alive().map(|process| process.pid.to_string()).collect();
    if pids.is_empty() {
        return Ok(());
    }
    // The shell's own `kill`: the program of that name is missing in small images. A process that ends by itself
    // meanwhile makes the command fail; what counts is that none is left.
    Command::new("sh")
        .args(["-c", "kill -KILL \"$@\" 2>/dev/null", "kill"])
        .args(&pids)
        .status()
        .context("failed to run sh")?;
    for _ in 0..200 {
        if alive().next().is_none() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("failed to stop processes {}", pids.join(", "))
}

/// One running server. It ends with this value, and with this process.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) identity: Identity,
    log: PathBuf,
    child: Child,
    /// Cleared when the server shall live on.
    owned: bool,
}

impl Server {
    /// Starts the server with its output in a log file.
    pub(super) fn spawn(
        binary: &Path,
        directory: &Path,
        name: &'static str,
        flags: &[String],
    ) -> anyhow::Result<Self> {
        let log = directory.join(LOGS).join(format!("{name}.log"));
        let output = fs::File::create(&log).with_context(|| format!("failed to write {}", log.display()))?;
        let mut child = Command::new(binary)
            .arg(name)
            .args(flags)
            .current_dir(directory)
            .env("CONTROLPLANE_EXIT_WITH_STDIN", "1")
            // Its own group: an interrupt at the terminal is for this process, which then ends its servers in order.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("failed to start {name}"))?;
        match Identity::of(child.id()) {
            Ok(identity) => Ok(Self { name, identity, log, child, owned: true }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Fails with the end of its log if the server has ended.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        let status = self.child.try_wait().with_context(|| format!("failed to watch {}", self.name))?;
        if let Some(status) = status {
            let log = self.log_end();
            bail!("{} ended ({status}); the end of {}:\n{log}", self.name, self.log.display());
        }
        Ok(())
    }

    /// Lets the server live on after this value and this process.
    pub(super) fn release(&mut self) -> anyhow::Result<()> {
        let stdin = self.child.stdin.as_mut();
        ensure!(stdin.is_some_and(|stdin| stdin.write_all(b"\n").is_ok()), "failed to detach {}", self.name);
        self.owned = false;
        Ok(())
    }

    pub(super) fn log_end(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.owned {
            // Not asked to end in peace: nothing it would still write is needed. Both fail only if it is gone.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_ends_and_another_of_its_id_is_not_it() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        assert!(identity.is_alive());
        assert!(!Identity { started: identity.started + 1, ..identity }.is_alive());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!identity.is_alive());
    }

    #[tokio::test]
    async fn kill_spares_a_process_that_reuses_the_id() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        kill(&[Identity { started: identity.started + 1, ..identity }]).await.unwrap();
        assert!(identity.is_alive());
        kill(&[identity]).await.unwrap();
        assert!(!identity.is_alive());
        child.wait().unwrap();
    }
}
