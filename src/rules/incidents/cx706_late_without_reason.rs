//! CX706: a late notice to the authority without the reasons.

use crate::api::{IncidentSpec, stated};
use crate::engine::{authority_deadline, concerns_authority, told};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where the authority was told later than `incidents.notifyWithin` (72h) after `awareAt`, `delayReason` says why. It is
    /// judged of the same incidents as CX705. A notice dated ahead has not been given.
    ///
    /// # Why
    ///
    /// A notice that comes later than 72 hours has to be accompanied by reasons for the delay. The record has to show them.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Incident
    /// spec:
    ///   role: Controller
    ///   awareAt: 2026-11-16T09:00:00Z
    ///   risk: High
    ///   authorityNotifiedAt: 2026-11-20T09:00:00Z     # after 96 hours
    /// ```
    ///
    /// # Fix
    ///
    /// Give the authority the reasons, and record them in `delayReason`.
    ///
    /// # References
    ///
    /// GDPR Art. 33(1), second sentence, and 33(5).
    706 "late-without-reason" Enforce since "0.1.0",
    Incident: check,
}

fn check(case: &Case<'_, IncidentSpec>, report: &mut Report<'_>) {
    if !concerns_authority(case.subject) || stated(case.subject.delay_reason.as_ref()).is_some() {
        return;
    }
    let Some(at) = told(case.query, case.subject.authority_notified_at) else { return };
    match authority_deadline(case.policy, case.subject) {
        // CX705 is silent once the authority is told, so what nothing can be counted without is demanded here.
        None => report.violation(
            "/spec/awareAt",
            format!("the authority was told at {at}, and it is not on record when we became aware"),
            "record awareAt",
        ),
        Some(deadline) if at.timestamp() > deadline => report.violation(
            "/spec/delayReason",
            format!("the authority was told at {at}, after {deadline}, and no reason is on record"),
            "give the authority the reasons for the delay, and record them in delayReason",
        ),
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{policy, with_bare_incident, with_incident};

    const ID: &str = "Incident/it";

    fn found(fields: &str) -> Vec<String> {
        with_incident(fields).at("2026-11-30T00:00:00Z").findings(706, ID)
    }

    #[test]
    fn late_needs_a_reason() {
        let late = "role: Controller, risk: High, authorityNotifiedAt: 2026-11-24T09:00:00.001Z";
        assert_eq!(
            found(late),
            [
                "/spec/delayReason: the authority was told at 2026-11-24T09:00:00.001Z, after 2026-11-24T09:00:00Z, \
              and no reason is on record"
            ]
        );
        for fields in [
            "role: Controller, risk: High, authorityNotifiedAt: 2026-11-24T09:00:00Z",
            &format!("{late}, delayReason: the log was lost"),
            "role: Controller, risk: High",
            "role: Processor, authorityNotifiedAt: 2026-11-25T09:00:00Z",
            "role: Controller, risk: Unlikely, authorityNotifiedAt: 2026-11-25T09:00:00Z",
        ] {
            assert_eq!(found(fields), Vec::<String>::new(), "{fields}");
        }
        for blank in ["delayReason: ''", "delayReason: '  '"] {
            assert_eq!(found(&format!("{late}, {blank}")).len(), 1, "{blank}");
        }
        let lenient = policy("{incidents: {notifyWithin: 96h}}");
        assert!(with_incident(late).with(&lenient).at("2026-11-30T00:00:00Z").findings(706, ID).is_empty());
    }

    #[test]
    fn a_notice_to_come_is_none_yet() {
        let bench = with_incident("role: Controller, risk: High, authorityNotifiedAt: 2026-11-25T09:00:00Z");
        let bench = bench.at("2026-11-25T08:59:59Z");
        assert!(bench.findings(706, ID).is_empty() && bench.findings(705, ID).len() == 1);
        assert_eq!(bench.horizon(ID), "2026-11-25T09:00:00Z");
        let bench = bench.at("2026-11-25T09:00:00Z");
        assert!(bench.findings(706, ID).len() == 1 && bench.findings(705, ID).is_empty());
    }

    #[test]
    fn without_awareness_the_notice_is_not_known_to_be_in_time() {
        let bench = with_bare_incident("role: Controller, authorityNotifiedAt: 2026-11-22T09:00:00Z");
        assert!(bench.findings(705, ID).is_empty());
        let found = bench.findings(706, ID);
        assert!(found.len() == 1 && found[0].starts_with("/spec/awareAt"), "{found:?}");
    }
}
