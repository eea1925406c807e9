//! What is known: compact values, one file per group of kinds, and the [`World`] that holds them.
//!
//! Facts come from files or from watches; nothing here knows which. Rules never hold a world: they ask a
//! [`crate::engine::Query`], which notes what was read.

mod access;
mod account;
mod aggregate;
mod built_in;
mod fact;
mod id;
mod incident;
mod key;
mod labels;
mod outside;
mod place;
mod read;
mod selector;
mod slice;
mod snapshot;
mod traffic;
mod view;
mod volume;
mod webhook;
mod workload;
mod world;

pub(crate) use access::role_of;
pub use access::{Binding, BindingSubject, GrantEnd, GrantFact, Parts, Role, RoleRule};
pub(crate) use account::{ACCOUNTS, account_groups, account_of, account_username, accounts_in};
pub(crate) use built_in::built_in;
pub use fact::{Ambiguity, Fact, Problem, Unreadable};
pub(crate) use fact::{destinations, exempted, vendors_of};
pub use id::{Kind, Name, ObjectRef};
pub use incident::Contains;
pub use key::Key;
pub use labels::Labels;
#[cfg(feature = "cluster")]
pub(crate) use outside::leaves;
pub use place::{Node, Pin, Pod, Runs, Site};
pub use read::{read, read_as, unreadable};
pub(crate) use read::{read_fact, read_running};
pub use selector::{PodSelector, selects};
pub use slice::Slice;
pub use snapshot::{Snapshot, SnapshotError};
pub use traffic::{Egress, Mention, MentionedLink, Mentions};
pub use view::{Over, View};
pub use volume::{Claim, Storage, StorageSite};
pub use webhook::Webhook;
pub use workload::{Namespace, Workload};
pub use world::{OPERATOR_NAMESPACE, World};
