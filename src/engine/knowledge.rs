//! What the operator knows, shared with whoever only asks.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use super::memo::{Memos, Step};
use crate::facts::{ObjectRef, World};

/// The facts, and what was derived from them.
#[derive(Debug, Default)]
pub struct Knowledge {
    /// The facts.
    pub world: World,
    /// What was derived from them.
    pub memos: Memos,
    /// Whether everything was listed and judged once: before, what is not known may exist all the same.
    pub complete: bool,
}

/// Knowledge that one writes and many read.
///
/// A reader may come between a change and the judgement of what it changes: [`Query::once`](super::Query::once) then
/// derives for itself what is stale. So no lock is held across events, and yet nobody is answered by what no longer
/// holds.
#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<RwLock<Knowledge>>);

impl Shared {
    /// A look at it, also after a panic of somebody else: to refuse every request from then on would help nobody.
    pub fn read(&self) -> RwLockReadGuard<'_, Knowledge> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A change of it.
    pub fn write(&self) -> RwLockWriteGuard<'_, Knowledge> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Derives again what is stale, and returns the objects whose judgement changed: [`Memos::settle`], but others wait
    /// only while a result is put in its place, not while it is derived. For the one who writes: between two steps
    /// nobody else may.
    pub fn settle(&self, now: Timestamp) -> BTreeSet<ObjectRef> {
        self.write().memos.expire(now);
        let mut changed = BTreeSet::new();
        while let Some(step) = self.next(now) {
            changed.extend(self.write().memos.take(step));
        }
        // Only what was settled once, with everything listed, is an answer to others.
        self.write().complete = true;
        changed
    }

    fn next(&self, now: Timestamp) -> Option<Step> {
        let known = self.read();
        known.memos.next(&known.world, now)
    }
}

impl From<Knowledge> for Shared {
    fn from(knowledge: Knowledge) -> Self {
        Self(Arc::new(RwLock::new(knowledge)))
    }
}
