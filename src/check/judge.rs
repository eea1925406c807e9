//! Every object of the files, judged once.

use std::borrow::Borrow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::engine::{Memos, Query, Verdict};
use crate::facts::{ObjectRef, World};
use crate::parallel::parallel;

/// What the rules say of an object.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The object.
    pub id: ObjectRef,
    /// What was found.
    pub verdict: Arc<Verdict>,
    /// The first instant at which that could differ with nothing edited.
    pub until: Timestamp,
}

/// Judges objects at an instant, on several threads, in their order.
pub fn judge(
    world: &World,
    objects: &[impl Borrow<ObjectRef> + Sync],
    now: Timestamp,
    threads: usize,
) -> Vec<Judged> {
    let none = Memos::new();
    let query = || Query::once(world, &none, now);
    parallel(threads, objects, query, |query, id| {
        let id = id.borrow();
        let (verdict, until) = query.judge(id);
        if id.kind.runs() {
            query.forget(id);
        }
        Judged { id: id.clone(), verdict, until }
    })
}
