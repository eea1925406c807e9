//! What the texts of an object name: hosts, and links that can be about somebody.

use std::collections::BTreeSet;

use crate::facts::traffic::MAX_MENTIONS;
use crate::facts::{Mention, MentionedLink, Mentions, Name};
use crate::links::{hosts_in, links_in};

/// Gathers what texts name, up to the bound. The texts themselves are not kept.
#[derive(Default)]
pub(super) struct Gathered {
    hosts: BTreeSet<Mention>,
    links: Vec<MentionedLink>,
}

impl Gathered {
    /// Adds what a text names. Most texts name nothing, so where it is is asked only then.
    pub(super) fn text<P: Into<Name>>(&mut self, path: impl Fn() -> P, text: &str) {
        for host in hosts_in(text) {
            if self.hosts.len() == MAX_MENTIONS {
                break;
            }
            self.hosts.insert(Mention { path: path().into(), host: host.into() });
        }
        let room = MAX_MENTIONS - self.links.len();
        let links = links_in(text).filter(|link| link.is_followed() && link.is_personal()).take(room);
        self.links.extend(links.map(|link| MentionedLink { path: path().into(), link }));
    }

    /// What was named.
    pub(super) fn finish(self) -> Mentions {
        Mentions { hosts: self.hosts.into_iter().collect(), links: self.links }
    }

    /// What was named; nothing if nothing was.
    pub(super) fn found(self) -> Option<Mentions> {
        (!self.hosts.is_empty() || !self.links.is_empty()).then(|| self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Mentions {
        let mut gathered = Gathered::default();
        gathered.text(|| "/at", text);
        gathered.finish()
    }

    #[test]
    fn links_that_can_be_about_somebody_are_kept_and_masked() {
        let kept = |text: &str| named(text).links.len();
        for (text, links) in [
            ("https://s.hub.example/r?u=erika.muster%40mail.example", 1),
            ("https://s.hub.example/r/{email}", 1),
            // A policy may forbid the parameter.
            ("https://s.hub.example/r?loyalty={x}", 1),
            ("https://s.hub.example/r/{token}", 0),
            ("mysql://db.hub.example/cx?user=cx", 0),
            ("/home/$USER/data", 0),
            ("erika.muster@mail.example", 0),
            ("true", 0),
        ] {
            assert_eq!(kept(text), links, "{text}");
        }
        let shown = format!("{:?}", named("https://s.hub.example/r?u=erika.muster%40mail.example"));
        assert!(!shown.contains("muster"), "{shown}");
    }

    #[test]
    fn no_more_than_the_bound_is_kept() {
        let many = |prefix: &str, suffix: &str| {
            let all = (0..2 * MAX_MENTIONS).map(|at| format!("{prefix}h{at}.example{suffix}"));
            all.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(named(&many("", "")).hosts.len(), MAX_MENTIONS);
        let mut gathered = Gathered::default();
        for path in ["/a", "/b"] {
            gathered.text(|| path, &many("https://", "/r/{email}"));
        }
        assert_eq!(gathered.finish().links.len(), MAX_MENTIONS);
    }
}
