//! CX701: no plan for incidents, or one that leaves something out.

use crate::api::{IncidentPlanSpec, PlanStep};
use crate::facts::{Key, Namespace};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where customer data is, there is a plan for the day it gets out. As long as no `IncidentPlan` exists, the finding is
    /// on each protected namespace, and so in the status of the policies that select it. An `IncidentPlan` is complete if it was approved
    /// (`approvedOn`, on a day that has come) and describes every step under `steps`: Contain, Assess, `NotifyAuthority`,
    /// `NotifyCustomers`, Mitigate, Restore and Learn. How old it may be is the question of CX702.
    ///
    /// # Why
    ///
    /// The 72 hours of Art. 33 GDPR begin with the first suspicion that has become certain. Who then still has to find out
    /// who calls whom will not make them.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: IncidentPlan
    /// spec:
    ///   approvedOn: 2026-01-10
    ///   steps: [Contain, Assess, Mitigate]     # nobody tells anybody, and nothing comes back
    /// ```
    ///
    /// # Fix
    ///
    /// Write what is missing, have the plan approved, and record the day and the steps.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(b) and (c), 33, 34; ISO/IEC 27001:2022 A.5.24 to A.5.28; NIST SP 800-61.
    701 "incident-plan-missing-or-incomplete" Enforce since "0.1.0",
    Namespace: any,
    Plan: complete,
}

/// One plan is for all namespaces. What is wrong with it is found on the plan.
fn any(case: &Case<'_, Namespace>, report: &mut Report<'_>) {
    if case.query.members(Key::Plans).is_empty() {
        report.violation(
            "/metadata/name",
            "holds customer data, and no IncidentPlan says what is done when it gets out",
            "write a plan, have it approved, and apply it as an IncidentPlan",
        );
    }
}

fn complete(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    let approve = "have the plan approved, and record approvedOn";
    match case.subject.approved_on {
        None => report.violation("/spec/approvedOn", "no approval of the plan is on record", approve),
        Some(day) if !case.query.has_begun(day) => {
            report.violation("/spec/approvedOn", format!("the plan is not approved before {day}"), approve);
        }
        Some(_) => {}
    }
    let missing = PlanStep::ALL.iter().filter(|step| !case.subject.steps.contains(step));
    let missing: Vec<&str> = missing.map(|step| step.as_str()).collect();
    if !missing.is_empty() {
        report.violation(
            "/spec/steps",
            format!("the plan leaves out {}", missing.join(", ")),
            "describe every step in the plan, and list it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, with_plan};
    use crate::rules::testing::{Bench, edit};

    fn found(from: &str, to: &str) -> Vec<String> {
        with_plan(&edit(PLAN, from, to)).findings(701, "IncidentPlan/it")
    }

    #[test]
    fn a_plan_is_approved_and_describes_every_step() {
        assert!(with_plan(PLAN).findings(701, "IncidentPlan/it").is_empty());
        let approval = "/spec/approvedOn: no approval of the plan is on record";
        assert_eq!(found("approvedOn: 2026-01-10, ", ""), [approval]);
        assert_eq!(found("NotifyCustomers, ", ""), ["/spec/steps: the plan leaves out NotifyCustomers"]);
        let all = "Contain, Assess, NotifyAuthority, NotifyCustomers, Mitigate, Restore, Learn";
        assert_eq!(
            with_plan("{}").findings(701, "IncidentPlan/it"),
            [approval.to_owned(), format!("/spec/steps: the plan leaves out {all}")]
        );
    }

    #[test]
    fn without_any_plan_each_protected_namespace_is_told() {
        let world = "{apiVersion: v1, kind: Namespace, metadata: {name: cx, labels: {cxguard.dev/protected: 'true'}}}\n\
                     ---\n{apiVersion: v1, kind: Namespace, metadata: {name: open}}\n\
                     ---\n{apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {name: p}, spec: {}}";
        let bench = Bench::new(world);
        let expected = "holds customer data, and no IncidentPlan says what is done when it gets out";
        assert_eq!(bench.findings(701, "Namespace/cx"), [format!("/metadata/name: {expected}")]);
        assert!(bench.findings(701, "Namespace/open").is_empty());
        // The policy has a status to say it in.
        let told = bench.judge("CompliancePolicy/p").0.findings;
        assert!(
            told.iter().any(|found| found.message == expected && &*found.subject.name == "cx"),
            "{told:?}"
        );
        // An incomplete plan, or one that cannot be read, is found on itself.
        for plan in ["{}", "{steps: [Panic]}"] {
            let plan = format!(
                "{{apiVersion: cxguard.dev/v1alpha1, kind: IncidentPlan, metadata: {{name: it}}, spec: {plan}}}"
            );
            assert!(Bench::new(world).with(&plan).findings(701, "Namespace/cx").is_empty());
        }
    }

    #[test]
    fn an_approval_to_come_is_none() {
        let bench = with_plan(&edit(PLAN, "approvedOn: 2026-01-10", "approvedOn: 2026-11-24"));
        let expected = ["/spec/approvedOn: the plan is not approved before 2026-11-24"];
        assert_eq!(bench.findings(701, "IncidentPlan/it"), expected);
        assert_eq!(bench.horizon("IncidentPlan/it"), "2026-11-24T00:00:00Z");
        assert!(bench.at("2026-11-24T00:00:00Z").findings(701, "IncidentPlan/it").is_empty());
    }
}
