//! CX705: a breach of which the authority was not told in time.

use crate::api::IncidentSpec;
use crate::engine::{authority_deadline, concerns_authority, told};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The supervisory authority is told (`authorityNotifiedAt`) of an incident within `incidents.notifyWithin` (72h) of
    /// `awareAt`, counted in running hours, weekends included. The policies of the namespaces of its flows say how long.
    ///
    /// It is judged of incidents for which we are the controller, unless `risk` is Unlikely. A role or a risk that is not on
    /// record counts as Controller and as a risk. `awareAt` is demanded: without it nothing can be counted. What is dated
    /// ahead has not happened. Once the authority is told, the finding is gone; CX706 asks why it was late.
    ///
    /// `status.authorityDeadline` shows the deadline, and events warn 24, 48 and 60 hours after `awareAt`.
    ///
    /// # Why
    ///
    /// Art. 33 GDPR gives 72 hours from becoming aware: from reasonable certainty that personal data is concerned, not from
    /// the end of the investigation. What is not known yet may follow in phases.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Incident
    /// spec:
    ///   role: Controller
    ///   awareAt: 2026-11-16T09:00:00Z
    ///   risk: High                    # and it is 20 November
    /// ```
    ///
    /// # Fix
    ///
    /// Tell the authority now, with the reasons for the delay. Record `authorityNotifiedAt` and `delayReason`.
    ///
    /// # References
    ///
    /// GDPR Art. 33(1) and (4), 83(4)(a); EDPB Guidelines 9/2022, 31 to 33; ISO/IEC 27001:2022 A.5.5, A.5.26.
    705 "authority-not-notified" Enforce since "0.1.0",
    Incident: check,
}

fn check(case: &Case<'_, IncidentSpec>, report: &mut Report<'_>) {
    if !concerns_authority(case.subject) || told(case.query, case.subject.authority_notified_at).is_some() {
        return;
    }
    match authority_deadline(case.policy, case.subject) {
        None => report.violation(
            "/spec/awareAt",
            "it is not on record when we became aware, so nobody knows until when the authority is to be told",
            "record awareAt",
        ),
        Some(deadline) if case.query.reached(deadline) => report.violation(
            "/spec/authorityNotifiedAt",
            format!(
                "the authority was not told by {deadline}, {} after we became aware",
                case.policy.incidents.notify_within
            ),
            "tell the authority now, with the reasons for the delay, and record authorityNotifiedAt",
        ),
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{policy, with_bare_incident, with_incident};

    const ID: &str = "Incident/it";
    const DUE: &str = "2026-11-24T09:00:00Z";

    #[test]
    fn the_deadline_is_exact() {
        let bench = with_incident("role: Controller, risk: High").at("2026-11-24T08:59:59.999Z");
        assert!(bench.findings(705, ID).is_empty());
        assert_eq!(bench.horizon(ID), DUE);
        assert_eq!(
            bench.at(DUE).findings(705, ID),
            [format!(
                "/spec/authorityNotifiedAt: the authority was not told by {DUE}, 72h after we became aware"
            )]
        );
    }

    #[test]
    fn who_is_to_be_told_of_what() {
        for (fields, found) in [
            ("role: Controller, risk: High", true),
            ("role: Controller, risk: Likely", true),
            ("role: Controller, risk: Unlikely", false),
            ("role: Processor, risk: High", false),
            // What is not on record excuses nobody.
            ("role: Controller", true),
            ("risk: High", true),
            ("role: Controller, risk: High, closedAt: 2026-11-22T09:00:00Z", true),
            ("role: Controller, risk: High, authorityNotifiedAt: 2026-11-22T10:00:00Z", false),
            // Late is CX706's question.
            ("role: Controller, risk: High, authorityNotifiedAt: 2026-11-24T10:00:00Z", false),
            ("role: Controller, risk: High, authorityNotifiedAt: 2026-12-01T10:00:00Z", true),
        ] {
            let bench = with_incident(fields).at("2026-11-25T00:00:00Z");
            assert_eq!(!bench.findings(705, ID).is_empty(), found, "{fields}");
        }
    }

    #[test]
    fn without_awareness_nothing_can_be_counted() {
        let found = with_bare_incident("role: Controller, risk: High").findings(705, ID);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("/spec/awareAt: it is not on record when"), "{found:?}");
        assert!(with_bare_incident("role: Controller, risk: Unlikely").findings(705, ID).is_empty());
        assert!(with_bare_incident("role: Processor").findings(705, ID).is_empty());
    }

    #[test]
    fn the_policies_of_the_flows_namespaces_say_how_long() {
        let strict = policy("{incidents: {notifyWithin: 24h}}");
        let bench = with_incident("role: Controller, risk: High").with(&strict).at("2026-11-22T08:59:59Z");
        assert_eq!(bench.horizon(ID), "2026-11-22T09:00:00Z");
        assert_eq!(bench.at("2026-11-22T09:00:00Z").findings(705, ID).len(), 1);
        let elsewhere =
            policy("{namespaceSelector: {matchLabels: {other: 'yes'}}, incidents: {notifyWithin: 1h}}");
        let bench = with_incident("role: Controller, risk: High").with(&elsewhere);
        assert!(bench.findings(705, ID).is_empty());
    }
}
