//! Being told to stop.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C or a request to terminate. What was started ends with the task that started it.
pub async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for signals")?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done.context("failed to listen for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}
