//! Exemptions: rules set aside, with an owner, a reason and an end.

pub(super) mod cx801_exemption_expired;
pub(super) mod cx802_exemption_unowned;
