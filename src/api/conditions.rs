//! Condition types and reasons.

/// Whether the object violates a rule: True, False, or Unknown when a rule lacked a fact.
pub const COMPLIANT: &str = "Compliant";

/// Whether the operator has judged the newest generation and done what it asks for.
pub const READY: &str = "Ready";

/// Of [`COMPLIANT`]: no rule is violated.
pub const NO_FINDINGS: &str = "NoFindings";

/// Of [`COMPLIANT`]: at least one rule that the policy enforces is violated.
pub const VIOLATING: &str = "Violating";

/// Of [`COMPLIANT`]: no enforced rule is known to be violated, but one lacked a fact.
pub const FACTS_MISSING: &str = "FactsMissing";

/// Of [`READY`]: the newest generation is judged.
pub const JUDGED: &str = "Judged";

/// Of [`READY`]: the object cannot be read.
pub const UNREADABLE: &str = "Unreadable";

/// Of [`READY`] of a grant: the access exists.
pub const ACTIVE: &str = "Active";

/// Of [`READY`] of a grant: it waits for its start, an approval or a missing fact; the message names it.
pub const PENDING: &str = "Pending";

/// Of [`READY`] of a grant: access is withdrawn until a paper is renewed or a cause is gone; the message names it.
pub const SUSPENDED: &str = "Suspended";

/// Of [`READY`] of a grant: its time is over.
pub const EXPIRED: &str = "Expired";

/// Of [`READY`] of a grant: it was ended before its time.
pub const REVOKED: &str = "Revoked";

/// Of [`READY`] of a grant or a policy: the API server refuses the operator what the phase needs, or a removal.
pub const FORBIDDEN: &str = "Forbidden";

/// Of [`READY`] of a grant: an object of somebody else bears the name that one made for the grant would have.
pub const NAME_TAKEN: &str = "NameTaken";

/// Of [`READY`] of a grant: it asks for an account, and this operator issues none.
pub const NOT_ISSUED: &str = "NotIssued";

/// Of [`READY`] of a grant: access should have ended, and a finalizer of somebody else keeps its binding.
pub const HELD: &str = "Held";

/// Of [`READY`] of a grant: the operator was told to act on nothing.
pub const OBSERVING: &str = "Observing";

/// Of a grant that gave access in an emergency: whether somebody else is still to review it.
pub const EMERGENCY: &str = "Emergency";

/// Of [`EMERGENCY`]: nobody else has looked at it yet.
pub const TO_BE_REVIEWED: &str = "ToBeReviewed";

/// Of [`EMERGENCY`]: somebody else has.
pub const REVIEWED: &str = "Reviewed";

/// Of an incident of which the authority is to be told: whether it was.
pub const AUTHORITY_TOLD: &str = "AuthorityTold";

/// Of [`AUTHORITY_TOLD`]: it was.
pub const TOLD: &str = "Told";

/// Of [`AUTHORITY_TOLD`]: not yet, and there is time.
pub const DUE: &str = "Due";

/// Of [`AUTHORITY_TOLD`]: not, and the time is over.
pub const OVERDUE: &str = "Overdue";

/// Of a data flow or a survey: whether its selector selects a workload.
pub const SELECTING: &str = "Selecting";

/// Of [`SELECTING`]: it does.
pub const WORKLOADS_SELECTED: &str = "WorkloadsSelected";

/// Of a policy: whether the webhooks are asked about the namespaces that it selects.
pub const GUARDED: &str = "Guarded";

/// Of [`GUARDED`]: they are, about each.
pub const NAMESPACES_SELECTED: &str = "NamespacesSelected";

/// Of [`GUARDED`]: they leave out some of the namespaces.
pub const NAMESPACES_LEFT_OUT: &str = "NamespacesLeftOut";

/// Of [`GUARDED`]: some of them are not there.
pub const WEBHOOKS_MISSING: &str = "WebhooksMissing";

/// Of [`GUARDED`]: the operator may not read which there are.
pub const WEBHOOKS_UNREADABLE: &str = "WebhooksUnreadable";

/// Of [`GUARDED`]: there are none.
pub const NOT_INSTALLED: &str = "NotInstalled";

/// Of [`SELECTING`]: no workload of a protected namespace has the labels. Of [`GUARDED`]: there is no such namespace.
pub const NOTHING_SELECTED: &str = "NothingSelected";
