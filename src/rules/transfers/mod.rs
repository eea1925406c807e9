//! Risk 1: transfers outside Europe, agreements and residency.

pub(super) mod law;
pub(super) mod locations;
