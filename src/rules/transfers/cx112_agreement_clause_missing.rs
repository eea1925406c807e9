//! CX112: an agreement without one of the clauses that the law demands.

use super::wording::joined;
use crate::api::{Clause, VendorSpec};
use crate::rules::agreement::of_processor;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data processing agreement has each clause of Art. 28(3) GDPR; `agreement.clauses` names them: `Instructions`
    /// (a), `Confidentiality` (b), `Security` (c), `SubProcessors` (d), `DataSubjectRights` (e), `Assistance` (f),
    /// `ReturnOrDeletion` (g) and `Audits` (h).
    ///
    /// It concerns every vendor that has an agreement, used or not; not those with the role `Controller` or
    /// `JointController`, which need no such agreement. Where there is no agreement at all, only CX111 reports.
    ///
    /// # Why
    ///
    /// The law prescribes what the contract with a processor says. What is not in it, the vendor does not owe: without
    /// (g) it may keep the data, without (h) nobody may look.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement:
    ///     clauses: [Instructions, Confidentiality, Security]   # five are missing
    /// ```
    ///
    /// # Fix
    ///
    /// Amend the agreement, and record the clauses that it has.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(a) to (h); Art. 83(4)(a) for the fine of up to 10 million euros or 2 % of the turnover.
    112 "agreement-clause-missing" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(agreement) = of_processor(case.subject) else { return };
    let missing: Vec<_> = Clause::ALL.iter().filter(|clause| !agreement.clauses.contains(clause)).collect();
    if !missing.is_empty() {
        report.violation(
            "/spec/agreement/clauses",
            format!("the agreement lacks clauses that Art. 28(3) GDPR demands: {}", joined(missing)),
            "amend the agreement, and record the clauses that it has",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    const ALL: &str = "Instructions, Confidentiality, Security, SubProcessors, DataSubjectRights, Assistance, \
                       ReturnOrDeletion, Audits";

    fn found(spec: &str) -> Vec<String> {
        Bench::new(SOUND).with(&vendor("unused", spec)).findings(112, "Vendor/unused")
    }

    #[test]
    fn every_clause_is_demanded() {
        assert!(found(&format!("{{agreement: {{clauses: [{ALL}]}}}}")).is_empty());
        for clause in ALL.split(", ") {
            let others: Vec<_> = ALL.split(", ").filter(|other| *other != clause).collect();
            assert_eq!(
                found(&format!("{{agreement: {{clauses: [{}]}}}}", others.join(", "))),
                [format!(
                    "/spec/agreement/clauses: the agreement lacks clauses that Art. 28(3) GDPR demands: {clause}"
                )]
            );
        }
        assert!(found("{agreement: {}}").concat().ends_with(ALL));
    }

    #[test]
    fn only_the_agreement_of_a_processor_has_clauses() {
        for (spec, expected) in [
            ("{role: Processor, agreement: {}}", 1),
            ("{role: SubProcessor, agreement: {}}", 1),
            ("{agreement: {}}", 1),
            ("{role: Controller, agreement: {}}", 0),
            ("{role: JointController, agreement: {}}", 0),
            // CX111 reports.
            ("{role: Processor}", 0),
        ] {
            assert_eq!(found(spec).len(), expected, "{spec}");
        }
    }
}
