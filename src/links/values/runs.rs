//! Numbers and codes in a text, cut out where they begin and end.

/// The longest number, in digits; none that means a person is longer.
const MOST_DIGITS: usize = 20;
/// The longest code: an IBAN, in groups of four.
const LONGEST_CODE: usize = 42;

/// Digits with what people write between them.
pub(super) struct Run<'t> {
    pub(super) text: &'t str,
    pub(super) digits: String,
    /// Each digit as `9`, so that a way of writing compares: `999-99-9999`.
    pub(super) shape: String,
}

impl<'t> Run<'t> {
    fn new(text: &'t str) -> Option<Self> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let (lead, rest) = if text.starts_with('+') { ("+", text.get(1..)?) } else { ("", text) };
        let as_written = |c: char| match c {
            '0'..='9' => '9',
            // In forms, a space.
            '+' => ' ',
            other => other,
        };
        let shape = lead.chars().chain(rest.chars().map(as_written)).collect();
        (digits.len() <= MOST_DIGITS).then_some(Self { text, digits, shape })
    }

    /// Whether it is digits and nothing between them.
    pub(super) fn is_bare(&self) -> bool {
        self.text.len() == self.digits.len()
    }

    /// The number that some of the digits make.
    pub(super) fn number(&self, from: usize, to: usize) -> Option<u64> {
        self.digits.get(from..to)?.parse().ok()
    }

    /// The values of the digits.
    pub(super) fn values(&self) -> impl DoubleEndedIterator<Item = u32> {
        self.digits.chars().filter_map(|c| c.to_digit(10))
    }
}

fn separates(c: char) -> bool {
    matches!(c, ' ' | '.' | '-' | '/' | '(' | ')' | '+')
}

/// Calls back with each number of the text that stands for itself; and with the parts of one that has spaces, which
/// may be several.
pub(super) fn each<'t>(text: &'t str, call: &mut dyn FnMut(&Run<'t>)) {
    let mut position = 0;
    while let Some(found) = text.get(position..).and_then(|rest| rest.find(|c: char| c.is_ascii_digit())) {
        let first = position + found;
        let rest = text.get(first..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_digit() && !separates(c)).unwrap_or(rest.len());
        let length = rest.get(..end).and_then(|run| run.rfind(|c: char| c.is_ascii_digit())).unwrap_or(0) + 1;
        let before = text.get(..first).unwrap_or_default();
        let lead = before.len() - before.trim_end_matches(['+', '(']).len();
        let lead = lead.min(2);
        position = first + length;
        let run = text.get(first - lead..position).filter(|_| stands_alone(text, first - lead, position));
        let Some(run) = run else { continue };
        let spaced = run.split([' ', '+']).filter(|part| *part != run && !part.is_empty());
        for run in std::iter::once(run).chain(spaced).filter_map(Run::new) {
            call(&run);
        }
    }
}

/// Whether nothing that belongs to it is before or after: letters, also behind a hyphen, as in an UUID.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let joins = |c: char| matches!(c, '-' | '.' | '/' | '_');
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '@';
    let ends = |text: &str| text.ends_with(word);
    let starts = |text: &str| text.starts_with(word);
    let before = before.strip_suffix(joins).unwrap_or(before);
    let after = after.strip_prefix(joins).unwrap_or(after);
    !ends(before) && !starts(after)
}

/// Calls back with each code of the text: letters and digits that stand alone, also several groups of them that may
/// make one account number.
pub(super) fn each_code<'t>(text: &'t str, call: &mut dyn FnMut(&'t str)) {
    let joins = |c: char| c == ' ' || c == '-' || c == '+';
    let mut position = 0;
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let start = position;
        position += word.len() + text.get(position + word.len()..).map_or(0, next_width);
        if word.is_empty() || word.len() > LONGEST_CODE {
            continue;
        }
        call(word);
        let iban_like = word.len() == 4 && word.ends_with(|c: char| c.is_ascii_digit());
        if iban_like || word.len() == 2 {
            let rest = text.get(start..).unwrap_or_default();
            let most = rest
                .char_indices()
                .take(LONGEST_CODE)
                .take_while(|(_, c)| c.is_ascii_alphanumeric() || joins(*c));
            let end = most.last().map_or(0, |(at, c)| at + c.len_utf8());
            if let Some(groups) = rest.get(..end) {
                call(groups.trim_end_matches(joins));
            }
        }
    }
}

fn next_width(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_for_themselves() {
        for (text, runs) in [
            ("a=0612345678", vec!["0612345678"]),
            ("(555) 123-4567", vec!["(555) 123-4567", "(555)", "123-4567"]),
            ("tel:+49 151", vec!["+49 151", "49", "151"]),
            ("ORD-0612345678", vec![]),
            ("0612345678-a", vec![]),
            ("x0612345678", vec![]),
            ("12@x", vec![]),
            ("550e8400-e29b-41d4-a716-446655440000", vec![]),
            ("1,2", vec!["1", "2"]),
            ("123456789012345678901", vec![]),
        ] {
            let mut found = Vec::new();
            each(text, &mut |run| found.push(run.text.to_owned()));
            assert_eq!(found, runs, "{text}");
        }
    }

    #[test]
    fn codes_may_be_written_in_groups() {
        let mut found = Vec::new();
        each_code("é DE89 3704 0044,X1", &mut |code| found.push(code));
        assert_eq!(found, ["DE89", "DE89 3704 0044", "3704", "3704 0044", "0044", "0044", "X1", "X1"]);
    }
}
