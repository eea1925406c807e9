//! cxguard judges customer-experience data policies: vendors, data flows, people and their access.

pub mod reference;
pub mod values;
