//! Client certificates.
//!
//! Kubernetes reads every organization of a certificate's subject as a group. rcgen's distinguished names hold one
//! value per attribute, so these certificates are encoded here: X.509 in DER, signed by rcgen's keys.
use anyhow::Context;
use rcgen::{KeyPair, PublicKeyData, SigningKey};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const CLIENT_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// A client certificate in DER for a user (common name) and its groups (organizations), signed by the authority.
pub(super) fn certificate(
    user: &str,
    groups: &[&str],
    key: &KeyPair,
    authority: &str,
    authority_key: &KeyPair,
) -> anyhow::Result<Vec<u8>> {
    let mut subject: Vec<(&[u8], &str)> = groups.iter().map(|group| (ORGANIZATION, *group)).collect();
    subject.push((COMMON_NAME, user));
    let algorithm = element(SEQUENCE, &[&element(OBJECT_IDENTIFIER, &[ECDSA_WITH_SHA256])]);
    let to_sign = element(
        SEQUENCE,
        &[
            &element(0xa0, &[&element(INTEGER, &[&[2]])]),
            &element(INTEGER, &[&serial(key)]),
            &algorithm,
            &name(&[(COMMON_NAME, authority)]),
            &validity(),
            &name(&subject),
            &key.subject_public_key_info(),
            &extensions(),
        ],
    );
    let signature = authority_key.sign(&to_sign).context("failed to sign a client certificate")?;
    Ok(element(SEQUENCE, &[&to_sign, &algorithm, &element(BIT_STRING, &[&[0], &signature])]))
}

/// A positive number that differs from key to key: the end of the public key.
fn serial(key: &KeyPair) -> Vec<u8> {
    let mut serial = vec![1];
    serial.extend(key.public_key_raw().iter().rev().take(16));
    serial
}

/// From 1975 to 4096, as rcgen's default: the certificate is thrown away with its authority, not outlived.
fn validity() -> Vec<u8> {
    let start = element(UTC_TIME, &[b"750101000000Z"]);
    element(SEQUENCE, &[&start, &element(GENERALIZED_TIME, &[b"40960101000000Z"])])
}

fn name(attributes: &[(&[u8], &str)]) -> Vec<u8> {
    let attribute = |(kind, value): &(&[u8], &str)| {
        let pair = [element(OBJECT_IDENTIFIER, &[kind]), element(UTF8_STRING, &[value.as_bytes()])].concat();
        element(SET, &[&element(SEQUENCE, &[&pair])])
    };
    element(SEQUENCE, &[&attributes.iter().flat_map(attribute).collect::<Vec<u8>>()])
}

fn extensions() -> Vec<u8> {
    let usages = element(SEQUENCE, &[&element(OBJECT_IDENTIFIER, &[CLIENT_AUTHENTICATION])]);
    let extension = element(
        SEQUENCE,
        &[&element(OBJECT_IDENTIFIER, &[EXTENDED_KEY_USAGE]), &element(OCTET_STRING, &[&usages])],
    );
    element(0xa3, &[&element(SEQUENCE, &[&extension])])
}

/// One DER element: tag, length, content.
fn element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let mut encoded = vec![tag];
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    match significant.as_slice() {
        [] => encoded.push(0),
        [short] if *short < 0x80 => encoded.push(*short),
        long => {
            // At most the eight bytes of a usize.
            encoded.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            encoded.extend_from_slice(long);
        }
    }
    encoded.extend(content);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_der_asks() {
        assert_eq!(element(INTEGER, &[]), [2, 0]);
        assert_eq!(element(INTEGER, &[&[7]]), [2, 1, 7]);
        assert_eq!(element(INTEGER, &[&[0; 127]])[..2], [2, 127]);
        assert_eq!(element(INTEGER, &[&[0; 128]])[..3], [2, 0x81, 128]);
        assert_eq!(element(INTEGER, &[&[0; 300]])[..4], [2, 0x82, 1, 44]);
    }
}
