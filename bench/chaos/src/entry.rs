//! What is compared of an entry: its place and a digest of what never changes in it.
//!
//! A text may be taken away after it was heard, so it is no part of the digest; number, type, time and subject are.

use std::{
    borrow::Cow,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    str::FromStr,
};

use serde::Deserialize;

/// A place in a log: `<epoch>-<seq>`, or `<epoch>-<seq>-<staffseq>` as staff see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Place {
    pub(crate) epoch: u32,
    pub(crate) public: u32,
    pub(crate) staff: u32,
}

impl Place {
    /// Entries up to here, of both audiences.
    pub(crate) fn position(self) -> u32 {
        self.public + self.staff
    }
}

impl FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '-').map(str::parse);
        let mut next = || parts.next().unwrap_or_else(|| "none".parse());
        let (epoch, public) = (next()?, next()?);
        Ok(Self {
            epoch,
            public,
            staff: parts.next().unwrap_or(Ok(0))?,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.public)?;
        if self.staff > 0 {
            write!(f, "-{}", self.staff)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Shape<'a> {
    seq: u64,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    data: Subject<'a>,
}

/// Whom or what it is about.
#[derive(Deserialize)]
struct Subject<'a> {
    #[serde(borrow)]
    message: Option<Named<'a>>,
    #[serde(borrow)]
    incident: Option<Named<'a>>,
    #[serde(borrow)]
    message_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    incident_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// Its number in its audience's sequence, as it says itself.
pub(crate) fn seq(json: &str) -> Option<u64> {
    serde_json::from_str::<Shape<'_>>(json).ok().map(|entry| entry.seq)
}

/// An entry's JSON in one number; `None` if it is no entry.
pub(crate) fn digest(json: &str) -> Option<u64> {
    let entry: Shape<'_> = serde_json::from_str(json).ok()?;
    let mut hasher = DefaultHasher::new();
    (entry.seq, entry.kind, entry.at).hash(&mut hasher);
    let data = entry.data;
    let named = data.message.or(data.incident).map(|named| named.id);
    (named, data.message_id, data.incident_id).hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back_as_written() {
        for text in ["1-0", "1-42", "2-42-7"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for text in ["", "1", "a-1", "1-2-x"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_may_go_and_nothing_else() {
        let entry = |seq: u32, kind: &str, id: &str, text: &str| {
            let json = format!(
                r#"{{"seq":{seq},"type":"{kind}","at":"t","data":{{"message":{{"id":"{id}","text":"{text}"}}}}}}"#
            );
            digest(&json).unwrap()
        };
        let heard = entry(3, "message.created", "msg_1", "hi \\\" there");
        assert_eq!(heard, entry(3, "message.created", "msg_1", ""));
        assert_ne!(heard, entry(4, "message.created", "msg_1", "hi"));
        assert_ne!(heard, entry(3, "message.updated", "msg_1", "hi"));
        assert_ne!(heard, entry(3, "message.created", "msg_2", "hi"));
        assert_eq!(digest("{}"), None);
    }
}
