//! The control plane of this working copy, which lives on between commands. One at a time, under `.controlplane/`.
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::files::{Directory, create_private_dir};
use super::pki::Pki;
use super::servers::Servers;
use super::state::State;
use super::{ControlPlane, Options, binary, process};

/// What `up` did.
pub(super) enum Up {
    Started(ControlPlane),
    Reused(ControlPlane),
}

/// The control plane that runs, or a new one. A new one still ends with this process, until [`leave`] is called.
pub(super) async fn up(_lock: &Lock) -> anyhow::Result<Up> {
    if let Some(running) = running()? {
        return Ok(Up::Reused(running));
    }
    clean().await?;
    let binary = binary::ensure().await?;
    let directory = Directory::lasting(&run_directory())?;
    Ok(Up::Started(ControlPlane::start_in(&binary, &Options::default(), directory).await?))
}

/// Lets the servers live on after this process.
pub(super) async fn leave(mut plane: ControlPlane) -> anyhow::Result<()> {
    let state = State { url: plane.url.clone(), processes: plane.servers.identities() };
    // First written, then released: there is no moment in which servers live that nobody knows of.
    state.save(plane.directory.path())?;
    if let Err(error) = plane.servers.release() {
        process::kill(&state.processes).await?;
        return Err(error);
    }
    Ok(())
}

/// Stops the control plane that runs and removes its files, or the remains of one. Whether anything was running.
pub(super) async fn down(_lock: &Lock) -> anyhow::Result<bool> {
    clean().await
}

/// Attaches to the control plane that runs.
pub(super) fn attach() -> anyhow::Result<ControlPlane> {
    running()?.context("no control plane is running: start it with `cargo xtask controlplane up`")
}

/// Held while the control plane is started or stopped.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn acquire() -> anyhow::Result<Self> {
        create_private_dir(&base_directory())?;
        let path = base_directory().join("lock");
        let file = File::create(&path).with_context(|| format!("failed to create {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!("another `cargo xtask controlplane` is at work"),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("failed to lock {}", path.display()))
            }
        }
    }
}

fn running() -> anyhow::Result<Option<ControlPlane>> {
    let path = run_directory();
    let Some(state) = State::load(&path)?.filter(State::is_running) else { return Ok(None) };
    Ok(Some(ControlPlane {
        servers: Servers::default(),
        directory: Directory::existing(&path),
        pki: Pki::load(&path)?,
        url: state.url,
    }))
}

/// Stops what is left of a control plane, and removes its files.
async fn clean() -> anyhow::Result<bool> {
    let path = run_directory();
    let mut was_running = false;
    if let Some(state) = State::load(&path)? {
        was_running = state.processes.iter().any(|process| process.is_alive());
        process::kill(&state.processes).await?;
    }
    if path.exists() {
        fs::remove_dir_all(&path).with_context(|| format!("failed to remove {}", path.display()))?;
    }
    Ok(was_running)
}

fn base_directory() -> PathBuf {
    // The parent, not `..`: these paths are shown.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).join(".controlplane")
}

fn run_directory() -> PathBuf {
    base_directory().join("run")
}
