//! Whether the volumes that hold the data of a flow are encrypted: for CX118.

use std::collections::{BTreeMap, BTreeSet};

use super::wording::few;
use crate::api::DataFlowSpec;
use crate::engine::Cause;
use crate::facts::{Claim, Key, Kind, Name, ObjectRef, Workload};
use crate::rules::{Case, Report};

/// The field of a class that says whether it encrypts.
const PARAMETERS: &str = "/parameters";

/// What is known of a volume's encryption.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Encryption {
    /// It is encrypted.
    Yes,
    /// It is not, for this reason, because of this class.
    No(String, ObjectRef),
    /// It cannot be told, for this reason, and because of this class if there is one.
    Unknown(String, Option<ObjectRef>),
}

/// Reports the volume claims of a flow's workloads that are not encrypted, or of which that cannot be told. Claims for
/// which the same is true are one finding.
pub(super) fn volumes(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let mut found: BTreeMap<Encryption, BTreeSet<String>> = BTreeMap::new();
    let workloads = case.query.members(Key::ClaimantsIn(case.id.namespace.clone()));
    for id in workloads.into_iter().filter(|workload| case.query.covers(workload).contains(case.id)) {
        let Some(workload) = case.query.workload(&id).here() else { continue };
        for (name, claim) in claims(case, &id, &workload) {
            let encryption = match &claim {
                Some(claim) => encryption(case, claim),
                None => Encryption::Unknown("the claim does not exist".to_owned(), None),
            };
            found.entry(encryption).or_default().insert(format!("{name} of {id}"));
        }
    }
    let path = "/spec/workloads/selector";
    for (encryption, claims) in found {
        match encryption {
            Encryption::Yes => {}
            Encryption::No(why, class) => report.because(Cause::at(&class, PARAMETERS)).violation(
                path,
                format!("the volume {} is not encrypted: {why}", few(claims)),
                "move the data to a volume of a StorageClass that encrypts",
            ),
            Encryption::Unknown(why, class) => {
                let reason = class.map(|class| Cause::at(&class, PARAMETERS));
                report.because(reason).unknown(
                path,
                format!("whether the volume {} is encrypted cannot be told: {why}", few(claims)),
                "use a StorageClass of which that can be told, or set the rule aside by an exemption that says how \
                 it is encrypted",
            );
            }
        }
    }
}

/// The claims of a workload, by name. Of a claim that is made for each pod, those that exist; without any, what its
/// template says.
fn claims(case: &Case<'_, DataFlowSpec>, id: &ObjectRef, workload: &Workload) -> Vec<(Name, Option<Claim>)> {
    let named = |name: &Name| (name.clone(), case.query.claim(&id.namespace, name).here());
    let mut claims: Vec<_> = workload.claims.iter().map(named).collect();
    if workload.claim_templates.is_empty() {
        return claims;
    }
    let existing = case.query.members(Key::ClaimsIn(id.namespace.clone()));
    for (template, class) in &workload.claim_templates {
        let is_of_template = |claim: &&ObjectRef| {
            let number = claim.name.strip_prefix(&format!("{template}-{}-", id.name));
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            id.kind == Kind::StatefulSet && number.is_some_and(is_number)
        };
        let before = claims.len();
        claims.extend(existing.iter().filter(is_of_template).map(|claim| named(&claim.name)));
        if claims.len() == before {
            claims.push((template.clone(), Some(Claim { class: class.clone(), volume: None })));
        }
    }
    claims
}

