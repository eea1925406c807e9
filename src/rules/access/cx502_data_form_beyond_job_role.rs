//! CX502: an employee who sees more of people than the job needs.

use super::form::{Ceiling, beyond, is_of_consultants};
use super::{behind, is_over, subject_path};
use crate::api::{PersonType, stated};
use crate::engine::Cause;
use crate::facts::GrantFact;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A grant to an employee shows no more of people than the policy lets the job role see. The forms are, from least
    /// to most: Aggregate, Anonymised, Pseudonymised, Identifiable. The ceiling is the entry of `access.dataForms` for
    /// the person's `jobRole`, in capitals or not; a job role without an entry may see any form. A grant without
    /// `dataForm` is a violation where there is a ceiling. Where `dataForms` has ceilings for job roles, the Person has
    /// to name its `jobRole`. Of several employees behind a group, the one with the lowest ceiling counts.
    ///
    /// Where the rule is enforced, the grant gives no access.
    ///
    /// # Why
    ///
    /// Marketing needs numbers, support needs the case at hand: data minimisation, GDPR Art. 5(1)(c), and protection by
    /// default, Art. 25(2). What nobody needs to see cannot leak through them.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   subject: {kind: User, name: marketing-3@corp.example}     # jobRole: marketing
    ///   dataForm: Identifiable     # dataForms: {marketing: Aggregate}
    /// ```
    ///
    /// # Fix
    ///
    /// Give the data in a form that the ceiling allows, and say so in `dataForm`. If the job has changed, set `jobRole`
    /// and `jobRoleChangedOn` of the Person.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c), 25(2), 32(4); ISO/IEC 27001:2022 A.5.15, A.8.3, A.8.11.
    502 "data-form-beyond-job-role" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    let demands = &case.policy.access;
    let has_ceilings = demands.data_forms.keys().any(|entry| !is_of_consultants(entry));
    let mut employees = behind(case, report);
    employees.retain(|(_, person)| person.type_ == PersonType::Employee);
    for (id, _) in
        employees.iter().filter(|(_, person)| has_ceilings && stated(person.job_role.as_ref()).is_none())
    {
        report.because(Cause::at(id, "/spec/jobRole")).violation(
            subject_path(case.subject),
            format!("{id} /spec/jobRole: without a job role on record, nothing says how much {id} may see"),
            format!("record the job role in {id}"),
        );
    }
    let ceilings = employees.iter().filter_map(|(who, person)| {
        let (entry, most) = demands.ceiling(stated(person.job_role.as_ref())?)?;
        Some(Ceiling { most, entry, who })
    });
    beyond(case.subject, ceilings, report);
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const FORMS: &str = "    dataForms: {data-analyst: Pseudonymised, consultant: Pseudonymised}\n";
    const SHOWN: &str = "  dataForm: Identifiable\n";

    fn bench(forms: &str, shown: &str) -> Bench {
        Bench::new(&edit(PEOPLE, FORMS, forms)).with(&edit(EMPLOYEE, SHOWN, shown))
    }

    fn found(forms: &str, shown: &str) -> Vec<String> {
        bench(forms, shown).findings(502, ID)
    }

    #[test]
    fn the_ceiling_is_that_of_the_job_role() {
        let support = "    dataForms: {support: Pseudonymised, marketing: Aggregate}\n";
        assert_eq!(
            found(support, SHOWN),
            [
                "/spec/dataForm: Identifiable data is more than Person/support-12 may see: Pseudonymised (dataForms: \
                 support)"
            ]
        );
        assert!(found(support, "  dataForm: Pseudonymised\n").is_empty());
        assert!(found(support, "  dataForm: Aggregate\n").is_empty());
        assert_eq!(
            found(support, ""),
            [
                "/spec/dataForm: dataForm is missing; Person/support-12 may see Pseudonymised data (dataForms: support)"
            ]
        );
    }

    #[test]
    fn a_job_role_without_a_ceiling_may_see_any_form() {
        for forms in
            [FORMS, "", "    dataForms: {marketing: Aggregate}\n", "    dataForms: {support: Identifiable}\n"]
        {
            assert!(found(forms, SHOWN).is_empty(), "{forms}");
        }
        assert!(found(FORMS, "").is_empty());
    }

    #[test]
    fn another_spelling_opens_nothing() {
        for (entry, job) in [("support", "Support"), ("Support", "support"), ("support", "' SUPPORT '")] {
            let people = edit(PEOPLE, FORMS, &format!("    dataForms: {{{entry}: Aggregate}}\n"));
            let people = edit(&people, "jobRole: support\n", &format!("jobRole: {job}\n"));
            assert_eq!(Bench::new(&people).with(EMPLOYEE).findings(502, ID).len(), 1, "{entry} {job}");
        }
        let both = "    dataForms: {support: Identifiable, Support: Aggregate}\n";
        assert_eq!(found(both, SHOWN).len(), 1, "the lower one counts");
    }

    #[test]
    fn where_there_are_ceilings_the_job_role_is_on_record() {
        let unnamed = |forms: &str| {
            let on_record = |job: &str| {
                let people = edit(&edit(PEOPLE, FORMS, forms), "  jobRole: support\n", job);
                Bench::new(&people).with(EMPLOYEE).findings(502, ID)
            };
            assert_eq!(on_record("  jobRole: ' '\n"), on_record(""));
            on_record("")
        };
        assert_eq!(
            unnamed("    dataForms: {marketing: Aggregate}\n"),
            [
                "/spec/subject/name: Person/support-12 /spec/jobRole: without a job role on record, nothing says how \
                 much Person/support-12 may see"
            ]
        );
        // The ceiling of consultants is none for employees.
        assert!(unnamed("    dataForms: {consultant: Aggregate}\n").is_empty());
    }

    #[test]
    fn of_a_group_the_lowest_ceiling_counts_and_consultants_do_not() {
        let forms =
            "    dataForms: {support: Pseudonymised, marketing: Aggregate, data-analyst: Aggregate}\n";
        let people =
            edit(&edit(PEOPLE, FORMS, forms), "jobRole: support\n", "jobRole: support\n  groups: [team]\n");
        let other = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: zoe}\n\
                     spec: {usernames: [zoe], groups: [team], type: Employee, jobRole: marketing}\n";
        let grant =
            edit(EMPLOYEE, "{kind: User, name: support-12@corp.example}", "{kind: Group, name: team}");
        let found = Bench::new(&people).with(other).with(&grant).findings(502, ID);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("more than Person/zoe may see: Aggregate (dataForms: marketing)"),
            "{found:?}"
        );
        assert!(Bench::new(&people).with(GRANT).findings(502, ID).is_empty());
    }

    #[test]
    fn who_is_unknown_is_lacking_and_what_is_over_not_judged() {
        let support = "    dataForms: {support: Aggregate}\n";
        let stranger = edit(EMPLOYEE, "support-12@corp.example", "zoe@corp.example");
        let bench = Bench::new(&edit(PEOPLE, FORMS, support)).with(&stranger);
        assert!(bench.findings(502, ID).is_empty() && bench.lacks(502, ID));
        let over = self::bench(support, SHOWN).at("2027-03-31T00:00:00Z");
        assert!(over.findings(502, ID).is_empty());
        let before = over.at("2027-03-30T23:59:59Z");
        assert_eq!((before.findings(502, ID).len(), &*before.horizon(ID)), (1, "2027-03-31T00:00:00Z"));
    }
}
