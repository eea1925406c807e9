//! Writing files: each is there in full, or not at all.

use std::path::{Path, PathBuf};
use std::{fs, process};

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
pub(super) fn write<'f>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    existing: Existing,
) -> Result<Vec<PathBuf>> {
    let files: Vec<(PathBuf, &str)> =
        files.into_iter().map(|(name, text)| (folder.join(name), text)).collect();
    if existing == Existing::Keep {
        let taken = files.iter().find(|(path, _)| path.symlink_metadata().is_ok());
        ensure!(taken.is_none(), "{} exists; nothing is written", shown(taken));
    }
    for (path, text) in &files {
        replace(path, text).with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

fn shown(file: Option<&(PathBuf, &str)>) -> String {
    file.map(|(path, _)| path.display().to_string()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the commands that are asked to write files do it here")]
fn replace(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).context("failed to make its folder")?;
    let name = path.file_name().context("it has no name")?.to_string_lossy();
    let part = folder.join(format!(".{name}.{}", process::id()));
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What was written in part helps nobody; that it cannot be removed either is the same trouble.
        let _ = fs::remove_file(&part);
    }
    Ok(written?)
}
