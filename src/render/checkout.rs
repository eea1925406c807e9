//! Where a run was in a repository, for tools that show files by their path in it.

use std::path::{Component, Path, PathBuf};

/// A repository, and the folder in it where the run was. Both are absolute, without links in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The top of the repository.
    pub top: PathBuf,
    /// Where the run was.
    pub here: PathBuf,
}

impl Checkout {
    /// A file as it is named from the top; nothing if it is elsewhere, or standard input.
    pub(super) fn path(&self, file: &str) -> Option<String> {
        if file == "-" {
            return None;
        }
        let mut path = PathBuf::new();
        for step in self.here.join(Path::new(file)).components() {
            match step {
                Component::CurDir => {}
                Component::ParentDir => drop(path.pop()),
                step => path.push(step),
            }
        }
        path.strip_prefix(&self.top).ok()?.to_str().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_the_top_of_its_repository() {
        let checkout = Checkout { top: "/src/shop".into(), here: "/src/shop/deploy/eu".into() };
        for (file, expected) in [
            ("a.yaml", Some("deploy/eu/a.yaml")),
            ("sub/a.yaml", Some("deploy/eu/sub/a.yaml")),
            ("../a.yaml", Some("deploy/a.yaml")),
            ("./../../x/./a.yaml", Some("x/a.yaml")),
            ("/src/shop/a.yaml", Some("a.yaml")),
            ("/src/shopping/a.yaml", None),
            ("../../../a.yaml", None),
            ("-", None),
        ] {
            assert_eq!(checkout.path(file).as_deref(), expected, "{file}");
        }
    }
}
