//! Writing files: each is there in full, or not at all.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// What is done about a file that exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It is replaced: it was made by this command.
    Replace,
    /// It is kept, and nothing is written: somebody may have worked on it.
    Keep,
}

/// Writes files below a folder, which is made if it is not there.
pub(super) fn write_all<'f>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    existing: Existing,
) -> Result<Vec<PathBuf>> {
    let files: Vec<(PathBuf, &str)> =
        files.into_iter().map(|(name, text)| (folder.join(name), text)).collect();
    if existing == Existing::Keep {
        let taken = files.iter().find(|(path, _)| path.symlink_metadata().is_ok());
        let taken = taken.map(|(path, _)| path.display().to_string());
        ensure!(taken.is_none(), "{} exists; nothing is written", taken.unwrap_or_default());
    }
    for (path, text) in &files {
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).context("failed to make its folder");
        let written = made.and_then(|()| write(path, text.as_bytes()));
        written.with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Writes a file as a whole: what was there stays until all of the new is on the disk, and nothing half-written is seen.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let written = if fs::metadata(file).is_ok_and(|there| !there.is_file()) {
        // A device or a pipe is written to, not replaced.
        OpenOptions::new().write(true).open(file).and_then(|mut there| there.write_all(bytes))
    } else {
        replace(file, bytes, OTHERS_MAY_READ)
    };
    Ok(written?)
}

/// The same for a file that nobody else needs to read.
pub(super) fn write_private(file: &Path, bytes: &[u8]) -> Result<()> {
    Ok(replace(file, bytes, ONLY_ITS_OWNER)?)
}

/// The permissions of a new file, as far as the user's own settings do not narrow them.
const OTHERS_MAY_READ: u32 = 0o666;
const ONLY_ITS_OWNER: u32 = 0o600;

/// The one name of a file, however it is spelled and whether or not it is there yet.
pub(super) fn canonical(file: &Path) -> PathBuf {
    if let Ok(there) = fs::canonicalize(file) {
        return there;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok();
    match folder.zip(file.file_name()) {
        Some((folder, name)) => folder.join(name),
        None => file.to_owned(),
    }
}

/// The first of the files to be written that is one of those that are read.
pub(super) fn overwritten<'t, 'r>(
    targets: impl Iterator<Item = &'t Path>,
    read: impl Iterator<Item = &'r Path>,
) -> Option<&'t Path> {
    // What is not there yet cannot have been read.
    let there: Vec<&Path> = targets.filter(|target| target.exists()).collect();
    let read: BTreeSet<&Path> = if there.is_empty() { BTreeSet::new() } else { read.collect() };
    let read: BTreeSet<PathBuf> = read.into_iter().map(canonical).collect();
    there.into_iter().find(|target| read.contains(&canonical(target)))
}

/// The text of a file.
pub(super) fn read(file: &Path) -> io::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "a file that the command line names")]
    fs::read_to_string(file)
}

fn replace(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // A link stays one, and leads to the new text; who may read the file may read the new one.
    let there = fs::canonicalize(file);
    let file = there.as_deref().unwrap_or(file);
    let name = file.file_name().ok_or_else(|| io::Error::other("it names no file"))?.to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut new| new.write_all(bytes).and_then(|()| new.sync_all()))
        .and_then(|()| match fs::metadata(file) {
            Ok(there) => {
                // Whose it was it stays, where the user may give files away: root in a container, say.
                drop(chown(&beside, Some(there.uid()), Some(there.gid())));
                fs::set_permissions(&beside, there.permissions())
            }
            Err(_) => Ok(()),
        })
        .and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        // What cannot be removed was never made.
        drop(fs::remove_file(&beside));
    }
    written
}
