//! CX602: a consultant's access that is not bound to the engagement.

use crate::api::PersonSpec;
use crate::engine::Cause;
use crate::facts::{GrantFact, ObjectRef};
use crate::rules::access::{consultants, is_over, subject_path};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A consultant's access lies within the engagement. The Person names the last day, `engagement.until`; the grant
    /// has an `expiresAt`, and it is not after the end of that day. Where the Person names `engagement.from`, access
    /// does not begin before that day: until it has come, a grant needs a `startsAt` that is not earlier.
    ///
    /// Where the rule is enforced, access waits for the engagement to begin, and is Suspended when it is over; a longer
    /// engagement brings it back. Where no end of the engagement is on record, the policy's maximum ends access.
    ///
    /// # Why
    ///
    /// Consultants lose access when the work ends: the grant must say when that is, so that nobody has to remember.
    /// GDPR Art. 5(1)(c) and 25(2); ISO/IEC 27001 A.6.5; NIST SP 800-53 PS-7 for external personnel.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   expiresAt: 2027-01-15T00:00:00Z     # engagement: {from: 2026-09-01, until: 2026-11-30}
    /// ```
    ///
    /// # Fix
    ///
    /// Set `expiresAt` to the last day of the engagement or earlier. If the engagement was prolonged, set
    /// `engagement.until` of the Person.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c), 25(2), 32(4); ISO/IEC 27001:2022 A.5.18, A.6.5; NIST SP 800-53 AC-2(2), PS-7.
    602 "access-outlives-engagement" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    let consultants = consultants(case, report);
    if let Some((id, _)) = consultants.first().filter(|_| case.subject.spec.expires_at.is_none()) {
        report.because(Cause::at(id, "/spec/type")).violation(
            "/spec/expiresAt",
            "a consultant's grant has no end",
            "set expiresAt to the last day of the engagement or earlier",
        );
    }
    for (id, person) in &consultants {
        ending(case, id, person, report);
        beginning(case, id, person, report);
    }
}

fn ending(case: &Case<'_, GrantFact>, id: &ObjectRef, person: &PersonSpec, report: &mut Report<'_>) {
    let Some(last) = person.engagement.as_ref().and_then(|engagement| engagement.until) else {
        report.because(Cause::at(id, "/spec/engagement/until")).violation(
            subject_path(case.subject),
            format!("{id} /spec/engagement/until: the end of the engagement is not on record"),
            format!("record the last day of the engagement in {id}"),
        );
        return;
    };
    if let Some(expires) = case.subject.spec.expires_at
        && expires.timestamp() > last.end()
    {
        report.because(Cause::at(id, "/spec/engagement/until")).violation(
            "/spec/expiresAt",
            format!("access until {expires} outlives the engagement of {id}, which ends with {last}"),
            format!("set expiresAt to {} or earlier", last.end()),
        );
    }
}

fn beginning(case: &Case<'_, GrantFact>, id: &ObjectRef, person: &PersonSpec, report: &mut Report<'_>) {
    let from = person.engagement.as_ref().and_then(|engagement| engagement.from);
    let Some(from) = from.filter(|from| !case.query.has_begun(*from)) else { return };
    let starts = case.subject.spec.starts_at;
    if starts.is_none_or(|start| start.timestamp() < from.start()) {
        let starts = starts.map_or_else(|| "at once".to_owned(), |start| format!("at {start}"));
        report.because(Cause::at(id, "/spec/engagement/from")).violation(
            "/spec/startsAt",
            format!("access begins {starts}, before the engagement of {id}, which begins on {from}"),
            format!("set startsAt to {} or later", from.start()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const ENGAGED: &str = "  engagement: {from: 2026-10-01, until: 2026-12-31}\n";
    const END: &str = "  expiresAt: 2026-12-18T18:00:00Z\n";

    fn with(engagement: &str, grant: &str) -> Vec<String> {
        Bench::new(&edit(PEOPLE, ENGAGED, engagement)).with(grant).findings(602, ID)
    }

    #[test]
    fn the_grant_ends_with_the_engagement() {
        assert!(with(ENGAGED, GRANT).is_empty());
        let until = |end: &str| edit(GRANT, "2026-12-18T18:00:00Z", end);
        assert!(with(ENGAGED, &until("2027-01-01T00:00:00Z")).is_empty());
        assert_eq!(
            with(ENGAGED, &until("2027-01-01T00:00:01Z")),
            [
                "/spec/expiresAt: access until 2027-01-01T00:00:01Z outlives the engagement of Person/analyst-7, \
              which ends with 2026-12-31"
            ]
        );
        let longer = until("2027-01-01T00:00:01Z");
        let bench = Bench::new(PEOPLE).with(&longer);
        assert_eq!(bench.causes(602, ID), ["Person/analyst-7 /spec/engagement/until"]);
        assert_eq!(
            with(ENGAGED, &edit(GRANT, END, "")),
            ["/spec/expiresAt: a consultant's grant has no end"]
        );
    }

    #[test]
    fn the_end_of_the_engagement_is_on_record() {
        let message =
            ["/spec/subject/name: Person/analyst-7 /spec/engagement/until: the end of the engagement \
                        is not on record"];
        assert_eq!(with("", GRANT), message);
        assert_eq!(with("  engagement: {from: 2026-10-01}\n", GRANT), message);
    }

    #[test]
    fn access_does_not_begin_before_the_engagement() {
        let later = "  engagement: {from: 2026-12-01, until: 2026-12-31}\n";
        assert_eq!(
            with(later, GRANT),
            [
                "/spec/startsAt: access begins at 2026-11-20T08:00:00Z, before the engagement of Person/analyst-7, \
              which begins on 2026-12-01"
            ]
        );
        let at_once = edit(GRANT, "  startsAt: 2026-11-20T08:00:00Z\n", "");
        assert!(with(later, &at_once)[0].contains("access begins at once"));
        assert!(with(later, &edit(GRANT, "2026-11-20T08:00:00Z", "2026-12-01T00:00:00Z")).is_empty());
        let bench = Bench::new(&edit(PEOPLE, ENGAGED, later)).with(GRANT).at("2026-11-30T23:59:59Z");
        assert_eq!((bench.findings(602, ID).len(), &*bench.horizon(ID)), (1, "2026-12-01T00:00:00Z"));
        assert!(bench.at("2026-12-01T00:00:00Z").findings(602, ID).is_empty());
    }

    #[test]
    fn employees_have_no_engagement_and_what_is_over_no_future() {
        assert!(with("", &edit(EMPLOYEE, "  expiresAt: 2027-03-31T00:00:00Z\n", "")).is_empty());
        assert!(with("", &edit(GRANT, END, "  revoked: {}\n")).is_empty());
    }
}
