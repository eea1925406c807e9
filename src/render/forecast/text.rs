//! For people: what changes, by date.

use std::io;

use super::Forecast;
use crate::render::visible::{self, visible};

/// How wide the text is.
const WIDTH: usize = 80;

/// Where what is said begins, after a word.
const INDENT: usize = 14;

/// Writes each change with what it is because of, then how much there is.
pub fn write(forecast: &Forecast, out: &mut dyn io::Write) -> io::Result<()> {
    for entry in &forecast.entries {
        writeln!(out, "{}", entry.at.strftime("%a %Y-%m-%d %H:%M:%S UTC"))?;
        for (word, text) in entry.lines() {
            writeln!(out, "  {word:12}{}", wrapped(&text))?;
        }
        writeln!(out)?;
    }
    let (from, until) = (forecast.from, forecast.until);
    let changes = match forecast.entries.len() {
        0 => "Nothing changes".to_owned(),
        1 => "1 change".to_owned(),
        many => format!("{many} changes"),
    };
    writeln!(out, "{changes} from {from} until {until}.")?;
    writeln!(out, "{} objects judged.", forecast.objects)?;
    if let Some(stopped) = forecast.stopped {
        writeln!(out, "There are too many changes: from {stopped} on none is listed.")?;
    }
    for resource in &forecast.unlisted {
        writeln!(out, "Not known: the cluster's {}, which could not be listed.", visible(resource))?;
    }
    Ok(())
}

/// Broken between words, each further line below the first.
fn wrapped(text: &str) -> String {
    visible::wrapped(text, WIDTH - INDENT).join(&format!("\n{}", " ".repeat(INDENT)))
}
