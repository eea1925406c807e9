//! Where a run is in a Git repository.

use std::path::PathBuf;

use super::files::canonical;
use crate::render::Checkout;

/// The repository in which the run is, if it is in one: a folder with `.git` in it is the top of one. Git is not asked.
pub(super) fn checkout(paths: &[PathBuf]) -> Option<Checkout> {
    let here = std::env::current_dir().ok()?;
    let top = here.ancestors().find(|folder| folder.join(".git").exists())?.to_owned();
    // As a shell has its own name for where it is, which may lead through a link.
    let named = paths.iter().filter(|path| path.is_absolute());
    let links = named.map(|path| (path.clone(), canonical(path))).filter(|(path, place)| path != place);
    Some(Checkout { top, here, links: links.collect() })
}
