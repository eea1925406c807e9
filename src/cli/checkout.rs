//! Where a run is in a Git repository.

use crate::render::Checkout;

/// The repository in which the run is, if it is in one: a folder with `.git` in it is the top of one. Git is not asked.
pub(super) fn checkout() -> Option<Checkout> {
    let here = std::env::current_dir().ok()?;
    let top = here.ancestors().find(|folder| folder.join(".git").exists())?.to_owned();
    Some(Checkout { top, here })
}
