//! Steps of JSON pointers (RFC 6901): in one, `~` is written `~0` and `/` is written `~1`.

use std::borrow::Cow;

use serde_json::Value;

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

/// What is at a pointer that leads through maps only. Objects are read by very many of them, so none is copied.
pub(crate) fn within<'o>(object: &'o Value, pointer: &str) -> Option<&'o Value> {
    let (mut found, mut rest) = (object, pointer);
    while let Some(steps) = rest.strip_prefix('/') {
        let end = steps.bytes().position(|byte| byte == b'/').unwrap_or(steps.len());
        let (step, below) = steps.split_at_checked(end)?;
        found = found.get(&*unescaped(step))?;
        rest = below;
    }
    Some(found)
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

    #[test]
    fn maps_are_entered_and_lists_are_not() {
        let object = serde_json::json!({"a": {"b/c": {"d~": 1}, "e": [2]}});
        for (pointer, found) in [
            ("/a/b~1c/d~0", Some("1")),
            ("/a/e", Some("[2]")),
            ("/a/e/0", None),
            ("/a/x", None),
            ("/a/b", None),
        ] {
            assert_eq!(within(&object, pointer).map(Value::to_string).as_deref(), found, "{pointer}");
        }
        assert_eq!(within(&object, ""), Some(&object));
    }
}
