//! Programs in Go: built from a module under `tests/` when its sources or the Go toolchain changed, and kept in the
//! user's cache directory.
use std::fs::{self, File, TryLockError};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::process::Command;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::fingerprint::fingerprint;

/// A program, and where it comes from.
pub(crate) struct Program {
    /// What it is called in the cache.
    pub(crate) name: &'static str,
    /// What it is called in messages.
    pub(crate) title: &'static str,
    /// How long its first build takes.
    pub(crate) patience: &'static str,
    /// The folder of its module.
    pub(crate) module: &'static str,
    /// What it is built from, go.mod first.
    pub(crate) sources: &'static [&'static str],
    /// The package of its main function.
    pub(crate) package: &'static str,
    /// What the linker writes into it, if go.mod says.
    pub(crate) stamp: Option<fn(&str) -> anyhow::Result<String>>,
}

/// The path of a binary that is up to date.
pub(crate) async fn ensure(program: &Program) -> anyhow::Result<PathBuf> {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(program.module);
    let mut sources = Vec::new();
    for name in program.sources {
        let path = module.join(name);
        sources.push(fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?);
    }
    let requirements = String::from_utf8_lossy(sources.first().map_or(&[], Vec::as_slice)).into_owned();
    let go = go_version(program, &module, &requirements).await?;
    sources.push(go.into_bytes());
    let cache = cache_directory()?;
    fs::create_dir_all(&cache).with_context(|| format!("failed to create {}", cache.display()))?;
    let binary = cache.join(format!("{}-{}", program.name, fingerprint(sources.iter().map(Vec::as_slice))));
    if !binary.exists() {
        let _lock = lock(program, &binary.with_extension("lock")).await?;
        // Another process may have built it while this one waited.
        if !binary.exists() {
            build(program, &module, &requirements, &binary).await?;
        }
    }
    Ok(binary)
}

fn cache_directory() -> anyhow::Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    Ok(base.context("neither XDG_CACHE_HOME nor HOME is set")?.join("cxguard"))
}

async fn go_version(program: &Program, module: &Path, requirements: &str) -> anyhow::Result<String> {
    let wanted = go_line(requirements).context("go.mod has no go line")?;
    let title = program.title;
    let output = match go(module).args(["env", "GOVERSION"]).output().await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("Go {wanted} or newer is needed to build {title}, and there is no `go` in PATH")
        }
        output => output.context("failed to run go")?,
    };
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(
        output.status.success(),
        "Go {wanted} or newer is needed to build {title}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    ensure!(
        version(&found) >= version(wanted),
        "Go {wanted} or newer is needed to build {title}, this is {found}"
    );
    Ok(found)
}

fn go(module: &Path) -> Command {
    let mut command = Command::new("go");
    // A workspace file above this one must not change what is built.
    command.current_dir(module).env("CGO_ENABLED", "0").env("GOWORK", "off").kill_on_drop(true);
    command
}

/// The version in the line `go 1.2.3` of a go.mod file.
fn go_line(requirements: &str) -> Option<&str> {
    requirements.lines().find_map(|line| line.strip_prefix("go ")).map(str::trim)
}

/// The version that go.mod requires of a module.
pub(crate) fn required_version<'a>(requirements: &'a str, module: &str) -> Option<&'a str> {
    requirements.lines().find_map(|line| line.trim().strip_prefix(module)?.strip_prefix(' '))
}

/// The numbers of a version such as `go1.26.8`, `v1.36.3` or `1.26.0`.
pub(crate) fn version(text: &str) -> Vec<u32> {
    let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.get(..end).unwrap_or_default().split('.').filter_map(|number| number.parse().ok()).collect()
}

/// Waits for whoever builds the same binary.
async fn lock(program: &Program, path: &Path) -> anyhow::Result<File> {
    let file = File::create(path).with_context(|| format!("failed to create {}", path.display()))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                if !told {
                    eprintln!("Waiting for another build of {}", program.title);
                }
                told = true;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("failed to lock {}", path.display()));
            }
        }
    }
}

async fn build(program: &Program, module: &Path, requirements: &str, binary: &Path) -> anyhow::Result<()> {
    let stamp = program.stamp.map(|stamp| stamp(requirements)).transpose()?.unwrap_or_default();
    let flags = format!("-s -w {stamp}");
    // Renamed when it is complete: an interrupted build leaves nothing that looks like a binary.
    let partial = binary.with_extension("partial");
    let child = go(module)
        .args(["build", "-trimpath", "-ldflags", &flags, "-o"])
        .arg(&partial)
        .arg(program.package)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to run go build")?;
    let output = with_progress(program, child.wait_with_output()).await.context("failed to run go build")?;
    ensure!(
        output.status.success(),
        "failed to build {}:\n{}",
        program.title,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    fs::rename(&partial, binary).with_context(|| format!("failed to create {}", binary.display()))
}

/// Says every second at a terminal, every 30 elsewhere, that the work goes on.
async fn with_progress<T>(program: &Program, work: impl Future<Output = T>) -> T {
    let terminal = std::io::stderr().is_terminal();
    let mut ticks = interval(Duration::from_secs(if terminal { 1 } else { 30 }));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let start = Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            result = &mut work => {
                if terminal {
                    eprintln!();
                }
                return result;
            }
            _ = ticks.tick() => {
                let (before, after) = if terminal { ("\r", "") } else { ("", "\n") };
                eprint!(
                    "{before}Building {}, about {} the first time: {} s{after}",
                    program.title,
                    program.patience,
                    start.elapsed().as_secs()
                );
                // Only the display suffers.
                let _ = std::io::stderr().flush();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("go1.26.8") >= version("1.26.0"));
        assert!(version("go1.9") < version("1.26.0"));
        assert!(version("go1.27rc1") >= version("1.26.0"));
        assert_eq!(version("v1.36.3"), [1, 36, 3]);
    }

    #[test]
    fn requirements_are_read_from_go_mod() {
        let text = "module m\n\ngo 1.26.0\n\nrequire (\n\tk8s.io/kubernetes v1.36.3\n)\n";
        assert_eq!(go_line(text), Some("1.26.0"));
        assert_eq!(required_version(text, "k8s.io/kubernetes"), Some("v1.36.3"));
        assert_eq!(required_version(text, "k8s.io/kube"), None);
    }
}
