//! Which files are read.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::types::{Types, TypesBuilder};

use super::text::decode;
use crate::render::Unread;

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// A file.
    File {
        /// Where it is.
        path: PathBuf,
        /// Whether somebody named it, rather than a folder that holds it.
        named: bool,
    },
    /// A text that was read already: standard input, a file of a revision.
    Text {
        /// As people are told.
        name: String,
        /// What it says.
        text: String,
        /// Whether somebody named it, as of a file.
        named: bool,
    },
}

impl Input {
    /// As people are told: with `/` between folders; `-` is standard input.
    pub fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::Text { name, .. } => name.clone(),
        }
    }

    /// What was read already, from the bytes that came. Standard input has the name `-`.
    pub fn text(name: String, named: bool, bytes: Vec<u8>) -> Result<Self, String> {
        decode(bytes).map(|text| Self::Text { name, text, named })
    }

    /// Whether somebody named it, rather than a folder that holds it.
    pub(super) fn is_named(&self) -> bool {
        match self {
            Self::File { named, .. } | Self::Text { named, .. } => *named,
        }
    }
}

/// The ending of the files that name what is not to be read, beside `.gitignore` and `.ignore`.
pub(super) const IGNORE_FILE: &str = ".cxguardignore";

/// The files that the paths name or hold, each once, in order; and what could not be looked at.
///
/// Folders are searched to the bottom for `.yaml`, `.yml` and `.json`, symbolic links followed; what is hidden and what
/// ignore files name is left out. A file that is named itself is read whatever it is called.
pub fn discover(paths: &[PathBuf]) -> (Vec<Input>, Vec<Unread>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            walk(path, &mut found, &mut unread);
        } else if path.exists() {
            found.push(Input::File { path: short(path), named: true });
        } else {
            unread.push(Unread::whole(path, "there is no such file or folder"));
        }
    }
    found.sort();
    // The same file by way of two paths is read once, as the one that was named.
    found.dedup_by(|later, earlier| match (later, earlier) {
        (Input::File { path: later, named: also }, Input::File { path: earlier, named })
            if later == earlier =>
        {
            *named |= *also;
            true
        }
        _ => false,
    });
    (found, unread)
}

/// `./a.yaml` is `a.yaml` to everybody who reads it.
fn short(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

fn walk(folder: &Path, found: &mut Vec<Input>, unread: &mut Vec<Unread>) {
    let mut walk = WalkBuilder::new(folder);
    // What one person's machine ignores, another's does not, and both are to find the same.
    walk.follow_links(true)
        .require_git(false)
        .git_global(false)
        .git_exclude(false)
        .add_custom_ignore_filename(IGNORE_FILE);
    match manifests() {
        Ok(types) => drop(walk.types(types)),
        Err(error) => return unread.push(Unread::whole(folder, error)),
    }
    for entry in walk.build() {
        match entry {
            Ok(entry) => match entry.file_type() {
                Some(kind) if kind.is_dir() => {}
                Some(kind) if kind.is_file() => {
                    found.push(Input::File { path: short(entry.path()), named: false });
                }
                // To read a pipe may take for ever.
                _ => unread
                    .push(Unread::whole(&short(entry.path()), "is no regular file: name it to have it read")),
            },
            Err(error) => unread.push(refused(folder, error)),
        }
    }
}

/// What could not be looked at, by its path where that is known.
fn refused(folder: &Path, error: ignore::Error) -> Unread {
    match error {
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            refused(folder, *err)
        }
        ignore::Error::WithPath { path, err } => refused(&short(&path), *err),
        ignore::Error::Loop { ancestor, child } => {
            Unread::whole(&short(&child), format!("a loop: it leads back to {}", short(&ancestor).display()))
        }
        other => Unread::whole(folder, other),
    }
}

fn manifests() -> Result<Types, ignore::Error> {
    let mut types = TypesBuilder::new();
    for pattern in ["*.yaml", "*.yml", "*.json"] {
        types.add("manifests", pattern)?;
    }
    types.select("manifests").build()
}
