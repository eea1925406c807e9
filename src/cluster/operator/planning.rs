//! What is to be done about one object, by what is known, what was seen and what is remembered of it.

use jiff::Timestamp;

use super::Operator;
use crate::cluster::effect::Lane;
use crate::cluster::plan::grant::{Memory, View};
use crate::cluster::plan::issued::{Issued, Names};
use crate::cluster::plan::lease::{grants_of, is_of};
use crate::cluster::plan::{Plan, grant, incident, own, ungoverned, workload};
use crate::cluster::seen::Seen;
use crate::engine::{Knowledge, Query, Ungoverned, Verdict, binding_of};
use crate::facts::{Key, Kind, ObjectRef, role_of};

impl Operator {
    pub(super) fn plan(&self, known: &Knowledge, subject: &ObjectRef, now: Timestamp) -> Plan {
        if subject.kind == Kind::AccessGrant {
            return self.plan_grant(known, subject, now);
        }
        let Some(seen) = self.seen.get(subject) else { return Plan::default() };
        if subject.kind == Kind::RoleBinding {
            return self.plan_binding(known, subject, seen, now);
        }
        let memos = &known.memos;
        let Some((verdict, horizon)) = memos.verdict(subject) else { return Plan::default() };
        if subject.kind.is_workload() {
            if self.settings.observe {
                return Plan::default();
            }
            return workload::plan(subject, seen, &verdict, &memos.covers(subject));
        }
        if subject.kind == Kind::CompliancePolicy {
            return self.plan_policy(known, (subject, seen), (&verdict, horizon), now);
        }
        if subject.kind == Kind::Incident {
            return incident::plan(subject, seen, (&verdict, horizon), &memos.clock(subject), now);
        }
        own::plan(subject, seen, (&verdict, horizon), memos.covered(subject), now)
    }

    fn plan_policy(
        &self,
        known: &Knowledge,
        (id, policy): (&ObjectRef, &Seen),
        judged: (&Verdict, Timestamp),
        now: Timestamp,
    ) -> Plan {
        let mut ungoverned = known.memos.ungoverned(id).to_vec();
        ungoverned.retain(|found| self.is_foreign(&found.binding));
        let trouble = ungoverned.iter().find_map(|found| {
            let words = self.work.refused(&found.binding, Lane::Access)?;
            Some(format!("{} cannot be removed: {words}", found.binding))
        });
        ungoverned::plan(&ungoverned::View {
            id,
            now,
            observe: self.settings.observe,
            judged,
            policy,
            ungoverned: &ungoverned,
            guarded: known.memos.guarded(id).as_deref(),
            binding: &|id| self.seen.get(id),
            trouble,
        })
    }

    /// What a binding is to a grant, that grant's plan says. Any other may be one that a policy wants removed.
    fn plan_binding(&self, known: &Knowledge, id: &ObjectRef, seen: &Seen, now: Timestamp) -> Plan {
        let removing = removing(known, id).filter(|_| !self.settings.observe && self.is_foreign(id));
        let task = removing
            .and_then(|(policy, found)| ungoverned::deletion(&found, seen, self.seen.get(&policy)?, now));
        Plan { tasks: task.into_iter().collect(), wake: None }
    }

    /// Whether a binding stands that was made for no grant.
    fn is_foreign(&self, binding: &ObjectRef) -> bool {
        let Some(seen) = self.seen.get(binding) else { return false };
        let grants = grants_of(binding, Some(seen));
        !grants.iter().any(|grant| is_of((binding, seen), (grant, self.seen.get(grant))))
    }

    fn plan_grant(&self, known: &Knowledge, id: &ObjectRef, now: Timestamp) -> Plan {
        let memos = &known.memos;
        let query = Query::new(&known.world, memos, now);
        let fact = query.grant(&id.namespace, &id.name).here();
        // Of a grant that is gone, only its binding may be left to deal with.
        let access = memos.access(id).or_else(|| query.access(id));
        let Some(access) = access else { return Plan::default() };
        let (verdict, horizon) =
            memos.verdict(id).unwrap_or_else(|| (std::sync::Arc::default(), Timestamp::MAX));
        let binding = binding_of(id);
        let never = Memory::default();
        let memory = self.memory.get(id).unwrap_or(&never);
        let left = memos.left(id);
        let role = fact.as_deref().and_then(|fact| query.role(&role_of(id, &fact.spec)).here());
        let names = fact.as_deref().and_then(|fact| Names::of(id, &fact.spec));
        let tokens = names.as_ref().and_then(|names| query.role(&names.role).here());
        let issued = names.map(|names| {
            Issued::new(self.settings.issue_accounts, names, tokens.as_deref(), |id| self.seen.get(id))
        });
        grant::plan(&View {
            id,
            now,
            observe: self.settings.observe,
            access: &access,
            judged: (&verdict, horizon),
            fact: fact.as_deref(),
            grant: self.seen.get(id),
            binding: self.seen.get(&binding),
            record: query.grant_end(&id.namespace, &id.name).here(),
            memory,
            role: role.as_deref(),
            issued: issued.as_ref(),
            left: &left,
            trouble: self.work.refused(id, Lane::Access),
        })
    }
}

/// The policy that wants a binding removed.
pub(super) fn removing(known: &Knowledge, binding: &ObjectRef) -> Option<(ObjectRef, Ungoverned)> {
    known.world.members(&Key::Policies).find_map(|policy| {
        let wanted = known.memos.ungoverned(policy);
        let at = wanted.binary_search_by(|found| found.binding.cmp(binding)).ok()?;
        Some((policy.clone(), wanted.get(at)?.clone()))
    })
}
