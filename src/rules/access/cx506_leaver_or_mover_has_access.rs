//! CX506: access of somebody who has left or does other work now.

use super::{behind, is_over, subject_path};
use crate::api::PersonSpec;
use crate::engine::{Cause, agreed_at};
use crate::facts::{GrantFact, ObjectRef};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Nobody behind the grant has left, and nobody's job role has changed since the access was agreed upon. The last
    /// day, `leftOn` of the Person, counts to its end and has no grace. A change of the job role,
    /// `jobRoleChangedOn`, sets aside what was approved before that day; without an approval, what was given before
    /// it. Of a grant to a group, everybody counts whose Person names the group.
    ///
    /// Where the rule is enforced, access ends for good, and the grant is Revoked.
    ///
    /// # Why
    ///
    /// Old rights are kept by those who change jobs, and accounts outlive employment: the need that justified them is
    /// gone (GDPR Art. 5(1)(c), 25(2)). ISO/IEC 27001 A.5.18 and A.6.5 want rights removed on change and departure.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Person
    /// metadata: {name: support-12}
    /// spec:
    ///   jobRole: marketing
    ///   jobRoleChangedOn: 2026-11-01     # the grant was approved in October
    /// ```
    ///
    /// # Fix
    ///
    /// Set `revoked` on the grant. If the person needs the access in the new role, have it approved again: an approval
    /// of the day of the change or later counts. If a grant is to a group, take whoever left out of the group and out
    /// of `groups` of the Person.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c), 25(2), 32(4); ISO/IEC 27001:2022 A.5.18, A.6.5; NIST SP 800-53 PS-4, PS-5.
    506 "leaver-or-mover-has-access" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    for (id, person) in behind(case, report) {
        judge(case, &id, &person, report);
    }
}

fn judge(case: &Case<'_, GrantFact>, id: &ObjectRef, person: &PersonSpec, report: &mut Report<'_>) {
    let path = subject_path(case.subject);
    if let Some(day) = person.left_on.filter(|day| case.query.is_over(*day)) {
        // In the same words of a group and of its members, each of whom is judged as if the grant were to them alone.
        let remedy = format!(
            "set revoked on the grant; if it is to a group, take the person out of it, and it out of groups of {id}"
        );
        report.because(Cause::at(id, "/spec/leftOn")).violation(
            path,
            format!("{id} /spec/leftOn: left on {day} and must not have access"),
            remedy,
        );
    }
    let moved = person.job_role_changed_on.filter(|day| case.query.has_begun(*day));
    if let (Some(day), Some(agreed)) = (moved, agreed_at(case.subject))
        && agreed < day.start()
    {
        report.because(Cause::at(id, "/spec/jobRoleChangedOn")).violation(
            path,
            format!("{id} /spec/jobRoleChangedOn: the job role changed on {day}, the access is of {agreed}"),
            "have the access approved again for the new job role, or set revoked",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";

    fn support(more: &str) -> Bench {
        let people = edit(PEOPLE, "jobRole: support\n", &format!("jobRole: support\n  {more}\n"));
        Bench::new(&people).with(EMPLOYEE)
    }

    #[test]
    fn the_last_day_counts_to_its_end() {
        assert!(support("country: \"DE\"").findings(506, ID).is_empty());
        let leaver = support("leftOn: 2026-11-23");
        assert!(leaver.findings(506, ID).is_empty());
        assert_eq!(leaver.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(
            leaver.at("2026-11-24T00:00:00Z").findings(506, ID),
            [
                "/spec/subject/name: Person/support-12 /spec/leftOn: left on 2026-11-23 and must not have access"
            ]
        );
    }

    #[test]
    fn an_approval_before_the_change_of_the_job_role_does_not_count() {
        let found = support("jobRoleChangedOn: 2026-11-20").findings(506, ID);
        assert_eq!(found.len(), 1);
        let mover = support("jobRoleChangedOn: 2026-11-20");
        assert_eq!(mover.causes(506, ID), ["Person/support-12 /spec/jobRoleChangedOn"]);
        assert!(
            found[0].contains("changed on 2026-11-20, the access is of 2026-11-19T15:00:00Z"),
            "{found:?}"
        );
        assert!(support("jobRoleChangedOn: 2026-11-19").findings(506, ID).is_empty());
        let first = edit(EMPLOYEE, "at: 2026-11-19T15:00:00Z", "at: 2026-11-19T00:00:00Z");
        assert!(support("jobRoleChangedOn: 2026-11-19").with(&first).findings(506, ID).is_empty());
        let to_come = support("jobRoleChangedOn: 2026-11-24");
        assert!(to_come.findings(506, ID).is_empty());
        assert_eq!(to_come.at("2026-11-24T00:00:00Z").findings(506, ID).len(), 1);
    }

    #[test]
    fn without_an_approval_the_activation_counts() {
        let grant = edit(EMPLOYEE, "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n", "");
        let active = format!("{grant}status: {{activatedAt: 2026-11-18T00:00:00Z}}\n");
        let bench = support("jobRoleChangedOn: 2026-11-20").with(&active);
        assert_eq!(bench.findings(506, ID).len(), 1);
        assert!(bench.with(&grant).findings(506, ID).is_empty());
    }

    #[test]
    fn of_a_group_everybody_counts() {
        let grant =
            edit(EMPLOYEE, "{kind: User, name: support-12@corp.example}", "{kind: Group, name: agents}");
        let bench = support("leftOn: 2026-11-22\n  groups: [agents]").with(&grant);
        assert_eq!(bench.findings(506, ID).len(), 1);
        assert!(bench.remedies(506, ID).concat().ends_with("and it out of groups of Person/support-12"));
        assert!(support("leftOn: 2026-11-22").with(&grant).lacks(506, ID));
    }
}
