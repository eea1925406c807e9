//! Where a run was in a repository, for tools that show files by their path in it.

use std::path::{Component, Path, PathBuf};

/// A repository, and the folder in it where the run was. Both are absolute, without links in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The top of the repository.
    pub top: PathBuf,
    /// Where the run was.
    pub here: PathBuf,
    /// Absolute paths that were named, and where links in them lead.
    pub links: Vec<(PathBuf, PathBuf)>,
}

impl Checkout {
    /// A file as it is named from the top; nothing if it is elsewhere, or standard input.
    pub(super) fn below_top(&self, file: &str) -> Option<String> {
        if file == "-" {
            return None;
        }
        let path = straight(&self.here.join(Path::new(file)));
        let linked = |(named, place): &(PathBuf, PathBuf)| {
            let below = path.strip_prefix(straight(named)).ok()?;
            Some(place.components().chain(below.components()).collect::<PathBuf>())
        };
        let places = std::iter::once(path.clone()).chain(self.links.iter().filter_map(linked));
        let mut below = places.filter_map(|place| place.strip_prefix(&self.top).map(Path::to_owned).ok());
        below.next()?.to_str().map(str::to_owned)
    }
}

/// The path without ways back.
fn straight(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir => drop(straight.pop()),
            step => straight.push(step),
        }
    }
    straight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_the_top_of_its_repository() {
        let checkout = Checkout {
            top: "/src/shop".into(),
            here: "/src/shop/deploy/eu".into(),
            links: vec![
                ("/home/me/shop/".into(), "/src/shop".into()),
                ("/home/me/x/../a.yaml".into(), "/src/shop/deploy/a.yaml".into()),
            ],
        };
        for (file, expected) in [
            ("a.yaml", Some("deploy/eu/a.yaml")),
            ("sub/a.yaml", Some("deploy/eu/sub/a.yaml")),
            ("../a.yaml", Some("deploy/a.yaml")),
            ("./../../x/./a.yaml", Some("x/a.yaml")),
            ("/src/shop/a.yaml", Some("a.yaml")),
            ("/src/shopping/a.yaml", None),
            ("../../../a.yaml", None),
            ("/home/me/shop/deploy/a.yaml", Some("deploy/a.yaml")),
            ("/home/me/x/../a.yaml", Some("deploy/a.yaml")),
            ("/home/me/b.yaml", None),
            ("-", None),
        ] {
            assert_eq!(checkout.below_top(file).as_deref(), expected, "{file}");
        }
    }
}
