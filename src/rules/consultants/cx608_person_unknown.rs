//! CX608: access of somebody of whom nothing is known.

use crate::api::SubjectKind;
use crate::engine::people;
use crate::facts::GrantFact;
use crate::rules::access::{is_over, subject_path};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A Person claims the username that gets access: it is among the `usernames` of one. Of a grant to a group, at
    /// least one Person names the group in `groups`. Service accounts are nobody and need no Person.
    ///
    /// The outcome is Unknown: without a Person nobody can say whether an NDA, an engagement or a firm's agreement is
    /// needed, so the rules about them are not judged. By default this warns and access is given; where a policy has
    /// the rule enforced (`rules: [{code: CX608, mode: Enforce}]`), the grant waits for the Person.
    ///
    /// # Why
    ///
    /// Access that belongs to nobody is reviewed by nobody and ends with nobody's departure. ISO/IEC 27001 A.5.16
    /// wants every identity tied to a person; GDPR Art. 32(4) wants it known who acts on one's instructions.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   subject: {kind: User, name: anna@corp.example}     # no Person has this username
    /// ```
    ///
    /// # Fix
    ///
    /// Create a Person with the username as the API server sees it, or add the name to an existing one.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2), 32(4); ISO/IEC 27001:2022 A.5.16; NIST SP 800-53 AC-2.
    608 "person-unknown" Warn since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    let group = case.subject.spec.subject.kind == SubjectKind::Group;
    let field = if group { "groups" } else { "usernames" };
    for name in people(case.query, &case.subject.spec).missing {
        report.unknown(
            subject_path(case.subject),
            format!("no Person has {name} among its {field}"),
            format!("create a Person with {name} among its {field}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::Outcome;
    use crate::rules::testing::{Bench, EMPLOYEE, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";

    fn to(subject: &str) -> Bench {
        let grant = edit(EMPLOYEE, "{kind: User, name: support-12@corp.example}", subject);
        Bench::new(PEOPLE).with(&grant)
    }

    #[test]
    fn a_user_whom_no_person_claims_is_unknown() {
        assert!(to("{kind: User, name: s12@corp.example}").findings(608, ID).is_empty());
        let stranger = to("{kind: User, name: stranger@corp.example}");
        assert_eq!(
            stranger.findings(608, ID),
            ["/spec/subject/name: no Person has stranger@corp.example among its usernames"]
        );
        // Nobody knows whether papers are needed: that is not compliant.
        assert_eq!(stranger.outcome(ID), Outcome::Unknown);
        for rule in [502, 506, 507, 508, 601, 602, 603, 604, 605, 606, 607] {
            assert!(stranger.lacks(rule, ID), "CX{rule}");
            assert!(stranger.findings(rule, ID).is_empty(), "CX{rule}");
        }
    }

    #[test]
    fn a_group_without_people_is_unknown() {
        assert_eq!(
            to("{kind: Group, name: agents}").findings(608, ID),
            ["/spec/subject/name: no Person has agents among its groups"]
        );
    }

    #[test]
    fn service_accounts_are_nobody() {
        let bench = to("{kind: ServiceAccount, name: sender}");
        assert!(bench.findings(608, ID).is_empty());
        assert_eq!(bench.judge(ID).0.lacking, []);
    }

    #[test]
    fn a_person_who_cannot_be_read_is_not_unknown() {
        let people = edit(PEOPLE, "jobRole: support\n", "jobRole: support\n  leftOn: never\n");
        let bench = Bench::new(&people).with(EMPLOYEE);
        assert!(bench.findings(608, ID).is_empty());
        assert!(bench.lacks(506, ID) && bench.outcome(ID) == Outcome::Unknown);
    }
}
