//! cxguard judges customer-experience data policies: vendors, data flows, people and their access.

pub mod api;
pub mod values;
