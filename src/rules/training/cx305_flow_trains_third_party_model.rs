//! CX305: customers' data that teaches somebody else's model.

use super::models::{foreign_models, use_of};
use crate::api::{AiUse, DataFlowSpec, TrainingPolicy};
use crate::engine::Cause;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data flow with `ai.use: Training` goes to no vendor whose models are not in our own hands: one that uses models
    /// on our data (`ai.usesModels`) or computes the embeddings of the flow, and whose `ai.hosting` is not `SelfHosted`.
    /// Training a model of our own is no matter of this rule.
    ///
    /// Where the policy sets `ai.training: Permitted` (default `Forbidden`), it is silent. What the contract says about
    /// training is judged of the vendor (CX301).
    ///
    /// # Why
    ///
    /// What a model has learned cannot be taken back, corrected or deleted, and it answers others too. The vendor then
    /// uses the data for purposes of its own.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   to: [{vendor: summaries}]     # Vendor: ai: {usesModels: true, hosting: Vendor}
    ///   ai: {use: Training}
    /// ```
    ///
    /// # Fix
    ///
    /// Use the model for inference only, train one of our own, or leave the vendor out of the flow.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(b), 17, 28(3)(a) and (10); EDPB Opinion 28/2024 on AI models.
    305 "flow-trains-third-party-model" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    if case.policy.ai.training == TrainingPolicy::Permitted || use_of(case.subject) != AiUse::Training {
        return;
    }
    for model in foreign_models(case, report) {
        report.because(Cause::at(&model.vendor, "/spec/ai/hosting")).violation(
            model.path,
            format!("the data trains models, and {} {}", model.vendor, model.runs),
            "set ai.use to Inference and have training ruled out, train a model of our own, or leave the vendor out",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{FLOW, flow, under, writer};

    const TRAINING: &str = "{to: [{vendor: plain}, {vendor: writer}, {namespace: cx}], ai: {use: Training}}";

    #[test]
    fn nobody_elses_model_is_trained() {
        assert_eq!(
            flow(TRAINING).findings(305, FLOW),
            ["/spec/to/1/vendor: the data trains models, and Vendor/writer runs its models itself"]
        );
        for ai in ["{usesModels: true, hosting: SelfHosted}", "{usesModels: false}"] {
            assert!(writer(flow(TRAINING), ai).findings(305, FLOW).is_empty(), "{ai}");
        }
        for ai in ["{use: Inference}", "{use: None}", "{}"] {
            let spec = format!("{{to: [{{vendor: writer}}], ai: {ai}}}");
            assert!(flow(&spec).findings(305, FLOW).is_empty(), "{ai}");
        }
    }

    #[test]
    fn the_policy_may_permit_it() {
        assert!(under(flow(TRAINING), "{training: Permitted}").findings(305, FLOW).is_empty());
        assert_eq!(under(flow(TRAINING), "{training: Forbidden}").findings(305, FLOW).len(), 1);
    }

    #[test]
    fn a_vendor_that_is_missing_is_lacking() {
        let bench = flow("{to: [{vendor: nobody}], ai: {use: Training}}");
        assert!(bench.findings(305, FLOW).is_empty() && bench.lacks(305, FLOW));
        assert!(!flow(TRAINING).lacks(305, FLOW));
    }
}
