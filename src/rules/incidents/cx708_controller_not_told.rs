//! CX708: a processor that did not tell the controller in time.

use crate::api::{IncidentRole, IncidentSpec};
use crate::engine::told;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Of an incident with the role Processor, the controller is told (`controllerNotifiedAt`) within `vendors.breachNotice`
    /// (24h) of `awareAt`: what we ask of our vendors, we do for others. `awareAt` is demanded. What is dated ahead has not
    /// happened.
    ///
    /// Told late remains a finding: the law knows no reason that excuses it. Somebody who may accept that sets it aside with
    /// an Exemption.
    ///
    /// # Why
    ///
    /// The controller's 72 hours begin when it hears of the breach from us, and the harm does not wait for it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Incident
    /// spec:
    ///   role: Processor
    ///   awareAt: 2026-11-20T09:00:00Z     # and it is 23 November
    /// ```
    ///
    /// # Fix
    ///
    /// Tell the controller now, and record `controllerNotifiedAt`.
    ///
    /// # References
    ///
    /// GDPR Art. 33(2), 28(3)(f); ISO/IEC 27001:2022 A.5.26.
    708 "controller-not-told" Enforce since "0.1.0",
    Incident: check,
}

fn check(case: &Case<'_, IncidentSpec>, report: &mut Report<'_>) {
    if case.subject.role != Some(IncidentRole::Processor) {
        return;
    }
    let Some(aware) = case.subject.aware_at else {
        report.violation(
            "/spec/awareAt",
            "it is not on record when we became aware, so nobody knows until when the controller is to be told",
            "record awareAt",
        );
        return;
    };
    let within = case.policy.vendors.breach_notice;
    let due = within.after(aware.timestamp());
    let (what, remedy) = match told(case.query, case.subject.controller_notified_at) {
        Some(at) if at.timestamp() <= due => return,
        Some(at) => (
            format!("the controller was told at {at}, after {due}"),
            "see to it that it does not happen again, and have who may accept it set the rule aside by an Exemption",
        ),
        None if case.query.reached(due) => (
            format!("the controller was not told by {due}, {within} after we became aware"),
            "tell the controller without further delay, and record controllerNotifiedAt",
        ),
        None => return,
    };
    report.violation("/spec/controllerNotifiedAt", what, remedy);
}

#[cfg(test)]
mod tests {
    use super::super::samples::{policy, with_bare_incident, with_incident};

    const ID: &str = "Incident/it";
    const DUE: &str = "2026-11-22T09:00:00Z";

    #[test]
    fn the_controller_is_told_in_time() {
        let bench = with_incident("role: Processor").at("2026-11-22T08:59:59Z");
        assert!(bench.findings(708, ID).is_empty());
        assert_eq!(bench.horizon(ID), DUE);
        assert_eq!(
            bench.at(DUE).findings(708, ID),
            [format!(
                "/spec/controllerNotifiedAt: the controller was not told by {DUE}, 24h after we became aware"
            )]
        );
        for (fields, expected) in [
            (format!("role: Processor, controllerNotifiedAt: {DUE}"), 0),
            ("role: Processor, controllerNotifiedAt: 2026-11-22T09:00:01Z".to_owned(), 1),
            ("role: Processor, controllerNotifiedAt: 2026-12-22T09:00:01Z".to_owned(), 1),
            ("role: Controller, authorityNotifiedAt: 2026-11-22T09:00:00Z".to_owned(), 0),
            ("risk: High".to_owned(), 0),
        ] {
            assert_eq!(with_incident(&fields).findings(708, ID).len(), expected, "{fields}");
        }
    }

    #[test]
    fn how_soon_is_the_policys() {
        let strict = policy("{vendors: {breachNotice: 12h}}");
        let told = "role: Processor, controllerNotifiedAt: 2026-11-21T22:00:00Z";
        assert_eq!(
            with_incident(told).with(&strict).findings(708, ID),
            [
                "/spec/controllerNotifiedAt: the controller was told at 2026-11-21T22:00:00Z, after 2026-11-21T21:00:00Z"
            ]
        );
    }

    #[test]
    fn who_was_told_is_not_to_be_told_again() {
        let remedy = |fields: &str| with_incident(fields).remedies(708, ID).concat();
        assert!(remedy("role: Processor").starts_with("tell the controller"));
        let late = remedy("role: Processor, controllerNotifiedAt: 2026-11-23T09:00:00Z");
        assert!(late.ends_with("by an Exemption"), "{late}");
    }

    #[test]
    fn without_awareness_nothing_can_be_counted() {
        let found = with_bare_incident("role: Processor").findings(708, ID);
        assert!(found.len() == 1 && found[0].starts_with("/spec/awareAt"), "{found:?}");
    }
}
