//! CX301: a vendor that may train models on our data, or does not say that it may not.

use crate::api::{AiTraining, TrainingPolicy, VendorSpec};
use crate::facts::Key;
use crate::rules::agreement::is_processor;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The agreement with a vendor forbids it to train models on our data: `agreement.aiTraining` is `Forbidden`.
    /// `Permitted`, `NotAddressed` and nothing said are findings, whether the vendor is known to use models or not.
    ///
    /// It concerns every vendor that a data flow names under `to` or under `ai.retrieval`. If `ai.training` of the policy
    /// is `Permitted` (default: `Forbidden`), it is not judged. Where a processor has no agreement at all, only CX111
    /// reports.
    ///
    /// # Why
    ///
    /// What a model has learnt cannot be taken back, and it may repeat to others what customers said. A vendor that
    /// trains for its own ends acts on nobody's instructions, and becomes a controller without a legal basis.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement:
    ///     aiTraining: NotAddressed
    /// ```
    ///
    /// # Fix
    ///
    /// Have the ban written into the agreement, and record `aiTraining: Forbidden`; or take the vendor out of the flow.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(b), 28(3)(a), 28(10).
    301 "training-not-forbidden" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if case.policy.ai.training == TrainingPolicy::Permitted
        || case.query.members(Key::FlowsTo(case.id.name.clone())).is_empty()
    {
        return;
    }
    let path = "/spec/agreement/aiTraining";
    let (path, message) = match &case.subject.agreement {
        None if is_processor(case.subject.role) => return,
        None => ("/spec/agreement", "no agreement forbids the vendor to train models on our data"),
        Some(agreement) => match agreement.ai_training {
            Some(AiTraining::Forbidden) => return,
            Some(AiTraining::Permitted) => {
                (path, "the agreement permits the vendor to train models on our data")
            }
            Some(AiTraining::NotAddressed) => {
                (path, "the agreement does not say whether the vendor may train models on our data")
            }
            None => (path, "whether the vendor may train models on our data is not on record"),
        },
    };
    let remedy = "have the ban written into the agreement and record aiTraining: Forbidden, or take the vendor out of \
                  the flow";
    report.violation(path, message, remedy);
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::vendor_in_use;

    const HUB: &str = "Vendor/hub";

    fn training(rule: &str) -> String {
        format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: strict}}\n\
             spec: {{ai: {{training: {rule}}}}}"
        )
    }

    #[test]
    fn the_agreement_forbids_training() {
        let path = "/spec/agreement/aiTraining";
        for (spec, expected) in [
            ("{agreement: {aiTraining: Forbidden}}", None),
            (
                "{agreement: {aiTraining: Permitted}}",
                Some(format!("{path}: the agreement permits the vendor to train models on our data")),
            ),
            (
                "{agreement: {aiTraining: NotAddressed}}",
                Some(format!(
                    "{path}: the agreement does not say whether the vendor may train models on our data"
                )),
            ),
            (
                "{agreement: {}}",
                Some(format!("{path}: whether the vendor may train models on our data is not on record")),
            ),
            // Models or not, it is forbidden.
            (
                "{agreement: {}, ai: {usesModels: false}}",
                Some(format!("{path}: whether the vendor may train models on our data is not on record")),
            ),
            // CX111 reports.
            ("{role: Processor}", None),
            (
                "{role: Controller}",
                Some(
                    "/spec/agreement: no agreement forbids the vendor to train models on our data".to_owned(),
                ),
            ),
        ] {
            let found = vendor_in_use(spec).findings(301, HUB);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }

    #[test]
    fn a_policy_may_permit_it_and_the_strictest_wins() {
        let bench = || vendor_in_use("{agreement: {aiTraining: Permitted}}");
        let permits = training("Permitted");
        assert!(bench().with(&permits).findings(301, HUB).is_empty());
        let forbids = training("Forbidden").replace("strict", "stricter");
        assert_eq!(bench().with(&permits).with(&forbids).findings(301, HUB).len(), 1);
    }

    #[test]
    fn only_a_vendor_that_a_flow_uses_is_judged() {
        let unused = "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: unused}\n\
                      spec: {agreement: {aiTraining: Permitted}}";
        let bench = vendor_in_use("{}").with(unused);
        assert!(bench.findings(301, "Vendor/unused").is_empty());
        let retrieval = "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\n\
                         metadata: {name: search, namespace: cx}\n\
                         spec: {ai: {retrieval: {embeddings: {vendor: unused}}}}";
        assert_eq!(bench.with(retrieval).findings(301, "Vendor/unused").len(), 1);
    }

    #[test]
    fn the_flow_inherits_it() {
        let (verdict, _) = vendor_in_use("{agreement: {aiTraining: Permitted}}").judge("DataFlow/cx/answers");
        let at: Vec<_> = verdict.findings.iter().filter(|found| found.rule.0 == 301).collect();
        assert_eq!(at.len(), 1);
        assert_eq!(at[0].subject.to_string(), HUB);
    }
}
