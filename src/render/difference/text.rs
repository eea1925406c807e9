//! For people at a terminal: what is new as a compiler would show it, the rest in lines.

use std::io;

use super::super::summary::not_judged;
use super::super::text::{Look, findings};
use super::super::visible::visible;
use super::{Difference, others, summary, touches};

/// Writes what is new, what is fixed, and whom the changes touch.
pub(super) fn write(difference: &Difference, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    findings(difference.introduced(), look, out)?;
    for finding in &difference.fixed {
        let word = if finding.exempted { "exempted" } else { "fixed" };
        let (place, message) = (finding.whereabouts(), &finding.message);
        writeln!(out, "{word}[{}]: {}: {}", finding.rule, visible(&place), visible(message))?;
    }
    for (what, reason) in not_judged(&difference.report) {
        writeln!(out, "not judged any more: {}: {}", visible(&what), visible(&reason))?;
    }
    for change in &difference.changes {
        let (touched, shifts) = touches(difference, change);
        writeln!(out, "{} {touched}", visible(&change.subject.to_string()))?;
        for shift in shifts {
            writeln!(out, "    {}: {}", visible(&shift.subject.to_string()), shift.sentence())?;
        }
    }
    for shift in others(difference) {
        writeln!(out, "{}: {}", visible(&shift.subject.to_string()), shift.sentence())?;
    }
    let (old, new) = (visible(&difference.old), visible(&difference.new));
    writeln!(out, "{} from {old} to {new}, as of {}", summary(difference), difference.report.at)
}
