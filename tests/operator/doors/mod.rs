//! Admission through the real API server: the webhooks as they are shipped, pointed at operators outside the cluster.

mod access;
mod callers;
mod guarded;
mod load;
mod lost;
mod objects;
mod outage;
mod placement;
mod replicas;
mod rotation;
mod service;
mod sessions;
mod stage;
mod workloads;

pub(crate) use self::stage::guarded;
