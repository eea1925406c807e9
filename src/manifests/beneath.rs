//! What a cluster knows, laid under what files say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::estate::Estate;
use super::input::Input;
use super::load::text;
use crate::facts::{Fact, GrantFact, Snapshot, Workload};

/// Reads what `cxguard facts export` has written.
pub fn read_facts(file: &Path) -> Result<Snapshot, String> {
    let input = Input::File { path: PathBuf::from(file), named: true };
    Snapshot::parse(&text(&input)?).map_err(|error| error.to_string())
}

impl Estate {
    /// Adds what a cluster knows besides. What a file says wins, and only the files' objects are judged; of what a file
    /// says nothing, the status, the cluster's word stands. `from` is named where something is missing.
    pub fn lay_under(&mut self, snapshot: &Snapshot, from: &str) {
        let missing = snapshot.missing.iter();
        self.unlisted.extend(missing.map(|resource| (from.to_owned(), resource.clone())));
        self.knows_cluster = true;
        self.world.set_operator_namespace(&snapshot.operator);
        for (id, fact) in snapshot.facts() {
            if !self.holds(id) {
                self.world.set(id, Some(fact.clone()));
            } else if let Some(joined) = self.world.get(id).and_then(|said| with_status(said, fact)) {
                self.world.set(id, Some(joined));
            }
        }
        self.world.aggregate();
    }
}

/// What a file says of an object that carries no status, with the status that the cluster shows.
fn with_status(said: &Fact, shown: &Fact) -> Option<Fact> {
    match (said, shown) {
        (Fact::Grant(said), Fact::Grant(shown)) if said.activated_at.is_none() && said.phase.is_none() => {
            Some(Fact::Grant(Arc::new(GrantFact { spec: said.spec.clone(), ..GrantFact::clone(shown) })))
        }
        (Fact::Workload(said), Fact::Workload(shown))
            if said.last_success.is_none() && said.created.is_none() =>
        {
            let (last_success, created) = (shown.last_success, shown.created);
            Some(Fact::Workload(Arc::new(Workload { last_success, created, ..Workload::clone(said) })))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::{Kind, ObjectRef};
    use crate::manifests::{Reading, load};

    use super::*;

    const GRANT: &str = "\
apiVersion: cxguard.dev/v1alpha1
kind: AccessGrant
metadata: {name: g, namespace: cx}
spec: {subject: {kind: User, name: anna}, role: {kind: Role, name: r}, reason: from the file}
";
    const JOB: &str =
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: backup, namespace: cx}\nspec: {}\n";

    fn snapshot(manifests: &[&str]) -> Snapshot {
        let facts = manifests.iter().map(|text| {
            let object: serde_json::Value = serde_saphyr::from_str(text).unwrap();
            crate::facts::read(&object).unwrap()
        });
        let at = "2026-11-23T12:00:00Z".parse().unwrap();
        Snapshot::new(at, "https://server".to_owned(), vec!["nodes".to_owned()], facts)
    }

    fn estate(text: &str) -> Estate {
        load(
            vec![Input::text("-".to_owned(), true, text.into()).unwrap()],
            &Reading { namespace: "cx".to_owned(), threads: 1 },
        )
    }

    #[test]
    fn what_a_file_says_wins_and_is_all_that_is_judged() {
        let mut estate = estate(&format!("{GRANT}---\n{JOB}"));
        let vendor = "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: hub}\nspec: {}\n";
        let grant = GRANT.replace("name: r", "name: other")
            + "status: {phase: Active, activatedAt: 2026-11-01T00:00:00Z}\n";
        let job = format!("{JOB}status: {{lastSuccessfulTime: 2026-11-23T00:00:00Z}}\n");
        estate.lay_under(&snapshot(&[vendor, &grant, &job]), "facts.json");

        let fact = |kind, name: &str| estate.world.get(&ObjectRef::namespaced(kind, "cx", name)).cloned();
        let Some(Fact::Grant(grant)) = fact(Kind::AccessGrant, "g") else { panic!("it is a grant") };
        assert_eq!(grant.spec.role.name, "r");
        assert_eq!(grant.spec.reason.as_deref(), Some("from the file"));
        assert_eq!(grant.activated_at, Some("2026-11-01T00:00:00Z".parse().unwrap()));
        let Some(Fact::Workload(job)) = fact(Kind::CronJob, "backup") else { panic!("it is a workload") };
        assert_eq!(job.last_success, Some("2026-11-23T00:00:00Z".parse().unwrap()));
        let vendor = ObjectRef::cluster(Kind::Vendor, "hub");
        assert!(estate.world.get(&vendor).is_some() && !estate.holds(&vendor));
        assert_eq!(estate.objects().count(), 2);
        assert_eq!(estate.unlisted, [("facts.json".to_owned(), "nodes".to_owned())]);
    }

    #[test]
    fn a_status_in_a_file_is_kept() {
        let mut estate = estate(&format!("{GRANT}status: {{phase: Suspended}}\n"));
        let active = format!("{GRANT}status: {{phase: Active, activatedAt: 2026-11-01T00:00:00Z}}\n");
        estate.lay_under(&snapshot(&[&active]), "facts.json");
        let Some(Fact::Grant(grant)) = estate.world.get(&ObjectRef::namespaced(Kind::AccessGrant, "cx", "g"))
        else {
            panic!("it is a grant");
        };
        assert_eq!((grant.phase, grant.activated_at), (Some(crate::api::Phase::Suspended), None));
    }
}
