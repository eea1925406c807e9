//! CX707: customers at high risk who were not told.

use crate::api::{IncidentSpec, Risk};
use crate::engine::{is_ours, told};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// Where the risk to the people concerned is High, they are told (`customersNotifiedAt`) within 72 hours of `awareAt`, or
    /// `customersExemption` names the exception of Art. 34(3) that holds: Unintelligible, `RiskRemoved` or
    /// `DisproportionateEffort`. It is judged of incidents for which we are the controller. A role or a risk that is not on
    /// record by then counts as Controller and High.
    ///
    /// The law says "without undue delay" and no number; 72 hours is our reading. Once the customers are told, the finding is
    /// gone. What is dated ahead has not happened.
    ///
    /// # Why
    ///
    /// People can protect themselves only if they know: change a password, watch an account, expect a false call.
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
    /// Tell the customers in plain language what happened, what may follow, what was done and whom to ask. Record
    /// `customersNotifiedAt`; or the exception, if one holds.
    ///
    /// # References
    ///
    /// GDPR Art. 34(1) to (3); EDPB Guidelines 9/2022, section III.
    707 "customers-not-told" Enforce since "0.1.0",
    Incident: check,
}

/// How soon customers are told.
const TELL_WITHIN: Period = Period::hours(72);

fn check(case: &Case<'_, IncidentSpec>, report: &mut Report<'_>) {
    let spec = case.subject;
    let is_high = spec.risk.is_none_or(|risk| risk == Risk::High);
    let is_settled =
        spec.customers_exemption.is_some() || told(case.query, spec.customers_notified_at).is_some();
    if !is_ours(spec) || !is_high || is_settled {
        return;
    }
    let Some(aware) = spec.aware_at else {
        report.lacks("awareAt, which CX705 demands");
        return;
    };
    let due = TELL_WITHIN.after(aware.timestamp());
    if !case.query.reached(due) {
        return;
    }
    if spec.risk.is_none() {
        report.violation(
            "/spec/risk",
            format!("the risk was not on record by {due}, and the customers were not told"),
            "record the risk; if it is high, tell the customers and record customersNotifiedAt",
        );
    } else {
        report.violation(
            "/spec/customersNotifiedAt",
            format!("customers at high risk were not told by {due}, {TELL_WITHIN} after we became aware"),
            "tell them and record customersNotifiedAt, or record the exception that holds in customersExemption",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{with_bare_incident, with_incident};

    const ID: &str = "Incident/it";
    const DUE: &str = "2026-11-24T09:00:00Z";

    #[test]
    fn customers_at_high_risk_are_told() {
        let told = "authorityNotifiedAt: 2026-11-22T09:00:00Z";
        let bench =
            with_incident(&format!("role: Controller, risk: High, {told}")).at("2026-11-24T08:59:59Z");
        assert!(bench.findings(707, ID).is_empty());
        assert_eq!(bench.horizon(ID), DUE);
        assert_eq!(
            bench.at(DUE).findings(707, ID),
            [format!(
                "/spec/customersNotifiedAt: customers at high risk were not told by {DUE}, 72h after we became aware"
            )]
        );
    }

    #[test]
    fn not_all_need_to_be() {
        for (fields, found) in [
            ("role: Controller, risk: Likely", false),
            ("role: Controller, risk: Unlikely", false),
            ("role: Processor, risk: High", false),
            ("risk: High", true),
            ("role: Controller, risk: High, customersExemption: Unintelligible", false),
            ("role: Controller, risk: High, customersExemption: ''", true),
            ("role: Controller, risk: High, customersNotifiedAt: 2026-11-24T12:00:00Z", false),
            ("role: Controller, risk: High, customersNotifiedAt: 2026-12-24T12:00:00Z", true),
            ("role: Controller, risk: High, closedAt: 2026-11-22T12:00:00Z", true),
        ] {
            let bench = with_incident(fields).at("2026-11-25T00:00:00Z");
            assert_eq!(!bench.findings(707, ID).is_empty(), found, "{fields}");
        }
    }

    #[test]
    fn a_risk_that_nobody_has_judged_by_then_is_high() {
        let bench = with_incident("role: Controller");
        assert!(bench.findings(707, ID).is_empty());
        assert_eq!(
            bench.at(DUE).findings(707, ID),
            [format!("/spec/risk: the risk was not on record by {DUE}, and the customers were not told")]
        );
    }

    #[test]
    fn without_awareness_it_cannot_be_judged() {
        let bench = with_bare_incident("role: Controller, risk: High");
        assert!(bench.findings(707, ID).is_empty() && bench.lacks(707, ID));
    }
}
