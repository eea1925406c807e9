//! CX121: data that is processed without saying what allows it.

use crate::api::DataFlowSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data flow names its `legalBasis`: one of the six of Art. 6(1).
    ///
    /// # Why
    ///
    /// Processing personal data is forbidden unless one of them holds. Which one decides what customers may demand:
    /// consent can be withdrawn, legitimate interests can be objected to.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   purpose: Measure satisfaction
    ///   # no legalBasis
    /// ```
    ///
    /// # Fix
    ///
    /// Decide on the basis with whoever answers for data protection, and record it. If there is none, stop the flow.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(a), 6(1); Art. 83(5)(a) for the fine.
    121 "legal-basis-missing" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    if case.subject.legal_basis.is_none() {
        report.violation(
            "/spec/legalBasis",
            "the legal basis is not on record",
            "record the basis of Art. 6(1) that holds; if there is none, stop the flow",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::rules::testing::Bench;

    #[test]
    fn a_flow_has_a_legal_basis() {
        let found = |spec: &str| Bench::new(SOUND).with(&flow(spec)).findings(121, "DataFlow/cx/answers");
        assert!(found("{legalBasis: Contract}").is_empty());
        assert_eq!(found("{purpose: Contract}"), ["/spec/legalBasis: the legal basis is not on record"]);
    }
}
