//! What can be read, and what can therefore change under a judgement.

use super::id::{Name, ObjectRef};
use super::slice::Slice;

/// Something that a judgement read. When it changes, the judgement is made again.
///
/// A collection is always named by an index key, never by a whole kind, so that an event reaches exactly the
/// judgements that looked where it happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// One object, whether it exists or not.
    Object(ObjectRef),
    /// The set of policies. There are few, and each may select any namespace.
    Policies,
    /// The data flows of a namespace.
    FlowsIn(Name),
    /// The data flows that name a vendor as destination, or as holder of the index or embeddings of their retrieval.
    FlowsTo(Name),
    /// The surveys of a namespace.
    SurveysIn(Name),
    /// The surveys in a vendor's system.
    SurveysOf(Name),
    /// The workloads of a namespace, with the pods and ReplicaSets that no known workload stands behind.
    WorkloadsIn(Name),
    /// Those of them whose pods use volume claims: most use none, and are of no concern to who asks about volumes.
    ClaimantsIn(Name),
    /// What names an object as its controller: pods, ReplicaSets, Jobs.
    OwnedBy(ObjectRef),
    /// The people with a username.
    Username(Name),
    /// The people in a group.
    Member(Name),
    /// The people of a consulting firm.
    PeopleOf(Name),
    /// The grants to a subject of that name, user or group.
    GrantsTo(Name),
    /// Those of them that are for an emergency: few, where the rest may be very many.
    EmergenciesTo(Name),
    /// The grants for an emergency that somebody of that name approved.
    EmergenciesBy(Name),
    /// The grants of a namespace.
    GrantsIn(Name),
    /// Those of them to a subject of a name: namespace, then name.
    GrantsInTo(Name, Name),
    /// The grants that give a role.
    GrantsOf(ObjectRef),
    /// The incident plans. There are few.
    Plans,
    /// The incidents, open or closed, that concern a flow of a namespace.
    IncidentsIn(Name),
    /// The exemptions for an object.
    ExemptionsFor(ObjectRef),
    /// The role bindings of a namespace; with an empty name, those of the cluster.
    BindingsIn(Name),
    /// Those of them that name a subject, by namespace and by the name of the subject alone.
    BindingsInTo(Name, Name),
    /// What gives access in a namespace: a part of its bindings and grants.
    AccessIn(Name, Slice),
    /// The bindings, of namespaces and of the cluster, that give a role.
    BindingsOf(ObjectRef),
    /// Those of the cluster.
    ClusterBindingsOf(ObjectRef),
    /// The vendors that have an endpoint of this name.
    Endpoint(Name),
    /// The Ingresses and HTTPRoutes of a namespace that name hosts or links.
    RoutesIn(Name),
    /// The NetworkPolicies of a namespace that say something of egress.
    EgressIn(Name),
    /// The volume claims of a namespace.
    ClaimsIn(Name),
    /// The namespaces.
    Namespaces,
    /// The webhook configurations of the operator. There are two at most.
    Webhooks,
}
