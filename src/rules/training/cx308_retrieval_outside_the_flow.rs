//! CX308: an index or embeddings where the flow's data does not belong.

use crate::api::{DataFlowSpec, Destination};
use crate::engine::{Cause, Scope};
use crate::facts::{Kind, ObjectRef};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where a data flow uses retrieval (`ai.retrieval`), its `index` and its `embeddings` are where the flow's data may
    /// be:
    ///
    /// - at a vendor that the flow names under `to` as well, or
    /// - in a protected namespace: one with the label `cxguard.dev/protected: "true"`, or that a policy selects.
    ///
    /// An index or embeddings of which no place is named are a finding too.
    ///
    /// # Why
    ///
    /// An index is a copy of the data, and embeddings can be turned back into much of it. Whoever holds them needs the
    /// same contract, the same place and the same protection as the data itself.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   to: [{vendor: feedbackhub}]
    ///   ai:
    ///     use: Inference
    ///     retrieval: {index: {namespace: cx-analytics}, embeddings: {vendor: vectors}}   # not under to
    /// ```
    ///
    /// # Fix
    ///
    /// Name the vendor under `to` too, so that its papers are judged for all of the flow, or move index and embeddings
    /// into a protected namespace.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(b) and (f), 28(1), 32; EDPB Opinion 28/2024 on AI models.
    308 "retrieval-outside-the-flow" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let Some(retrieval) = case.subject.ai.as_ref().and_then(|ai| ai.retrieval.as_ref()) else { return };
    for (part, held) in [("index", &retrieval.index), ("embeddings", &retrieval.embeddings)] {
        judge(case, part, held.as_ref(), report);
    }
}

fn judge(case: &Case<'_, DataFlowSpec>, part: &str, held: Option<&Destination>, report: &mut Report<'_>) {
    let path = format!("/spec/ai/retrieval/{part}");
    let remedy = "keep index and embeddings at a vendor under to, or in a protected namespace";
    match held.map(|held| (&held.vendor, &held.namespace)) {
        Some((Some(vendor), _)) => {
            if case.subject.to.iter().all(|to| to.vendor.as_ref() != Some(vendor)) {
                let message =
                    format!("the {part} of retrieval: Vendor/{vendor} is no destination of the flow");
                report.violation(format!("{path}/vendor"), message, remedy);
            }
        }
        Some((None, Some(namespace))) => {
            let id = ObjectRef::cluster(Kind::Namespace, namespace);
            if !case.query.exists(&id) {
                report.lacks(format!("{id} does not exist"));
            } else if !case.query.policy(&Scope::Namespace(namespace.as_str().into())).protected {
                let message = format!("the {part} of retrieval: {id} is not protected");
                let reason = Cause::at(&id, "/metadata/labels");
                report.because(reason).violation(format!("{path}/namespace"), message, remedy);
            }
        }
        Some((None, None)) | None => {
            report.violation(path, format!("the {part} of retrieval: where is not on record"), remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{FLOW, flow};

    fn found(retrieval: &str) -> Vec<String> {
        flow(&format!("{{to: [{{vendor: plain}}], ai: {{retrieval: {retrieval}}}}}")).findings(308, FLOW)
    }

    #[test]
    fn retrieval_stays_where_the_data_may_be() {
        assert!(flow("{to: [{vendor: plain}], ai: {use: Inference}}").findings(308, FLOW).is_empty());
        let at = "/spec/ai/retrieval";
        let unsaid = |part: &str| format!("{at}/{part}: the {part} of retrieval: where is not on record");
        for (retrieval, expected) in [
            ("{index: {namespace: cx}, embeddings: {vendor: plain}}", vec![]),
            (
                "{index: {vendor: writer}, embeddings: {namespace: open}}",
                vec![
                    format!(
                        "{at}/embeddings/namespace: the embeddings of retrieval: Namespace/open is not protected"
                    ),
                    format!(
                        "{at}/index/vendor: the index of retrieval: Vendor/writer is no destination of the flow"
                    ),
                ],
            ),
            ("{index: {vendor: plain}}", vec![unsaid("embeddings")]),
            ("{}", vec![unsaid("embeddings"), unsaid("index")]),
        ] {
            assert_eq!(found(retrieval), expected, "{retrieval}");
        }
    }

    #[test]
    fn a_namespace_is_protected_too_if_a_policy_selects_it() {
        let bench = flow("{ai: {retrieval: {index: {namespace: open}, embeddings: {namespace: cx}}}}");
        assert_eq!(bench.findings(308, FLOW).len(), 1);
        let policy = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: all}\n\
                      spec: {namespaceSelector: {}}\n";
        assert!(bench.with(policy).findings(308, FLOW).is_empty());
    }

    #[test]
    fn a_namespace_that_is_missing_is_lacking() {
        let of = |index: &str| {
            flow(&format!(
                "{{ai: {{retrieval: {{index: {{namespace: {index}}}, embeddings: {{namespace: cx}}}}}}}}"
            ))
        };
        assert!(of("nowhere").findings(308, FLOW).is_empty() && of("nowhere").lacks(308, FLOW));
        assert!(!of("cx").lacks(308, FLOW));
    }
}
