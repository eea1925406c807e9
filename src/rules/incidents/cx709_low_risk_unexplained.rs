//! CX709: a risk that is called unlikely without saying why.

use crate::api::{IncidentSpec, Risk, stated};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where the `risk` of an incident is Unlikely, `riskRationale` says why.
    ///
    /// # Why
    ///
    /// That a risk is unlikely is what spares the notice to the authority. Who decides that has to be able to show it: the
    /// authority may ask for the register of breaches.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Incident
    /// spec:
    ///   risk: Unlikely
    ///   riskRationale: ""
    /// ```
    ///
    /// # Fix
    ///
    /// Write down what makes a risk unlikely: the data was encrypted and the key is safe, nobody had fetched it, and so on.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2), 33(1) and (5); EDPB Guidelines 9/2022, section IV.
    709 "low-risk-unexplained" Warn since "0.1.0",
    Incident: check,
}

fn check(case: &Case<'_, IncidentSpec>, report: &mut Report<'_>) {
    let is_unlikely = case.subject.risk == Some(Risk::Unlikely);
    if is_unlikely && stated(case.subject.risk_rationale.as_ref()).is_none() {
        report.violation(
            "/spec/riskRationale",
            "a risk is called unlikely, and nothing says why",
            "record the reasons in riskRationale",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::with_incident;
    use crate::engine::Outcome;

    #[test]
    fn an_unlikely_risk_is_explained() {
        let expected = "/spec/riskRationale: a risk is called unlikely, and nothing says why";
        for (fields, found) in [
            ("role: Controller, risk: Unlikely", true),
            ("role: Processor, controllerNotifiedAt: 2026-11-21T10:00:00Z, risk: Unlikely", true),
            ("risk: Unlikely, riskRationale: ''", true),
            ("risk: Unlikely, riskRationale: '  '", true),
            ("risk: Unlikely, riskRationale: it was encrypted", false),
            ("risk: Likely", false),
            ("role: Controller", false),
        ] {
            let bench = with_incident(fields);
            let found = if found { vec![expected] } else { Vec::new() };
            assert_eq!(bench.findings(709, "Incident/it"), found, "{fields}");
            assert_eq!(bench.outcome("Incident/it"), Outcome::Compliant);
        }
    }
}