/// A volume that encrypts says so; otherwise its class knows.
fn encryption(case: &Case<'_, DataFlowSpec>, claim: &Claim) -> Encryption {
    let volume = claim.volume.as_ref().and_then(|name| case.query.volume(name).here());
    if volume.as_ref().is_some_and(|volume| volume.encrypted == Some(true)) {
        return Encryption::Yes;
    }
    let class = volume.and_then(|volume| volume.class.clone()).or_else(|| claim.class.clone());
    let Some(name) = class else { return Encryption::Unknown("it names no StorageClass".to_owned(), None) };
    let Some(class) = case.query.storage_class(&name).here() else {
        return Encryption::Unknown(format!("StorageClass/{name} does not exist"), None);
    };
    let id = ObjectRef::cluster(Kind::StorageClass, &name);
    match class.encrypted {
        Some(true) => Encryption::Yes,
        Some(false) => Encryption::No(
            format!("StorageClass/{name} does not ask {} for it (parameters.encrypted)", class.driver),
            id,
        ),
        None => {
            Encryption::Unknown(format!("StorageClass/{name} with {} does not say", class.driver), Some(id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::api::FindingOutcome;
    use crate::rules::testing::Bench;

    const FLOW: &str = "DataFlow/cx/answers";

    fn class(name: &str, driver: &str, encrypted: &str) -> String {
        format!(
            "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: {name}}}\nprovisioner: {driver}\n\
             parameters: {{encrypted: '{encrypted}'}}\n"
        )
    }

    fn claim(name: &str, spec: &str) -> String {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: {name}, namespace: cx}}\nspec: {spec}\n"
        )
    }

    /// A world in which the flow says that it is encrypted, and one workload has a claim.
    fn bench() -> Bench {
        Bench::new(SOUND)
            .with(&flow("{workloads: {selector: {matchLabels: {part-of: feedback}}}, encryption: {atRest: true}}"))
            .with(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: sender, namespace: cx, labels: {part-of: feedback}}\n\
                 spec: {template: {spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}}}\n",
            )
    }

    fn outcomes(bench: &Bench) -> Vec<(FindingOutcome, String)> {
        let findings = bench.judge(FLOW).0.findings.into_iter().filter(|found| found.rule.0 == 118);
        findings.map(|found| (found.outcome, found.message)).collect()
    }

    #[test]
    fn the_class_of_a_claim_tells_whether_it_is_encrypted() {
        let with = |driver: &str, encrypted: &str| {
            let bench =
                bench().with(&claim("data", "{storageClassName: c}")).with(&class("c", driver, encrypted));
            outcomes(&bench)
        };
        let causes = |encrypted: &str| {
            let class = class("c", "ebs.csi.aws.com", encrypted);
            bench().with(&claim("data", "{storageClassName: c}")).with(&class).causes(118, FLOW)
        };
        assert_eq!(causes("false"), ["StorageClass/c /parameters"]);
        assert!(with("ebs.csi.aws.com", "true").is_empty());
        assert!(with("disk.csi.azure.com", "").is_empty());
        assert_eq!(
            with("ebs.csi.aws.com", "false"),
            [(
                FindingOutcome::Violating,
                "the volume data of Deployment/cx/sender is not encrypted: StorageClass/c does not ask ebs.csi.aws.com \
                 for it (parameters.encrypted)"
                    .to_owned()
            )]
        );
        assert_eq!(
            with("cinder.csi.openstack.org", ""),
            [(
                FindingOutcome::Unknown,
                "whether the volume data of Deployment/cx/sender is encrypted cannot be told: StorageClass/c with \
                 cinder.csi.openstack.org does not say"
                    .to_owned()
            )]
        );
    }

    #[test]
    fn what_is_missing_is_not_known_to_be_encrypted() {
        for (manifests, why) in [
            (String::new(), "the claim does not exist"),
            (claim("data", "{}"), "it names no StorageClass"),
            (claim("data", "{storageClassName: c}"), "StorageClass/c does not exist"),
        ] {
            let found = outcomes(&bench().with(&manifests));
            assert_eq!(found.len(), 1);
            assert!(found[0].0 == FindingOutcome::Unknown && found[0].1.ends_with(why), "{found:?}");
        }
        let elsewhere =
            bench().with(&flow("{workloads: {selector: {matchLabels: {a: b}}}, encryption: {atRest: true}}"));
        assert!(outcomes(&elsewhere).is_empty());
    }

    #[test]
    fn a_volume_that_encrypts_needs_no_class() {
        let volume = |attribute: &str| {
            format!(
                "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: pv}}\n\
                 spec: {{csi: {{driver: rbd.csi.ceph.com, volumeAttributes: {{encrypted: '{attribute}'}}}}}}\n"
            )
        };
        let bench = |attribute| bench().with(&claim("data", "{volumeName: pv}")).with(&volume(attribute));
        assert!(outcomes(&bench("true")).is_empty());
        assert_eq!(outcomes(&bench("false")).len(), 1);
    }

    #[test]
    fn the_claims_of_a_stateful_set_are_those_of_its_pods() {
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: cx, labels: {part-of: feedback}}\n\
                   spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: plain}}]}\n";
        let bench = bench()
            .with(&claim("data", "{storageClassName: good}"))
            .with(set)
            .with(&class("good", "ebs.csi.aws.com", "true"))
            .with(&class("plain", "ebs.csi.aws.com", ""));
        let found = outcomes(&bench);
        assert!(
            found.len() == 1 && found[0].1.starts_with("the volume data of StatefulSet/cx/db is not"),
            "{found:?}"
        );
        // The class of a template says nothing of claims that were made before.
        let bench = bench
            .with(&claim("data-db-0", "{storageClassName: good}"))
            .with(&claim("data-db-1", "{storageClassName: plain}"))
            .with(&claim("data-db-2", "{storageClassName: plain}"))
            .with(&claim("data-db-old", "{storageClassName: plain}"));
        let found = outcomes(&bench);
        let expected = "the volume data-db-1 of StatefulSet/cx/db, data-db-2 of StatefulSet/cx/db is not";
        assert!(found.len() == 1 && found[0].1.starts_with(expected), "{found:?}");
    }
}
