//! Effects and watches against a real API server.
#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test: clippy's own exceptions for tests do not reach its helper functions"
)]

mod access;
mod overdue;
mod report;
mod server;
mod silence;
mod watch;

use server::Server;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn effects_are_carried_out_as_they_were_decided() {
    let server = Server::start().await;
    server.define().await;
    access::finalizers_of_others_stay(&server).await;
    access::bindings_are_the_version_they_were_decided_upon(&server).await;
    access::what_a_finalizer_keeps_is_not_gone(&server).await;
    access::an_existing_binding_is_shown_as_it_is(&server).await;
    access::ends_are_recorded(&server).await;
    access::what_is_left_is_found_by_asking(&server).await;
    access::what_is_forbidden_says_so(&server).await;
    report::statuses_are_bound_to_a_version(&server).await;
    report::annotations_are_bound_to_a_uid(&server).await;
    report::events_are_sent_once(&server).await;
    overdue::only_what_is_overdue_and_not_renewed_is_revoked(&server).await;
    silence::a_dead_connection_costs_one_deadline(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn watches_tell_what_there_is_and_what_they_lack() {
    let server = Server::start().await;
    watch::what_is_not_defined_or_not_allowed_is_told_once(&server).await;
    watch::changes_are_told(&server).await;
}
