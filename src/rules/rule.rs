//! What a rule is: a code, its documentation and its checks.

use std::fmt;
use std::str::FromStr;

use crate::api::{
    CompliancePolicySpec, DataFlowSpec, ExemptionSpec, IncidentPlanSpec, IncidentSpec, Mode, PersonSpec,
    SurveySpec, VendorSpec,
};
use crate::engine::{Policy, Query};
use crate::facts::{Binding, Claim, GrantFact, Mentions, Namespace, ObjectRef, Role, Workload};

use super::report::Report;

/// The stable code of a rule, such as `CX101`. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CX{:03}", self.0)
    }
}

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("CX").filter(|digits| digits.len() == 3);
        digits
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| format!("{text:?} is not a rule code: expected CX and three digits such as CX101"))
    }
}

/// One rule. Made by the macro `rule!`, which takes the documentation from the doc comment.
pub struct Rule {
    /// Its code.
    pub code: Code,
    /// The pattern that is wrong, in words joined by hyphens.
    pub pattern: &'static str,
    /// The mode before policy.
    pub mode: Mode,
    /// The version that first had it.
    pub since: &'static str,
    /// What it checks, why, an example, the fix and references, in Markdown.
    pub docs: &'static str,
    /// The checks, one per kind of subject.
    pub checks: &'static [Check],
}

/// A check and the kind of its subject.
#[derive(Clone, Copy)]
pub enum Check {
    /// Of a policy.
    Policy(fn(&Case<'_, CompliancePolicySpec>, &mut Report<'_>)),
    /// Of a vendor.
    Vendor(fn(&Case<'_, VendorSpec>, &mut Report<'_>)),
    /// Of a person.
    Person(fn(&Case<'_, PersonSpec>, &mut Report<'_>)),
    /// Of a data flow.
    Flow(fn(&Case<'_, DataFlowSpec>, &mut Report<'_>)),
    /// Of a survey.
    Survey(fn(&Case<'_, SurveySpec>, &mut Report<'_>)),
    /// Of an incident plan.
    Plan(fn(&Case<'_, IncidentPlanSpec>, &mut Report<'_>)),
    /// Of an incident.
    Incident(fn(&Case<'_, IncidentSpec>, &mut Report<'_>)),
    /// Of an exemption.
    Exemption(fn(&Case<'_, ExemptionSpec>, &mut Report<'_>)),
    /// Of a grant.
    Grant(fn(&Case<'_, GrantFact>, &mut Report<'_>)),
    /// Of a workload that carries customer data: a flow covers it.
    Workload(fn(&Case<'_, Workload>, &mut Report<'_>)),
    /// Of any workload of a protected namespace, whether a flow covers it or not.
    Deployed(fn(&Case<'_, Workload>, &mut Report<'_>)),
    /// Of a protected namespace.
    Namespace(fn(&Case<'_, Namespace>, &mut Report<'_>)),
    /// Of a Role or ClusterRole that is bound in a protected namespace.
    Role(fn(&Case<'_, Role>, &mut Report<'_>)),
    /// Of a RoleBinding in a protected namespace, or a ClusterRoleBinding where there is one.
    Binding(fn(&Case<'_, Binding>, &mut Report<'_>)),
    /// Of a volume claim in a protected namespace.
    Claim(fn(&Case<'_, Claim>, &mut Report<'_>)),
    /// Of an Ingress or HTTPRoute in a protected namespace.
    Route(fn(&Case<'_, Mentions>, &mut Report<'_>)),
    /// Of any object of ours, readable or not.
    Any(fn(&ObjectRef, &Query<'_>, &mut Report<'_>)),
}

impl Check {
    /// What it judges, in plain words.
    pub const fn subject(&self) -> &'static str {
        match self {
            Self::Policy(_) => "policies",
            Self::Vendor(_) => "vendors",
            Self::Person(_) => "people",
            Self::Flow(_) => "data flows",
            Self::Survey(_) => "surveys",
            Self::Plan(_) => "incident plans",
            Self::Incident(_) => "incidents",
            Self::Exemption(_) => "exemptions",
            Self::Grant(_) => "grants",
            Self::Workload(_) => "workloads",
            Self::Deployed(_) => "workloads of protected namespaces",
            Self::Namespace(_) => "protected namespaces",
            Self::Role(_) => "roles",
            Self::Binding(_) => "bindings",
            Self::Claim(_) => "volume claims",
            Self::Route(_) => "routes of protected namespaces",
            Self::Any(_) => "any object",
        }
    }
}

/// What a check sees: the object, the demands on it, and the facts and the clock by way of the query.
pub struct Case<'c, T> {
    /// The object.
    pub id: &'c ObjectRef,
    /// What is known of it.
    pub subject: &'c T,
    /// What is demanded of it.
    pub policy: &'c Policy,
    /// Everything else that is known, and the time.
    pub query: &'c Query<'c>,
}

/// Declares the rule of a file. The doc comment is the documentation that users read.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $code:literal $pattern:literal $mode:ident since $since:literal
        $(, $kind:ident: $check:expr)+ $(,)?
    ) => {
        $(#[doc = $doc])+
        pub(crate) static RULE: $crate::rules::Rule = $crate::rules::Rule {
            code: $crate::rules::Code($code),
            pattern: $pattern,
            mode: $crate::api::Mode::$mode,
            since: $since,
            docs: concat!($($doc, "\n"),+),
            checks: &[$($crate::rules::Check::$kind($check)),+],
        };
    };
}
pub(crate) use rule;
