//! From the bytes of a file to text.

/// The largest file that is read, in bytes.
pub(crate) const LARGEST_FILE: u64 = 256 << 20;

/// The largest document, in bytes. The API server takes 3 MiB at once; a list of many objects may be larger in a file.
pub(crate) const LARGEST_DOCUMENT: usize = 64 << 20;

/// The text of a file, without a byte order mark; or why it is none.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is in UTF-16: save it as UTF-8".to_owned());
    }
    if bytes.contains(&0) {
        return Err("is a binary file".to_owned());
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
        format!("is not UTF-8: line {line} has a byte that no text has")
    })?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_is_read() {
        assert_eq!(decode("\u{feff}a: 1".into()).as_deref(), Ok("a: 1"));
        assert_eq!(decode("a: ü\r\n".into()).as_deref(), Ok("a: ü\r\n"));
        for (bytes, part) in
            [(&b"\x7fELF\0\0"[..], "binary"), (b"a: 1\nb: \xe4\n", "line 2"), (b"\xff\xfea\0", "UTF-16")]
        {
            let problem = decode(bytes.to_vec()).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
    }
}
