//! E-mail addresses.

/// The longest parts of an address: RFC 5321.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;

/// The first address in a text. Its first part may be a placeholder: `{user}@mail.example`.
pub(super) fn find(text: &str) -> Option<&str> {
    text.match_indices('@').find_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let domain = domain(after)?;
        let local = local(before)?;
        if is_scaled_image(domain) {
            return None;
        }
        text.get(at - local..at + 1 + domain.len())
    })
}

/// The length of the part before the `@`.
fn local(before: &str) -> Option<usize> {
    let belongs = |c: &char| c.is_alphanumeric() || "._%+-'".contains(*c);
    let length: usize =
        before.chars().rev().take_while(belongs).take(LONGEST_LOCAL).map(char::len_utf8).sum();
    if length > 0 {
        Some(length)
    } else {
        // Of a placeholder, its last character stands for all of it.
        before.ends_with(['}', '>', ']', '*']).then_some(1)
    }
}

fn domain(after: &str) -> Option<&str> {
    let belongs = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let end = after.char_indices().take(LONGEST_DOMAIN).find(|(_, c)| !belongs(*c));
    let cut = end.map_or_else(|| after.chars().take(LONGEST_DOMAIN).map(char::len_utf8).sum(), |(at, _)| at);
    let domain = after.get(..cut)?.trim_end_matches(['.', '-']);
    let (name, top) = domain.rsplit_once('.')?;
    let letters = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    let valid = !name.is_empty() && name.split('.').all(|label| !label.is_empty());
    (valid && (letters || top.starts_with("xn--"))).then_some(domain)
}

/// `logo@2x.png` is an image for fine screens.
fn is_scaled_image(domain: &str) -> bool {
    let scale = domain.split('.').next().and_then(|label| label.strip_suffix('x'));
    scale.is_some_and(|scale| !scale.is_empty() && scale.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn addresses() {
        for (text, address) in [
            ("erika.muster@mail.example", Some("erika.muster@mail.example")),
            ("<e+x@mail.example.>", Some("e+x@mail.example")),
            ("jürgen@müller.example", Some("jürgen@müller.example")),
            ("a@xn--mller-kva.xn--p1ai", Some("a@xn--mller-kva.xn--p1ai")),
            ("{user}@mail.example", Some("}@mail.example")),
            ("@@a@b@c.example", Some("b@c.example")),
            ("@user", None),
            ("@mail.example", None),
            ("pkg@1.2.3", None),
            ("logo@2x.png", None),
            ("@52.37,4.89,17z", None),
            ("a@localhost", None),
        ] {
            assert_eq!(find(text), address, "{text}");
        }
    }
}
