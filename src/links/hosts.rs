//! The hosts that any text names.

use super::split;

/// What separates one word of a text from the next; none of it can be in a host.
const BETWEEN_WORDS: &[char] =
    &[' ', '\t', '\r', '\n', '"', '\'', '`', ',', ';', '<', '>', '(', ')', '[', ']', '{', '}', '|', '\\'];

/// The hosts that a text names, in lower case: those of URLs, names with a port, and names with dots. An address of
/// electronic mail names none, for `@` is in no host: it is somebody's, and says nothing of where the text leads.
pub fn hosts_in(text: &str) -> impl Iterator<Item = String> {
    // Every host has one of these before or in it; most texts in which hosts are looked for have none.
    let text = if text.contains(['.', ':']) { text } else { "" };
    let words = text.split(BETWEEN_WORDS);
    words.flat_map(|word| if word.contains("://") { of_urls(word) } else { of_names(word) })
}

/// The hosts of the URLs in a word; nothing else of them, for a query may hold personal data.
fn of_urls(word: &str) -> Vec<String> {
    let authorities = word.split("://").skip(1).filter_map(|rest| rest.split(['/', '?', '#']).next());
    let hosts = authorities.map(|authority| authority.rsplit('@').next().unwrap_or_default());
    hosts.filter_map(|host| name(without_port(host).0)).collect()
}

fn of_names(word: &str) -> Vec<String> {
    let parts = word.split('=').filter_map(|part| part.split('/').next());
    let hosts = parts.filter_map(|part| {
        let (host, has_port) = without_port(part);
        let is_domain = split::is_host(host.trim_end_matches('.'));
        let is_service = has_port && host.bytes().any(|byte| byte.is_ascii_alphabetic());
        if is_domain || is_service { name(host) } else { None }
    });
    hosts.collect()
}

/// What stands before the port, and whether there is one.
fn without_port(text: &str) -> (&str, bool) {
    match text.split_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, true)
        }
        _ => (text, false),
    }
}

/// A host name as it is compared; nothing for what is none, as an address in numbers or a placeholder.
fn name(text: &str) -> Option<String> {
    let text = text.trim_end_matches('.');
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = text.len() <= 253
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.split('.').all(is_label);
    is_name.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<String> {
        hosts_in(text).collect()
    }

    #[test]
    fn hosts_stand_in_urls_before_ports_and_by_themselves() {
        for (text, expected) in [
            ("https://s.hub.example/r/{token}", "s.hub.example"),
            ("HTTPS://API.Hub.Example:8443/v1?x=y.example", "api.hub.example"),
            ("postgres://user:pa.ss@db.hub.example:5432/cx", "db.hub.example"),
            ("http://feedback-api/v1", "feedback-api"),
            ("feedback-api:8080", "feedback-api"),
            ("api.hub.example", "api.hub.example"),
            ("api.hub.example.", "api.hub.example"),
            ("--endpoint=api.hub.example:443/path", "api.hub.example"),
            ("--url=https://a.example/x", "a.example"),
            ("a.example, b.example;https://c.example", "a.example b.example c.example"),
            (r#"{"host":"api.hub.example","port":443}"#, "api.hub.example"),
            ("url: https://a.example\nother: b.example\n", "a.example b.example"),
            ("https://a.example/?next=https://b.example/x", "a.example b.example"),
            ("", ""),
            ("info", ""),
            ("HOST=api.xn--bcher-kva.example", "api.xn--bcher-kva.example"),
            ("a_b.example", ""),
            ("1.2.3", ""),
            ("10.0.0.1:80", ""),
            ("http://[::1]/", ""),
            ("https://{host}/x", ""),
            ("https://-a.example", ""),
            ("12:30", ""),
        ] {
            assert_eq!(hosts(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn people_are_no_hosts() {
        for text in
            ["erika.muster@mail.example", "mailto:erika.muster@mail.example", "u=erika.muster%40mail.example"]
        {
            assert!(hosts(text).is_empty(), "{text}");
        }
        assert_eq!(hosts("https://s.hub.example/r?u=erika.muster%40mail.example"), ["s.hub.example"]);
    }
}
