//! The few pieces of cryptography we use ourselves, all from one provider (aws-lc), and its installation.
//!
//! Nothing here knows what the bytes mean. Signing and checking of tokens is `http/auth/tokens.rs`.

use aws_lc_rs::{digest, hmac, rand};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// Makes aws-lc the provider of TLS and of tokens for this process. Harmless when called again; whoever starts a process
/// (a binary, a test) calls it first, because a library that finds no provider panics at its first use.
pub fn install() {
    // An error means that a provider is there already, which is what we want.
    let _tls = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let _tokens = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}

/// Fresh random bytes, fit for secrets.
///
/// # Panics
///
/// When the system has no randomness to give. Going on would make secrets that can be guessed.
#[must_use]
pub fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    #[expect(
        clippy::expect_used,
        reason = "aws-lc aborts rather than run without entropy; a weak secret must not be made"
    )]
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// 256 random bits as 43 letters that need no escaping anywhere.
#[must_use]
pub fn random_text() -> String {
    encode(&random::<32>())
}

/// Base64 for URLs, without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind [`encode`]'s text.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// SHA-256 in lower-case hex. For secrets of 256 random bits a plain digest is enough: there is nothing to guess.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// SHA-1 in lower-case hex. No secret rests on it: Redis names scripts so.
#[must_use]
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    let letter = |half: u8| char::from(b"0123456789abcdef"[usize::from(half & 15)]);
    bytes
        .iter()
        .flat_map(|byte| [letter(byte >> 4), letter(*byte)])
        .collect()
}

/// HMAC-SHA-256.
#[must_use]
pub fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

/// Whether both are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_the_known_ones() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        // RFC 4231, case 2.
        let tag = mac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(tag[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }

    #[test]
    fn secrets_differ_and_read_back() {
        let (one, other) = (random_text(), random_text());
        assert!(one != other && one.len() == 43);
        assert_eq!(decode(&one).map(|bytes| encode(&bytes)), Some(one));
        assert!(same(b"a", b"a") && !same(b"a", b"b") && !same(b"a", b"ab"));
    }
}
