//! Directories and files that only their owner can read: they hold keys.
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;

use super::process::{self, Identity};

const PREFIX: &str = "cxguard-controlplane-";
/// Locked as long as the owner lives. A process id alone does not tell: another container may share the directory.
const LOCK: &str = "owner.lock";

/// The directory of one control plane.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Only of a temporary directory, which is removed on drop.
    lock: Option<File>,
}

impl Directory {
    /// A new temporary directory, removed on drop. Its name says whose it is, so that what a killed process left
    /// behind can be found.
    pub(super) fn temporary() -> anyhow::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let base = std::env::temp_dir();
        remove_orphans(&base);
        let owner = process::current()?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("{PREFIX}{}-{}-{number}", owner.pid, owner.started));
        create_private_dir(&path)?;
        let lock = File::create(path.join(LOCK)).context("failed to create a lock file")?;
        lock.lock().context("failed to lock a temporary directory")?;
        Ok(Self { path, lock: Some(lock) })
    }

    /// A directory that stays.
    pub(super) fn lasting(path: &Path) -> anyhow::Result<Self> {
        create_private_dir(path)?;
        Ok(Self { path: path.to_owned(), lock: None })
    }

    /// An existing directory of another process.
    pub(super) fn existing(path: &Path) -> Self {
        Self { path: path.to_owned(), lock: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.lock.is_some() {
            // A leftover is found by the next start.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes the directories of processes that were killed before they could do so. What cannot be removed belongs to
/// somebody else.
fn remove_orphans(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let is_dead = owner(&entry.file_name().to_string_lossy()).is_some_and(|owner| !owner.is_alive());
        if is_dead && is_unlocked(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_unlocked(directory: &Path) -> bool {
    File::open(directory.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

fn owner(directory: &str) -> Option<Identity> {
    let mut parts = directory.strip_prefix(PREFIX)?.split('-');
    Some(Identity { pid: parts.next()?.parse().ok()?, started: parts.next()?.parse().ok()? })
}

/// Creates a directory that only its owner can enter.
pub(super) fn create_private_dir(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("failed to create directory {}", path.display()))
}

/// Writes a file that only its owner can read. A reader sees the old content or the new one, nothing between.
pub(super) fn write_private(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        fs::rename(&temporary, path)
    };
    write().with_context(|| format!("failed to write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_temporary_directory_says_whose_it_is() {
        let directory = Directory::temporary().unwrap();
        let name = directory.path().file_name().unwrap().to_string_lossy().into_owned();
        assert!(owner(&name).unwrap().is_alive());
        let path = directory.path().to_owned();
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_process_left_is_removed_unless_it_is_locked() {
        let base = Directory::temporary().unwrap();
        let orphan = |number: u32| {
            // No process has an id this high.
            let path = base.path().join(format!("{PREFIX}4194305-1-{number}"));
            create_private_dir(&path).unwrap();
            let lock = File::create(path.join(LOCK)).unwrap();
            (path, lock)
        };
        let (orphaned, unlocked) = orphan(0);
        drop(unlocked);
        let (held, lock) = orphan(1);
        lock.lock().unwrap();
        remove_orphans(base.path());
        assert!(!orphaned.exists());
        assert!(held.exists());
    }

    #[test]
    fn directories_of_others_have_no_owner() {
        assert!(owner("systemd-private-1-2").is_none());
        assert!(owner("cxguard-controlplane-x-2").is_none());
    }
}
