//! The part of a policy about people's access.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::DataForm;
use super::words::words;
use crate::values::Period;

/// Who may have access, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessPolicy {
    /// How long a grant may last, from the later of startsAt and approval.at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<MaxDuration>,
    /// Whether a grant needs an approval by somebody else: Required or NotRequired. Default: Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalPolicy>,
    /// How often a grant is reviewed. Default: 90d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_every: Option<Period>,
    /// How often a consultant's grant is reviewed. Default: 30d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consultant_review_every: Option<Period>,
    /// After how long without use a grant counts as unused. Default: 90d. No rule reads it: that takes the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_after: Option<Period>,
    /// Names of the roles that may be granted; an empty list is none. Default: any that the operator may bind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128), inner(length(min = 1, max = 253)))]
    pub grantable_roles: Option<Vec<String>>,
    /// The most that a job role may see, by its name in capitals or not: Aggregate, Anonymised, Pseudonymised or
    /// Identifiable. The name consultant is the ceiling for every consultant. Default: any form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 128))]
    pub data_forms: Option<BTreeMap<String, DataForm>>,
    /// Users and groups by name that need no grant; a * at the end stands for any rest. Never matches service accounts,
    /// system:authenticated, system:unauthenticated, system:anonymous and system:serviceaccounts*. Default: system:*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128), inner(length(min = 1, max = 253)))]
    pub trusted_subjects: Option<Vec<String>>,
    /// What is done about RoleBindings that no grant covers (CX504): Report, or Remove where CX504 is enforced. Default:
    /// Report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ungoverned: Option<UngovernedAction>,
    /// How long such a binding may stay before it is removed, from the entry in status.ungoverned. Default: 24h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ungoverned_grace: Option<Period>,
    /// Grants that their requester approves in an emergency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<EmergencyPolicy>,
    /// What happens to a grant to a group with members whose papers are missing: KeepPending, or Exclude, which gives the
    /// others access by name. Default: KeepPending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_members_without_papers: Option<MembersWithoutPapers>,
    /// How long an overdue review may last before it suspends the grant. Default: 14d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_grace: Option<Period>,
}

/// How long a grant may last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MaxDuration {
    /// For an employee. Default: 180d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee: Option<Period>,
    /// For a consultant. Default: 90d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consultant: Option<Period>,
}

/// Grants that their requester approves in an emergency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmergencyPolicy {
    /// Whether there are any. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<bool>,
    /// How long they may last. Default: 4h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<Period>,
    /// How soon they have to be reviewed. Default: 72h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_within: Option<Period>,
    /// Groups whose members may approve their own short grant. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 253)))]
    pub groups: Option<Vec<String>>,
}

words! {
    /// The mode of one rule. The order is from mild to strict.
    RuleMode {
        /// Not judged.
        Disabled = "Disabled",
        /// Recorded.
        Audit = "Audit",
        /// Shown.
        Warn = "Warn",
        /// Denied, and the object counts as violating.
        Enforce = "Enforce",
    }
}

words! {
    /// Whether a grant needs an approval.
    ApprovalPolicy {
        /// It does not.
        NotRequired = "NotRequired",
        /// It does, by somebody else.
        Required = "Required",
    }
}

words! {
    /// What is done about bindings that no grant covers.
    UngovernedAction {
        /// They are reported.
        Report = "Report",
        /// They are removed after a grace.
        Remove = "Remove",
    }
}

words! {
    /// What happens to a grant to a group with members whose papers are missing.
    MembersWithoutPapers {
        /// Nobody gets access.
        KeepPending = "KeepPending",
        /// The others get access, by name.
        Exclude = "Exclude",
    }
}
