//! CX604: a consultant who sees more of people than the work needs.

use crate::api::{PersonSpec, stated};
use crate::engine::{AccessDemands, CONSULTANT};
use crate::facts::{GrantFact, ObjectRef};
use crate::rules::access::{Ceiling, beyond, consultants, is_over};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A grant to a consultant shows no more of people than the policy lets consultants see. The forms are, from least
    /// to most: Aggregate, Anonymised, Pseudonymised, Identifiable. `access.dataForms` names ceilings: `consultant` is
    /// that of every consultant, and the entry of the person's `jobRole`, in capitals or not, may be lower; the lower
    /// one counts. A grant without `dataForm` is a violation where there is a ceiling. Where `dataForms` names neither,
    /// there is none. Of several consultants behind a group, the one with the lowest ceiling counts.
    ///
    /// # Why
    ///
    /// Consultants get only what the work needs, anonymised or pseudonymised where possible: data minimisation, GDPR
    /// Art. 5(1)(c), and protection by default, Art. 25(2).
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   subject: {kind: User, name: analyst-7@insight-partners.example}     # a consultant
    ///   dataForm: Identifiable     # dataForms: {consultant: Pseudonymised}
    /// ```
    ///
    /// # Fix
    ///
    /// Give the data in a form that the ceiling allows, and say so in `dataForm`.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c), 25, 32(1)(a); ISO/IEC 27001:2022 A.8.3, A.8.11.
    604 "raw-data-to-consultant" Enforce since "0.1.0",
    Grant: check,
}

/// The most that a consultant may see: the lower one of two ceilings.
fn ceiling<'p>(
    demands: &'p AccessDemands,
    who: &'p ObjectRef,
    person: &'p PersonSpec,
) -> Option<Ceiling<'p>> {
    let names = [CONSULTANT].into_iter().chain(stated(person.job_role.as_ref()));
    let ceilings = names.filter_map(|name| demands.ceiling(name));
    let ceilings = ceilings.map(|(entry, most)| Ceiling { most, entry, who });
    ceilings.min_by_key(|ceiling| ceiling.most)
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    let consultants = consultants(case, report);
    let demands = &case.policy.access;
    let ceilings = consultants.iter().filter_map(|(id, person)| ceiling(demands, id, person));
    beyond(case.subject, ceilings, report);
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const FORMS: &str = "    dataForms: {data-analyst: Pseudonymised, consultant: Pseudonymised}\n";

    fn found(forms: &str, form: &str) -> Vec<String> {
        let grant = edit(GRANT, "  dataForm: Pseudonymised\n", form);
        Bench::new(&edit(PEOPLE, FORMS, forms)).with(&grant).findings(604, ID)
    }

    #[test]
    fn the_lower_of_both_ceilings_counts() {
        let (raw, aggregate) = ("  dataForm: Identifiable\n", "  dataForm: Aggregate\n");
        assert!(found(FORMS, "  dataForm: Pseudonymised\n").is_empty());
        assert!(found(FORMS, aggregate).is_empty());
        for (forms, most) in [
            (FORMS, "Pseudonymised (dataForms: consultant)"),
            (
                "    dataForms: {data-analyst: Anonymised, consultant: Pseudonymised}\n",
                "Anonymised (dataForms: data-analyst)",
            ),
            (
                "    dataForms: {data-analyst: Identifiable, consultant: Anonymised}\n",
                "Anonymised (dataForms: consultant)",
            ),
            ("    dataForms: {data-analyst: Anonymised}\n", "Anonymised (dataForms: data-analyst)"),
        ] {
            let message =
                format!("/spec/dataForm: Identifiable data is more than Person/analyst-7 may see: {most}");
            assert_eq!(found(forms, raw), [message]);
            let field = if most.contains("consultant") { "type" } else { "jobRole" };
            let grant = edit(GRANT, "  dataForm: Pseudonymised\n", raw);
            let bench = Bench::new(&edit(PEOPLE, FORMS, forms)).with(&grant);
            assert_eq!(bench.causes(604, ID), [format!("Person/analyst-7 /spec/{field}")]);
        }
        assert!(
            found("    dataForms: {data-analyst: Identifiable, consultant: Identifiable}\n", raw).is_empty()
        );
    }

    #[test]
    fn without_a_ceiling_any_form_may_be_seen() {
        for forms in ["", "    dataForms: {marketing: Aggregate}\n"] {
            assert!(found(forms, "  dataForm: Identifiable\n").is_empty());
            assert!(found(forms, "").is_empty());
        }
    }

    #[test]
    fn where_there_is_a_ceiling_the_form_must_be_named() {
        assert_eq!(
            found(FORMS, ""),
            [
                "/spec/dataForm: dataForm is missing; Person/analyst-7 may see Pseudonymised data (dataForms: consultant)"
            ]
        );
    }

    #[test]
    fn of_a_group_the_lowest_ceiling_counts_and_employees_do_not() {
        let people = edit(PEOPLE, "jobRole: support\n", "jobRole: consultant\n");
        assert!(Bench::new(&people).with(EMPLOYEE).findings(604, ID).is_empty());
        let other = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: zoe}\n\
                     spec: {usernames: [zoe], groups: [team], type: Consultant, jobRole: marketing}\n";
        let people = edit(PEOPLE, "jobRole: data-analyst\n", "jobRole: data-analyst\n  groups: [team]\n");
        let people =
            edit(&people, FORMS, "    dataForms: {marketing: Aggregate, consultant: Pseudonymised}\n");
        let grant = edit(GRANT, "{kind: User, name: analyst-7@insight.example}", "{kind: Group, name: team}");
        let found = Bench::new(&people).with(other).with(&grant).findings(604, ID);
        assert_eq!(
            found,
            [
                "/spec/dataForm: Pseudonymised data is more than Person/zoe may see: Aggregate (dataForms: marketing)"
            ]
        );
    }
}
