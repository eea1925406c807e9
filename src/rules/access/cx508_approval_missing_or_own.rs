//! CX508: access that nobody else has agreed to.

use super::{behind, is_over};
use crate::api::{Approval, stated};
use crate::engine::{Cause, Human};
use crate::facts::GrantFact;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where `access.approval` is Required (the default), a grant has an approval. An approval is somebody else's: it
    /// is not by the grant's subject or `issuedTo`, not by `requestedBy`, not by another username of the same Person,
    /// and not by a member of the group that gets access, as far as a Person names its `groups`. And it is not dated
    /// in the future.
    ///
    /// An approval that is nobody's, one's own, or to come, is a violation also where the policy demands none. Leave it out
    /// there: an approval moves the end of a grant later and renews one that has ended, so it always takes four eyes.
    ///
    /// In an emergency it takes two: of a grant with `emergency: true` an own approval counts where every policy that
    /// selects the namespace has `access.emergency.allowed`, and the approver's Person names a group that each of them
    /// lists in `access.emergency.groups`. It counts for the approver's own access alone: the subject is their User, or
    /// an `IssuedServiceAccount` that is issued to it. It begins at once, so `startsAt` is not after the approval; it lasts
    /// `access.emergency.maxDuration` (4h) at most; and somebody else is to review it (CX505). Until that is done, who
    /// signed it signs no further one for themselves.
    ///
    /// # Why
    ///
    /// Whoever grants access to themselves is checked by nobody. Art. 32(4) GDPR wants access on instruction only;
    /// ISO/IEC 27001 A.5.3 wants duties apart, and A.5.18 an authorisation by the owner of the data.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   subject: {kind: User, name: marketing-3@corp.example}
    ///   approval: {by: marketing-3@corp.example, at: 2026-11-10T09:00:00Z}
    /// ```
    ///
    /// # Fix
    ///
    /// Have somebody approve who holds the verb `approve` on accessgrants and neither gets the access nor asked for
    /// it. An approval is replaced by a later one.
    ///
    /// # References
    ///
    /// GDPR Art. 29, 32(4); ISO/IEC 27001:2022 A.5.3, A.5.15, A.5.18; SOC 2 CC6.2; NIST SP 800-53 AC-5.
    508 "approval-missing-or-own" Enforce since "0.1.0",
    Grant: check,
}

const REMEDY: &str = "have somebody approve who neither gets the access nor asked for it";

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    let Some(approval) = &case.subject.spec.approval else {
        if case.policy.access.approval {
            report.violation("/spec/approval", "nobody has approved the grant", REMEDY);
        }
        return;
    };
    if stated(Some(&approval.by)).is_none() {
        report.violation("/spec/approval/by", "the approval does not say whose it is", REMEDY);
    }
    if !case.query.reached(approval.at.timestamp()) {
        report.violation(
            "/spec/approval/at",
            format!("approved at {}, which has not come", approval.at),
            "approve with the time of the approval",
        );
    }
    own(case, approval, report);
}

