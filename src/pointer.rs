//! Steps of JSON pointers (RFC 6901): in one, `~` is written `~0` and `/` is written `~1`.

use std::borrow::Cow;

/// A key as a step of a pointer. Most keys are plain and copied nowhere.
pub(crate) fn escaped(key: &str) -> Cow<'_, str> {
    // To the end, whatever is found: so many bytes are looked at at once, and nearly always nothing is found.
    if key.bytes().fold(false, |found, byte| found | matches!(byte, b'~' | b'/')) {
        Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(key)
    }
}

/// The key that a step of a pointer names.
pub(crate) fn unescaped(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_comes_back() {
        for (key, step) in [("plain", "plain"), ("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), ("", "")] {
            assert_eq!(escaped(key), step);
            assert_eq!(unescaped(step), key);
        }
    }
}
