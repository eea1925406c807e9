//! CX003: an object that cannot be read, or that says other than its like.

use crate::api::ResidencyPolicy;
use crate::engine::{Cause, Query};
use crate::facts::{Key, Kind, ObjectRef, Problem};
use crate::pointer;
use crate::rules::Report;
use crate::rules::rule::rule;

rule! {
    /// # What it checks
    ///
    /// The object has the shape that its schema demands: no unknown field, no value that cannot be read. Each finding
    /// names a field.
    ///
    /// Policies that hold for the same namespace agree on what is a fact and no demand: the cluster's provider
    /// (`residency.provider`) and the countries of regions of one's own (`residency.regionOverrides`). While they do not,
    /// none of them counts.
    ///
    /// # Why
    ///
    /// What cannot be read cannot be judged. The object still exists: what refers to it is Unknown rather than broken,
    /// and nothing that is not shown to be compliant passes.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement: {validUntil: 31.12.2027}
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the field that the finding names, or let the policies say the same. An object that was stored before the schema changed is corrected the
    /// same way: edit and apply it.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2): who is accountable must be able to show compliance.
    3 "unreadable-object" Enforce since "0.1.0",
    Any: check,
}

fn check(subject: &ObjectRef, query: &Query<'_>, report: &mut Report<'_>) {
    if let Some(why) = query.unreadable(subject) {
        for Problem { path, problem } in &why.problems {
            report.unknown(
                &**path,
                format!("cannot be read: {problem}"),
                "correct the field and apply the object again",
            );
        }
    } else if subject.kind == Kind::CompliancePolicy {
        contradictions(subject, query, report);
    }
}

/// What another policy for the same namespace says otherwise of the cluster.
fn contradictions(subject: &ObjectRef, query: &Query<'_>, report: &mut Report<'_>) {
    let Some(own) = query.policy_object(&subject.name).here() else { return };
    let Some(said) = &own.residency else { return };
    for other in query.members(Key::Policies).into_iter().filter(|other| other != subject) {
        let Some(policy) = query.policy_object(&other.name).here() else { continue };
        let differing = policy.residency.as_ref().map(|theirs| differing(said, theirs)).unwrap_or_default();
        if differing.is_empty() {
            continue;
        }
        let namespaces = query.selected(&own);
        if !query.selected(&policy).iter().any(|name| namespaces.contains(name)) {
            continue;
        }
        for (path, what, mine, theirs) in differing {
            report.because(Cause::at(&other, &*path)).unknown(
                path,
                format!(
                    "says that {what} is {mine}, and {other}, for the same namespaces, that it is {theirs}"
                ),
                "let the policies say the same, or one of them say nothing",
            );
        }
    }
}

/// The facts about a cluster on which two policies differ: the field, what it says, and what each of them says.
fn differing(own: &ResidencyPolicy, theirs: &ResidencyPolicy) -> Vec<(String, String, String, String)> {
    let mut differing = Vec::new();
    if let (Some(mine), Some(other)) = (&own.provider, &theirs.provider)
        && !mine.eq_ignore_ascii_case(other)
    {
        let path = "/spec/residency/provider".to_owned();
        differing.push((path, "the cluster's provider".to_owned(), mine.clone(), other.clone()));
    }
    let others = theirs.region_overrides.iter().flatten();
    for (region, other) in others {
        let mine = own.region_overrides.as_ref().and_then(|countries| countries.get(region));
        if let Some(mine) = mine.filter(|mine| *mine != other) {
            let path = format!("/spec/residency/regionOverrides/{}", pointer::escaped(region));
            differing.push((path, format!("the region {region}"), mine.to_string(), other.to_string()));
        }
    }
    differing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::engine::Outcome;
    use crate::facts::{Kind, ObjectRef, Problem, unreadable};
    use crate::rules::testing::Bench;

    fn vendor(spec: &str) -> Bench {
        Bench::new(&format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {{name: hub}}\nspec: {spec}\n"
        ))
    }

    #[test]
    fn what_cannot_be_read_is_unknown_and_says_where() {
        assert!(vendor("{agreement: {validUntil: 2027-12-31}}").findings(3, "Vendor/hub").is_empty());
        for (spec, path) in [
            ("{agreement: {validUntil: 31.12.2027}}", "/spec/agreement/validUntil: cannot be read: "),
            ("{locations: {use: Storage}}", "/spec/locations: cannot be read: "),
        ] {
            let bench = vendor(spec);
            let found = bench.findings(3, "Vendor/hub");
            assert!(found.len() == 1 && found[0].starts_with(path), "{found:?}");
            assert_eq!(bench.outcome("Vendor/hub"), Outcome::Unknown);
        }
    }

    fn policy(name: &str, spec: &str) -> String {
        format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        )
    }

    #[test]
    fn policies_for_one_namespace_agree_on_the_facts() {
        let namespace =
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx, labels: {cxguard.dev/protected: 'true'}}";
        let elsewhere = "namespaceSelector: {matchLabels: {team: shop}}, ";
        for (one, two, expected) in [
            ("{residency: {provider: aws}}", "{residency: {provider: AWS}}", None),
            ("{residency: {provider: aws}}", "{residency: {regime: GDPR}}", None),
            (
                "{residency: {provider: aws}}",
                "{residency: {provider: gcp}}",
                Some(
                    "provider: says that the cluster's provider is aws, and CompliancePolicy/two, for the same \
                     namespaces, that it is gcp",
                ),
            ),
            (
                "{residency: {regionOverrides: {a/b: NL, c: DE}}}",
                "{residency: {regionOverrides: {a/b: US, c: DE, d: FR}}}",
                Some(
                    "regionOverrides/a~1b: says that the region a/b is NL, and CompliancePolicy/two, for the same \
                     namespaces, that it is US",
                ),
            ),
            ("{residency: {provider: aws}}", &format!("{{{elsewhere}residency: {{provider: gcp}}}}"), None),
        ] {
            let bench = Bench::new(namespace).with(&policy("one", one)).with(&policy("two", two));
            let found = bench.findings(3, "CompliancePolicy/one");
            let expected = expected.map(|end| format!("/spec/residency/{end}"));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{one} and {two}");
            assert_eq!(bench.findings(3, "CompliancePolicy/two").len(), found.len(), "{one} and {two}");
        }
    }

    #[test]
    fn every_problem_is_reported_at_its_field() {
        let vendor = "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: hub}\nspec: ";
        let bench = Bench::new(&format!("{vendor}{{country: \"NL\"}}"));
        assert_eq!(bench.findings(3, "Vendor/hub"), Vec::<String>::new());

        let country = Bench::new(&format!("{vendor}{{country: nl}}")).findings(3, "Vendor/hub");
        assert!(
            country.len() == 1 && country[0].starts_with("/spec/country: cannot be read: "),
            "{country:?}"
        );

        let problem = |path: &str| Problem { path: path.to_owned(), problem: "is wrong".to_owned() };
        let fact = unreadable(&json!({}), vec![problem("/metadata/labels/a"), problem("/spec/role")]);
        let bench = bench.fact(&ObjectRef::cluster(Kind::Vendor, "hub"), fact);
        assert_eq!(
            bench.findings(3, "Vendor/hub"),
            ["/metadata/labels/a: cannot be read: is wrong", "/spec/role: cannot be read: is wrong"]
        );
    }
}
