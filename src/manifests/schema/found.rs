//! The problems of one object, gathered with the place of each.

use std::fmt::Write as _;

use crate::facts::Problem;
use crate::pointer::escaped;

/// How many problems of one object are shown: who sees that many does not need the next.
const MAX_SHOWN: usize = 64;

/// One step further down.
pub(super) enum Step<'s> {
    Field(&'s str),
    Item(usize),
}

impl<'s, S: AsRef<str> + ?Sized> From<&'s S> for Step<'s> {
    fn from(name: &'s S) -> Self {
        Self::Field(name.as_ref())
    }
}

impl From<usize> for Step<'_> {
    fn from(nth: usize) -> Self {
        Self::Item(nth)
    }
}

/// The problems found so far, and where the check is now.
#[derive(Default)]
pub(super) struct Found {
    path: String,
    problems: Vec<Problem>,
    /// How many are not kept.
    more: usize,
    /// Whether none is.
    counting: bool,
    blocked: bool,
}

impl Found {
    /// Counts problems and keeps none: most objects have none, and of these no place needs to be known.
    pub(super) fn counting() -> Self {
        Self { counting: true, ..Self::default() }
    }

    /// Runs a check one step further down.
    pub(super) fn at<'s>(&mut self, step: impl Into<Step<'s>>, check: impl FnOnce(&mut Self)) {
        if self.counting {
            return check(self);
        }
        let length = self.path.len();
        self.path.push('/');
        match step.into() {
            Step::Field(name) => self.path.push_str(&escaped(name)),
            Step::Item(nth) => drop(write!(self.path, "{nth}")),
        }
        check(self);
        self.path.truncate(length);
    }

    /// Notes a problem here, after which the API server still asks the rules.
    pub(super) fn add(&mut self, problem: impl Into<String>) {
        if self.problems.len() < MAX_SHOWN && !self.counting {
            self.problems.push(Problem { path: self.path.clone(), problem: problem.into() });
        } else {
            self.more += 1;
        }
    }

    /// Notes a problem here, after which the API server asks no rule any more.
    pub(super) fn block(&mut self, problem: impl Into<String>) {
        self.blocked = true;
        self.add(problem);
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.blocked
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.more == 0
    }

    /// What was found, each once, in the order of places.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort();
        self.problems.dedup();
        if self.more > 0 {
            let problem = format!("{} more problems are not shown: correct these first", self.more);
            self.problems.push(Problem { path: String::new(), problem });
        }
        self.problems
    }
}
