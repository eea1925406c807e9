//! A comment on a pull request: what it brings, mends and touches.

use std::fmt::Write as _;
use std::io;

use super::super::markdown::{MOST, code, details, escaped, table};
use super::super::summary::not_judged;
use super::{Difference, others, summary, touches};

/// Writes the difference as Markdown that GitHub and GitLab show, no longer than a comment may be.
pub(super) fn write(difference: &Difference, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = format!("### cxguard: {}\n\n", summary(difference));
    table(&difference.introduced().collect::<Vec<_>>(), &mut text);
    let _ = writeln!(
        text,
        "From {} to {}, as of {}.",
        code(&difference.old),
        code(&difference.new),
        difference.report.at
    );
    let lacking: Vec<String> = not_judged(&difference.report)
        .into_iter()
        .map(|(what, reason)| format!("{}: {}", code(&what), escaped(&reason)))
        .collect();
    details("Not judged any more", &lacking, MOST - 6144, &mut text);
    let mut changed = Vec::new();
    for change in &difference.changes {
        let (touched, shifts) = touches(difference, change);
        changed.push(format!("{} {touched}", code(&change.subject.to_string())));
        for shift in shifts {
            changed.push(format!("{}: {}", code(&shift.subject.to_string()), shift.sentence()));
        }
    }
    for shift in others(difference) {
        changed.push(format!("{}: {}", code(&shift.subject.to_string()), shift.sentence()));
    }
    details("Changed and touched", &changed, MOST - 4096, &mut text);
    for (title, exempted, most) in [("Fixed", false, MOST - 2048), ("Exempted now", true, MOST - 256)] {
        let gone = difference.fixed.iter().filter(|finding| finding.exempted == exempted);
        let gone: Vec<String> = gone
            .map(|finding| {
                format!("{} {}: {}", finding.rule, code(&finding.whereabouts()), escaped(&finding.message))
            })
            .collect();
        details(title, &gone, most, &mut text);
    }
    out.write_all(text.as_bytes())
}
