//! CX304: a model in somebody else's hands where the policy wants it in our own.

use super::models::{foreign_models, use_of};
use crate::api::{AiUse, DataFlowSpec, HostingPolicy};
use crate::engine::Cause;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where the policy sets `ai.hosting: SelfHosted` (default `Any`), models that see the data of a flow run in our own
    /// hands. It concerns flows with an `ai.use` other than None, or with `ai.retrieval`. Each vendor that such a flow
    /// names is judged:
    ///
    /// - a vendor that uses models on our data (`ai.usesModels`) has `ai.hosting: SelfHosted`;
    /// - a vendor that computes the embeddings of the flow's retrieval has it too, whatever it says of its models.
    ///
    /// What a vendor leaves out under `ai.hosting` is not known to be in our hands.
    ///
    /// # Why
    ///
    /// Data in a prompt has left: what becomes of it is for the one to say who runs the model. Some data should never
    /// depend on that.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   to: [{vendor: summaries}]     # Vendor: ai: {usesModels: true, hosting: ThirdParty}
    ///   ai: {use: Inference}
    /// ```
    ///
    /// # Fix
    ///
    /// Run the model in the cluster or in an account of our own, and record `hosting: SelfHosted`; or send the data
    /// to no model.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(b) and (f), 25, 32; EDPB Opinion 28/2024 on AI models.
    304 "model-not-self-hosted" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let retrieves = case.subject.ai.as_ref().is_some_and(|ai| ai.retrieval.is_some());
    if case.policy.ai.hosting != HostingPolicy::SelfHosted
        || (use_of(case.subject) == AiUse::None && !retrieves)
    {
        return;
    }
    for model in foreign_models(case, report) {
        report.because(Cause::at(&model.vendor, "/spec/ai/hosting")).violation(
            model.path,
            format!("{} {}, and ai.hosting of the policy is SelfHosted", model.vendor, model.runs),
            "run the model in our own hands and record hosting: SelfHosted, or send the data to no model",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{FLOW, flow, under, writer};
    use crate::rules::testing::Bench;

    fn strict(spec: &str) -> Bench {
        under(flow(spec), "{hosting: SelfHosted}")
    }

    #[test]
    fn where_the_policy_asks_models_are_ours() {
        let spec = "{to: [{vendor: plain}, {vendor: writer}], ai: {use: Inference}}";
        assert!(flow(spec).findings(304, FLOW).is_empty());
        assert!(under(flow(spec), "{hosting: Any}").findings(304, FLOW).is_empty());
        for (ai, runs) in [
            ("{usesModels: true, hosting: Vendor}", Some("runs its models itself")),
            ("{usesModels: true, hosting: ThirdParty}", Some("has a third party run its models")),
            ("{usesModels: true}", Some("does not say where its models run")),
            ("{usesModels: true, hosting: SelfHosted}", None),
            ("{usesModels: false, hosting: Vendor}", None),
            ("{hosting: Vendor}", None),
        ] {
            let expected = runs.map(|runs| {
                format!("/spec/to/1/vendor: Vendor/writer {runs}, and ai.hosting of the policy is SelfHosted")
            });
            let found = writer(strict(spec), ai).findings(304, FLOW);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{ai}");
        }
    }

    #[test]
    fn a_flow_without_models_is_not_judged() {
        for ai in ["{}", "{use: None}", "{redacted: true}"] {
            assert!(
                strict(&format!("{{to: [{{vendor: writer}}], ai: {ai}}}")).findings(304, FLOW).is_empty()
            );
        }
        let causes = strict("{to: [{vendor: writer}], ai: {use: Inference}}").causes(304, FLOW);
        assert_eq!(causes, ["Vendor/writer /spec/ai/hosting"]);
        let training = strict("{to: [{vendor: writer}], ai: {use: Training}}");
        assert_eq!(training.findings(304, FLOW).len(), 1);
    }

    #[test]
    fn whoever_computes_embeddings_has_a_model() {
        let embedded = |by: &str| {
            strict(&format!(
                "{{to: [{{vendor: {by}}}], ai: {{retrieval: {{index: {{namespace: cx}}, embeddings: {{vendor: {by}}}}}}}}}"
            ))
        };
        assert_eq!(
            embedded("plain").findings(304, FLOW),
            [
                "/spec/ai/retrieval/embeddings/vendor: Vendor/plain does not say where its models run, and ai.hosting of \
                 the policy is SelfHosted"
            ]
        );
        // Each vendor once.
        assert_eq!(embedded("writer").findings(304, FLOW).len(), 1);
        assert!(writer(embedded("writer"), "{hosting: SelfHosted}").findings(304, FLOW).is_empty());
    }

    #[test]
    fn a_vendor_that_is_missing_or_unreadable_is_lacking() {
        let missing = strict("{to: [{vendor: nobody}], ai: {use: Inference}}");
        assert!(missing.findings(304, FLOW).is_empty() && missing.lacks(304, FLOW));
        let spec = "{to: [{vendor: writer}], ai: {use: Inference}}";
        let unreadable = writer(strict(spec), "{hosting: Nowhere}");
        assert!(unreadable.findings(304, FLOW).is_empty() && unreadable.lacks(304, FLOW));
        assert!(!strict(spec).lacks(304, FLOW));
    }
}