/// Reports an approval that is no one else's. In an emergency the policy may let its approver sign it.
fn own(case: &Case<'_, GrantFact>, approval: &Approval, report: &mut Report<'_>) {
    let spec = &case.subject.spec;
    let approver = Human::of(case.query, &approval.by);
    for person in &approver.unreadable {
        report.lacks(format!("{person} cannot be read"));
    }
    // Also who is among the people behind the grant by a group of theirs.
    let own = approver.is_named(case.id, spec).or_else(|| approver.is_among(&behind(case, report)));
    let Some((own, reason)) = own else { return };
    let message = format!("approved by {}, {own}", approval.by);
    if spec.emergency != Some(true) {
        report.because(reason).violation("/spec/approval/by", message, REMEDY);
        return;
    }
    let Some(refusal) = approver.refused(case.query, case.id, spec, approval) else { return };
    let message = format!("{message}, {}", refusal.why);
    let (reason, remedy) = match refusal.first {
        Some(first) => {
            let remedy =
                format!("have somebody else set reviewedOn and reviewedBy on {first}, or approve this grant");
            (Some(Cause::at(&first, "/spec/reviewedBy")), remedy)
        }
        None => (reason, REMEDY.to_owned()),
    };
    report.because(reason).violation("/spec/approval/by", message, remedy);
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const APPROVAL: &str = "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n";

    fn found(grant: &str) -> Vec<String> {
        Bench::new(PEOPLE).with(grant).findings(508, ID)
    }

    fn by(approver: &str) -> String {
        edit(EMPLOYEE, "by: lead@corp.example", &format!("by: {approver}"))
    }

    #[test]
    fn an_approval_is_needed_where_the_policy_says_so() {
        assert!(found(EMPLOYEE).is_empty());
        let grant = edit(EMPLOYEE, APPROVAL, "");
        assert_eq!(found(&grant), ["/spec/approval: nobody has approved the grant"]);
        let lenient = edit(PEOPLE, "approval: Required", "approval: NotRequired");
        assert!(Bench::new(&lenient).with(&grant).findings(508, ID).is_empty());
    }

    #[test]
    fn an_approval_says_whose_it_is() {
        let nameless = by("'  '");
        let message = ["/spec/approval/by: the approval does not say whose it is"];
        assert_eq!(found(&nameless), message);
        let lenient = edit(PEOPLE, "approval: Required", "approval: NotRequired");
        assert_eq!(Bench::new(&lenient).with(&nameless).findings(508, ID), message);
    }

    #[test]
    fn nobody_approves_their_own_access() {
        let own = by("support-12@corp.example");
        let message = ["/spec/approval/by: approved by support-12@corp.example, who gets the access"];
        assert_eq!(found(&own), message);
        // Also where no approval is demanded: it would move the end and renew.
        let lenient = edit(PEOPLE, "approval: Required", "approval: NotRequired");
        assert_eq!(Bench::new(&lenient).with(&own).findings(508, ID), message);
        assert_eq!(
            found(&by("s12@corp.example")),
            ["/spec/approval/by: approved by s12@corp.example, who gets the access under the name \
              support-12@corp.example"]
        );
        let causes = |approver: &str| Bench::new(PEOPLE).with(&by(approver)).causes(508, ID);
        assert_eq!(causes("s12@corp.example"), ["Person/support-12 /spec/usernames"]);
        assert_eq!(causes("support-12@corp.example"), ["-"]);
    }

    #[test]
    fn nobody_approves_what_they_asked_for() {
        let requested = |name: &str| edit(EMPLOYEE, APPROVAL, &format!("{APPROVAL}  requestedBy: {name}\n"));
        assert!(found(&requested("other@corp.example")).is_empty());
        assert_eq!(
            found(&requested("lead@corp.example")),
            ["/spec/approval/by: approved by lead@corp.example, who asked for the access"]
        );
        let grant =
            edit(&requested("analyst-7@insight.example"), "by: lead@corp.example", "by: a7@corp.example");
        let found = found(&grant);
        assert!(found[0].contains("who asked for the access under the name analyst-7@insight"), "{found:?}");
    }

    #[test]
    fn no_member_approves_the_access_of_the_group() {
        let to_group = |approver: &str| {
            edit(&by(approver), "{kind: User, name: support-12@corp.example}", "{kind: Group, name: agents}")
        };
        let people = edit(PEOPLE, "jobRole: support\n", "jobRole: support\n  groups: [agents]\n");
        let found = |approver: &str| Bench::new(&people).with(&to_group(approver)).findings(508, ID);
        assert!(found("lead@corp.example").is_empty());
        let member = [
            "/spec/approval/by: approved by support-12@corp.example, who is Person/support-12 and gets the access",
        ];
        assert_eq!(found("support-12@corp.example"), member);
        assert_eq!(found("s12@corp.example").len(), 1);
        let bench = Bench::new(&people).with(&to_group("s12@corp.example"));
        assert_eq!(bench.causes(508, ID), ["Person/support-12 /spec/usernames"]);
    }

    #[test]
    fn the_account_and_who_may_fetch_its_token_do_not_approve() {
        let account = "system:serviceaccount:cx-feedback:sender";
        let grant =
            |subject: &str| edit(&by(account), "{kind: User, name: support-12@corp.example}", subject);
        assert_eq!(found(&grant("{kind: ServiceAccount, name: sender}")).len(), 1);
        assert!(found(&grant("{kind: ServiceAccount, name: other}")).is_empty());
        let issued =
            "{kind: IssuedServiceAccount, name: made}\n  issuedTo: {kind: ServiceAccount, name: sender}";
        assert_eq!(found(&grant(issued)).len(), 1);
    }

    #[test]
    fn an_approval_to_come_is_none() {
        let grant = edit(EMPLOYEE, "at: 2026-11-19T15:00:00Z", "at: 2026-11-23T12:00:01Z");
        assert_eq!(
            found(&grant),
            ["/spec/approval/at: approved at 2026-11-23T12:00:01Z, which has not come"]
        );
        assert_eq!(Bench::new(PEOPLE).with(&grant).horizon(ID), "2026-11-23T12:00:01Z");
        let bench = Bench::new(PEOPLE).with(&grant).at("2026-11-23T12:00:01Z");
        assert!(bench.findings(508, ID).is_empty());
    }

    #[test]
    fn an_approver_who_cannot_be_read_may_be_anybody() {
        let unreadable = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: lead}\n\
                          spec: {usernames: [lead@corp.example], type: Boss}\n";
        let bench = Bench::new(PEOPLE).with(EMPLOYEE).with(unreadable);
        assert!(bench.findings(508, ID).is_empty() && bench.lacks(508, ID));
    }

    #[test]
    fn in_an_emergency_an_own_approval_counts_where_the_policy_says_so() {
        let own = |emergency: &str| {
            let at_once = edit(&by("support-12@corp.example"), "  startsAt: 2026-11-20T08:00:00Z\n", "");
            edit(&at_once, "  dataForm", &format!("{emergency}  dataForm"))
        };
        let people = |groups: &str, policy: &str| {
            let people =
                edit(PEOPLE, "jobRole: support\n", &format!("jobRole: support\n  groups: [{groups}]\n"));
            edit(&people, "approval: Required", &format!("approval: Required\n    emergency: {{{policy}}}"))
        };
        let found =
            |people: &str, emergency: &str| Bench::new(people).with(&own(emergency)).findings(508, ID);
        let allowed = people("on-call", "allowed: true, groups: [on-call]");
        assert!(found(&allowed, "  emergency: true\n").is_empty());
        let by = "/spec/approval/by: approved by support-12@corp.example, who gets the access";
        for emergency in ["", "  emergency: false\n"] {
            assert_eq!(found(&allowed, emergency), [by], "{emergency}");
        }
        let refused = format!("{by}, and may not do so in an emergency (access.emergency)");
        for people in [
            people("all", "allowed: true, groups: [on-call]"),
            people("on-call", "allowed: false, groups: [on-call]"),
            people("on-call", "allowed: true"),
        ] {
            assert_eq!(found(&people, "  emergency: true\n"), [refused.as_str()]);
        }
        // One that somebody else has not reviewed yet is the cause.
        let before = edit(&own("  emergency: true\n"), "name: churn", "name: before");
        let before = edit(&before, "at: 2026-11-19T15:00:00Z", "at: 2026-11-18T15:00:00Z");
        let next = || Bench::new(&allowed).with(&own("  emergency: true\n")).with(&before);
        let first = "and may do so again once somebody else has reviewed AccessGrant/cx-feedback/before";
        assert_eq!(next().findings(508, ID), [format!("{by}, {first}")]);
        assert_eq!(next().causes(508, ID), ["AccessGrant/cx-feedback/before /spec/reviewedBy"]);
        // Nobody on record is in no group.
        let stranger = edit(
            &edit(&own("  emergency: true\n"), "by: support-12@corp.example", "by: eve"),
            "User, name: support-12@corp.example",
            "User, name: eve",
        );
        assert_eq!(Bench::new(&allowed).with(&stranger).findings(508, ID).len(), 1);
    }
}
