//! From the bytes of a file to text.

use std::io::Read;

/// The largest file that is read, in bytes.
pub(crate) const LARGEST_FILE: u64 = 256 << 20;

/// The largest document, in bytes. The API server takes 3 MiB at once; a list of many objects may be larger in a file.
pub(crate) const LARGEST_DOCUMENT: usize = 64 << 20;

/// The text that comes from where nobody knows before how much there is: a pipe, a device. It may never end, so that no
/// more is read than of a file.
pub(crate) fn read(from: impl Read) -> Result<String, String> {
    read_up_to(from, LARGEST_FILE)
}

fn read_up_to(from: impl Read, most: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = from.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("failed to read it: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(format!("has more than {} MiB, and no more are read", most >> 20));
    }
    decode(bytes)
}

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
    fn what_does_not_end_is_not_read_to_its_end() {
        assert_eq!(read_up_to(&b"a: 1"[..], 4).as_deref(), Ok("a: 1"));
        let problem = read_up_to(std::io::repeat(b'a'), 1 << 20).unwrap_err();
        assert!(problem.contains("more than 1 MiB"), "{problem}");
    }

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
