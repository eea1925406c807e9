//! Labels, annotations and finalizers that the operator reads or writes.

/// On a namespace: it holds customer data, when the value is [`TRUE`].
pub const PROTECTED: &str = "cxguard.dev/protected";

/// The value of [`PROTECTED`] that protects.
pub const TRUE: &str = "true";

/// On every namespace, by the API server: its name.
pub const NAMESPACE: &str = "kubernetes.io/metadata.name";

/// On a workload: `Compliant`, `Violating` or `Unknown`.
pub const COMPLIANCE: &str = "cxguard.dev/compliance";

/// On a workload: the codes of the rules it violates, separated by commas.
pub const FINDINGS: &str = "cxguard.dev/findings";

/// On a workload: the names of the flows that cover it, separated by commas.
pub const DATA_FLOWS: &str = "cxguard.dev/data-flows";

/// Finalizer of a grant: it goes only once its access is gone.
pub const REVOKE: &str = "cxguard.dev/revoke";

/// On a binding or a service account: the UID of the grant it was made for.
pub const GRANT_UID: &str = "cxguard.dev/grant-uid";

/// On a binding: the instant at which it is to be deleted. Later than the grant's own deadline it has no effect.
pub const DEADLINE: &str = "cxguard.dev/deadline";

/// On everything that the operator creates; the value is [`MANAGER`].
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// The value of [`MANAGED_BY`].
pub const MANAGER: &str = "cxguard";
