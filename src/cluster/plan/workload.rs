//! The annotations of workloads: on their own metadata, never on the pod template.

use std::collections::BTreeMap;

use super::conditions::{codes, flip};
use super::{Plan, Task};
use crate::api::labels;
use crate::cluster::effect::{Effect, Target};
use crate::cluster::seen::{Detail, Seen};
use crate::engine::Verdict;
use crate::facts::{Kind, ObjectRef};

/// Writes the annotations if they differ; takes them away when no flow or survey covers the workload any more.
pub(crate) fn plan(id: &ObjectRef, seen: &Seen, verdict: &Verdict, coverage: &[ObjectRef]) -> Plan {
    let Detail::Workload(standing) = &seen.detail else { return Plan::default() };
    let wanted = if coverage.is_empty() {
        [None, None, None]
    } else {
        let list = |items: Vec<String>| Some(items.join(",")).filter(|list| !list.is_empty());
        let flows = coverage.iter().filter(|covering| covering.kind == Kind::DataFlow);
        let names = flows.map(|flow| flow.name.to_string()).collect();
        [Some(verdict.outcome().to_string()), list(codes(verdict)), list(names)]
    };
    let same =
        standing.iter().zip(&wanted).all(|(standing, wanted)| standing.as_deref() == wanted.as_deref());
    if same {
        return Plan::default();
    }
    let target =
        Target { id: id.clone(), uid: seen.uid.clone(), resource_version: seen.resource_version.clone() };
    let [before, ..] = standing;
    let news = flip(id, seen, before.as_deref(), verdict).filter(|_| !coverage.is_empty());
    let keys = [labels::COMPLIANCE, labels::FINDINGS, labels::DATA_FLOWS];
    let annotations: BTreeMap<&'static str, Option<String>> = keys.into_iter().zip(wanted).collect();
    let effect = Effect::Annotate(target, annotations);
    Plan { tasks: vec![Task { effect, notes: news.into_iter().collect() }], wake: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flows_are_named_and_a_survey_covers_too() {
        let id = ObjectRef::namespaced(Kind::Deployment, "cx", "sender");
        let seen = Seen {
            uid: "u".into(),
            resource_version: "1".into(),
            generation: 1,
            deleting: false,
            detail: Detail::Workload([None, None, None]),
        };
        let annotations = |coverage: &[ObjectRef]| {
            let plan = plan(&id, &seen, &Verdict::default(), coverage);
            plan.tasks.into_iter().next().map(|task| match task.effect {
                Effect::Annotate(_, annotations) => annotations.into_values().collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            })
        };
        let (flow, survey) = (
            ObjectRef::namespaced(Kind::DataFlow, "cx", "answers"),
            ObjectRef::namespaced(Kind::Survey, "cx", "after-call"),
        );
        let compliant = Some("Compliant".to_owned());
        let both = annotations(&[flow, survey.clone()]);
        assert_eq!(both, Some(vec![compliant.clone(), Some("answers".to_owned()), None]));
        assert_eq!(annotations(&[survey]), Some(vec![compliant, None, None]));
        assert_eq!(annotations(&[]), None);
    }
}
