//! CX003: an object that cannot be read.

use crate::engine::Query;
use crate::facts::{ObjectRef, Problem};
use crate::rules::Report;
use crate::rules::rule::rule;

rule! {
    /// # What it checks
    ///
    /// The object has the shape that its schema demands: no unknown field, no value that cannot be read. Each finding
    /// names a field.
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
    /// Correct the field that the finding names. An object that was stored before the schema changed is corrected the
    /// same way: edit and apply it.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2): who is accountable must be able to show compliance.
    3 "unreadable-object" Enforce since "0.1.0",
    Any: check,
}

fn check(subject: &ObjectRef, query: &Query<'_>, report: &mut Report<'_>) {
    let Some(why) = query.unreadable(subject) else { return };
    for Problem { path, problem } in &why.problems {
        report.unknown(
            &**path,
            format!("cannot be read: {problem}"),
            "correct the field and apply the object again",
        );
    }
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
