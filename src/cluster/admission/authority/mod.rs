//! Certificates without cert-manager: an authority of our own in one Secret, what it signs in another.
//!
//! The leader makes and renews them; every replica reads the second. [`plan`] says what is to be done when, and is pure;
//! [`keeper`] reads and writes.

mod keeper;
mod make;
mod parsed;
mod plan;

pub(in crate::cluster) use keeper::Keeper;
