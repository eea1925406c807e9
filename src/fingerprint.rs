//! Short fingerprints of texts, for names.

/// A short fingerprint of some texts, the same in every build: names that derive from it must not change with the
/// version of a library. FNV-1a, with a byte between the texts that none of them contains.
pub(crate) fn fingerprint(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
