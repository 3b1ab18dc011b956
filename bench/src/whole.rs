//! The short way of reading: a message that lies whole in one read, in the very form that the product writes. At high rates nearly
//! all do. What looks any different is left to the long way in `frames`.

use memchr::{memchr, memmem};

use crate::frames::{Kind, number};

/// A message or score that lies whole in one read.
pub(crate) struct Whole<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) seq: u64,
    pub(crate) kind: Kind,
    pub(crate) data: &'a [u8],
    /// What follows.
    pub(crate) later: &'a [u8],
}

/// The one at the beginning, in the very form that the product writes.
pub(crate) fn message(bytes: &[u8]) -> Option<Whole<'_>> {
    let rest = bytes.strip_prefix(b"id: ")?;
    let dash = rest.iter().take(12).position(|&byte| byte == b'-')?;
    let (mut at, mut seq) = (dash + 1, 0_u64);
    while let Some(digit @ b'0'..=b'9') = rest.get(at).copied() {
        // Eighteen digits cannot overflow; more are nobody's.
        seq = seq * 10 + u64::from(digit - b'0');
        at += 1;
        if at > dash + 18 {
            return None;
        }
    }
    if at == dash + 1 {
        return None;
    }
    let (id, rest) = rest.split_at(at);
    let (kind, data) = match rest.strip_prefix(b"\nevent: message.created\ndata: ") {
        Some(data) => (Kind::Message, data),
        None => (Kind::Score, rest.strip_prefix(b"\nevent: score.changed\ndata: ")?),
    };
    let end = memchr(b'\n', data)?;
    let later = data[end + 1..].strip_prefix(b"\n")?;
    Some(Whole {
        id,
        seq,
        kind,
        data: &data[..end],
        later,
    })
}

/// The stamp of a score. One that a read cut in two goes without; there are enough others.
pub(crate) fn points_ns(data: &[u8]) -> Option<u64> {
    const FIELD: &[u8] = br#""points":"#;
    let at = memmem::find(data, FIELD)? + FIELD.len();
    let digits = data[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some(number(&data[at..at + digits])? * 1_000_000)
}
