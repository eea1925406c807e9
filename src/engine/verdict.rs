//! What a judgement says.

use std::fmt;

use std::cmp::Reverse;

use crate::api::{FindingOutcome, Mode};
use crate::facts::ObjectRef;
use crate::rules::Code;

/// The judgement of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong, most severe first; what it inherits included.
    pub findings: Vec<Finding>,
    /// What could not be judged for want of a fact that is reported elsewhere.
    pub lacking: Vec<Lacking>,
}

impl Verdict {
    /// Compliant, Violating or Unknown: what the rules say whose mode is Enforce and that are not set aside. A violation that is certain
    /// outweighs what is not known.
    pub fn outcome(&self) -> Outcome {
        self.outcome_of(|_| true)
    }

    /// The same by some of the rules alone.
    pub fn outcome_of(&self, wants: impl Fn(Code) -> bool) -> Outcome {
        let counts = |finding: &&Finding| finding.mode.0 == Mode::Enforce && !finding.exempted;
        let enforced = || self.findings.iter().filter(counts).filter(|finding| wants(finding.rule));
        let lacks = || self.lacking.iter().any(|lack| lack.counts() && wants(lack.rule));
        if enforced().any(|finding| finding.outcome == FindingOutcome::Violating) {
            Outcome::Violating
        } else if enforced().next().is_some() || lacks() {
            Outcome::Unknown
        } else {
            Outcome::Compliant
        }
    }
}

/// The outcome of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// No enforced rule is violated, and each could be judged.
    Compliant,
    /// An enforced rule is violated.
    Violating,
    /// An enforced rule could not be judged.
    Unknown,
}

impl Outcome {
    /// As annotations and conditions spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "Compliant",
            Self::Violating => "Violating",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong, or cannot be known, at one place of one object.
///
/// Ordered by mode, so that what is enforced comes first and what is exempted last, then by rule and place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Whether an exemption sets the rule aside for the object where the cause is. It then counts for nothing.
    pub exempted: bool,
    /// What it means for the object, after policy; the gravest sorts first.
    pub mode: Reverse<Mode>,
    /// The rule.
    pub rule: Code,
    /// The object where the cause is.
    pub subject: ObjectRef,
    /// The field there, as a JSON pointer such as `/spec/agreement/validUntil`.
    pub path: String,
    /// Violating, or Unknown for want of a fact.
    pub outcome: FindingOutcome,
    /// What is wrong, with absolute dates: it must not change while nothing does.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Where else the reason lies, if that is in another object. No status shows it.
    pub cause: Option<Cause>,
}

impl Finding {
    /// Whether both are the same to whoever reads a status: all but their cause.
    pub(super) fn reads_like(&self, other: &Self) -> bool {
        let Self { exempted, mode, rule, subject, path, outcome, message, remedy, cause: _ } = self;
        (exempted, mode, rule, subject) == (&other.exempted, &other.mode, &other.rule, &other.subject)
            && (path, outcome, message, remedy)
                == (&other.path, &other.outcome, &other.message, &other.remedy)
    }
}

/// A field of an object that makes another object wrong: the day in a person's papers on which a grant loses its
/// ground, the vendor's location to which a flow gives data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The object.
    pub object: ObjectRef,
    /// The field there, as a JSON pointer; empty for the object as a whole.
    pub path: String,
}

impl Cause {
    /// A field of an object.
    pub fn at(object: &ObjectRef, path: impl Into<String>) -> Self {
        Self { object: object.clone(), path: path.into() }
    }
}

/// A rule that could not be judged, because of something that another finding reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lacking {
    /// Whether an exemption sets the rule aside for the object that could not be judged.
    pub exempted: bool,
    /// What it means for the object, after policy.
    pub mode: Mode,
    /// The rule.
    pub rule: Code,
    /// What was missing or unreadable.
    pub what: String,
    /// Whether it is a person of whom nothing is known. CX608 reports that, and its mode alone decides about access.
    pub unknown_person: bool,
    /// Of what that is to be told: the object that could not be judged, from which others inherit it, or the policy that
    /// leaves open what all its objects are.
    pub subject: ObjectRef,
}

impl Lacking {
    /// Whether it makes the outcome Unknown.
    fn counts(&self) -> bool {
        self.mode == Mode::Enforce && !self.exempted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Kind;

    #[test]
    fn findings_read_alike_whatever_their_cause() {
        let subject = ObjectRef::cluster(Kind::Vendor, "hub");
        let finding = Finding {
            exempted: false,
            mode: Reverse(Mode::Enforce),
            rule: Code(103),
            subject: subject.clone(),
            path: "/spec".to_owned(),
            outcome: FindingOutcome::Violating,
            message: "wrong".to_owned(),
            remedy: "mend it".to_owned(),
            cause: None,
        };
        let because = Finding { cause: Some(Cause::at(&subject, "/spec")), ..finding.clone() };
        assert!(finding.reads_like(&because) && finding < because);
        for other in [
            Finding { exempted: true, ..finding.clone() },
            Finding { mode: Reverse(Mode::Warn), ..finding.clone() },
            Finding { rule: Code(104), ..finding.clone() },
            Finding { subject: ObjectRef::cluster(Kind::Vendor, "far"), ..finding.clone() },
            Finding { path: String::new(), ..finding.clone() },
            Finding { outcome: FindingOutcome::Unknown, ..finding.clone() },
            Finding { message: String::new(), ..finding.clone() },
            Finding { remedy: String::new(), ..finding.clone() },
        ] {
            assert!(!finding.reads_like(&other), "{other:?}");
        }
    }
}
