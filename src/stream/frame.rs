//! Frames: the bytes of an entry or signal as a stream carries them, made once and shared by all seats.
//!
//! Nothing a user wrote ever stands in an SSE field other than as JSON inside `data:`; ids and types are ours.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use bytes::Bytes;

use super::parcel::{Packing, Parcel, pack};
use crate::{
    bus::LiveSignal,
    domain::{
        Audience, Cursor, Stamp, UserId,
        entry::{EntryKind, MessageGone, Signal, SignalKind},
        user::User,
    },
    store::{Head, LogEntry},
};

/// How a seat wants its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Sse,
    /// One JSON object a line.
    Ndjson,
}

/// Which kinds a seat wants to hear, as one bit a kind. The closed lists are far shorter than 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeFilter(u64);

impl TypeFilter {
    pub const EVERYTHING: Self = Self(u64::MAX);

    /// Everything about the stream itself, and the kinds of these names. Err is the first name we do not know.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let control = SignalKind::ALL
            .iter()
            .filter(|kind| kind.is_control())
            .fold(0, |bits, kind| bits | signal_bit(*kind));
        names.into_iter().try_fold(Self(control), |filter, name| {
            let entry = EntryKind::parse(name).map(entry_bit);
            let bit = entry.or_else(|| SignalKind::parse(name).map(signal_bit)).ok_or(name)?;
            Ok(Self(filter.0 | bit))
        })
    }

    pub(super) const fn passes(self, bit: u64) -> bool {
        self.0 & bit != 0
    }
}

const fn entry_bit(kind: EntryKind) -> u64 {
    1 << kind as u64
}

const fn signal_bit(kind: SignalKind) -> u64 {
    match kind {
        // To be told from the entry by nobody, also not by what was asked for.
        SignalKind::MessageEchoed => entry_bit(EntryKind::MessageCreated),
        _ => 1 << (EntryKind::ALL.len() as u64 + kind as u64),
    }
}

/// What a seat may see and how it wants it.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) audience: Audience,
    pub(super) format: Format,
    pub(super) filter: TypeFilter,
    pub(super) user: Option<Arc<User>>,
}

impl View {
    /// Seats without a filter share joined chunks.
    pub(super) fn is_plain(&self) -> bool {
        self.format == Format::Sse && self.filter == TypeFilter::EVERYTHING
    }

    /// Whether what people say passes its filter.
    pub(super) const fn hears_messages(&self) -> bool {
        self.filter.passes(entry_bit(EntryKind::MessageCreated))
    }

    pub(super) fn user(&self) -> Option<&UserId> {
        self.user.as_ref().map(|user| &user.id)
    }
}

#[derive(Debug)]
pub(super) enum Content {
    Entry {
        entry: LogEntry,
        sse: [OnceLock<Parcel>; 2],
    },
    Signal {
        only: Option<UserId>,
        sse: Parcel,
    },
}

/// One place in a stand's ring.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) content: Content,
    bit: u64,
    json: Bytes,
    /// The head of the log right after this frame.
    pub(super) head: Head,
    pub(super) born: Instant,
}

impl Frame {
    pub(super) fn entry(entry: &LogEntry) -> Self {
        let content = Content::Entry {
            entry: entry.clone(),
            sse: Default::default(),
        };
        Self {
            content,
            bit: entry_bit(entry.kind),
            json: entry.json.clone(),
            head: entry.head(),
            born: Instant::now(),
        }
    }

    pub(super) fn signal(signal: LiveSignal, head: Head) -> Self {
        let sse = sse(None::<Cursor>, signal.kind.told_as(), None, &signal.json);
        let content = Content::Signal { only: signal.only, sse };
        Self {
            content,
            bit: signal_bit(signal.kind),
            json: signal.json,
            head,
            born: Instant::now(),
        }
    }

    /// The same frame without the text of a message that is gone; `None` if it does not tell of it.
    pub(super) fn forgetting(&self, gone: &MessageGone) -> Option<Self> {
        let Content::Entry { entry, .. } = &self.content else {
            return None;
        };
        Some(Self {
            born: self.born,
            ..Self::entry(&entry.forgetting(gone)?)
        })
    }

    pub(super) fn size(&self) -> usize {
        self.json.len() * 2 + 128
    }

    /// Whether it is for one user's seats only.
    pub(super) fn is_private(&self) -> bool {
        matches!(&self.content, Content::Signal { only: Some(_), .. })
    }

    /// Whether it is for that user's seats only.
    pub(super) fn is_for_alone(&self, user: Option<&UserId>) -> bool {
        matches!(&self.content, Content::Signal { only: Some(only), .. } if Some(only) == user)
    }

    pub(super) fn is_entry(&self) -> bool {
        matches!(self.content, Content::Entry { .. })
    }

    /// Whether a seat that stands at `at` has it already.
    pub(super) fn is_behind(&self, at: Head, audience: Audience) -> bool {
        self.is_entry()
            && match audience {
                Audience::Public => self.head.public <= at.public,
                Audience::Staff => self.head.position() <= at.position(),
            }
    }

    /// The frame as server-sent event, if it is one for the seat.
    fn sse(&self, view: &View) -> Option<&Parcel> {
        if !view.filter.passes(self.bit) {
            return None;
        }
        match &self.content {
            Content::Entry { entry, .. } if entry.audience == Audience::Staff && view.audience == Audience::Public => {
                None
            }
            Content::Entry { entry, sse: made } => {
                let cursor = self.head.cursor(view.audience);
                let write = || sse(Some(cursor), entry.kind.name(), None, &self.json);
                Some(made[view.audience as usize].get_or_init(write))
            }
            Content::Signal { only, sse } if only.is_none() || only.as_ref() == view.user() => Some(sse),
            Content::Signal { .. } => None,
        }
    }

    /// The frame alone, for a plain seat.
    pub(super) fn parcel(&self, view: &View) -> Option<Parcel> {
        self.sse(view).cloned()
    }

    /// Adds the frame, if it is one for the seat. Says whether it was.
    pub(super) fn pack(&self, view: &View, packing: &mut Packing) -> bool {
        let Some(sse) = self.sse(view) else { return false };
        match view.format {
            Format::Sse => packing.add(sse.body()),
            Format::Ndjson => {
                packing.add(&self.json);
                packing.add(b"\n");
            }
        }
        true
    }
}

/// One SSE frame. `json` is one line by construction: our serialiser escapes line ends.
pub(super) fn sse(id: Option<impl std::fmt::Display>, event: &str, retry_ms: Option<u64>, json: &[u8]) -> Parcel {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    let retry = retry_ms.map_or_else(String::new, |retry_ms| format!("retry: {retry_ms}\n"));
    pack(&[
        id.as_bytes(),
        retry.as_bytes(),
        b"event: ",
        event.as_bytes(),
        b"\ndata: ",
        json,
        b"\n\n",
    ])
}

/// The JSON of a signal: `{"type","at","data"}`.
pub(super) fn signal_json(signal: &Signal, at: Stamp) -> Bytes {
    let data = serde_json::to_string(signal).unwrap_or_else(|error| {
        // Our own structs of strings and numbers; a failure is a bug, and an empty object is what clients can bear.
        tracing::error!(error = %error, "a signal could not be written as JSON");
        "{}".to_owned()
    });
    signal_json_raw(signal.kind(), at, &data)
}

pub(super) fn signal_json_raw(kind: SignalKind, at: Stamp, data: &str) -> Bytes {
    format!(r#"{{"type":"{}","at":"{at}","data":{data}}}"#, kind.told_as()).into()
}

/// A frame for one seat alone: its first and last words.
pub(super) fn private(
    format: Format,
    kind: SignalKind,
    json: &[u8],
    id: Option<Cursor>,
    retry_ms: Option<u64>,
) -> Parcel {
    match format {
        Format::Sse => sse(id, kind.name(), retry_ms, json),
        Format::Ndjson => pack(&[json, b"\n"]),
    }
}

/// A chunk handed to a socket at once is at most about this large, so that one seat's memory stays bounded.
pub(super) const CHUNK_MAX: usize = 64 * 1024;

/// Entries read from the log as one chunk for one seat.
#[derive(Debug)]
pub(super) struct Chunk {
    /// None if no entry is for the seat.
    pub(super) parcel: Option<Parcel>,
    /// The head after the last entry that went in; `None` if there were none.
    pub(super) reached: Option<Head>,
    /// How many of the entries are for the seat.
    pub(super) count: u64,
}

/// As many of the entries as fit; the rest is read again later.
pub(super) fn chunk(entries: &[LogEntry], view: &View) -> Chunk {
    let (mut packing, mut reached, mut count) = (Packing::new(), None, 0);
    for entry in entries {
        if packing.len() > CHUNK_MAX {
            break;
        }
        if Frame::entry(entry).pack(view, &mut packing) {
            count += 1;
        }
        reached = Some(entry.head());
    }
    Chunk {
        parcel: packing.seal(),
        reached,
        count,
    }
}

/// A frame that many hold.
pub(super) type SharedFrame = Arc<Frame>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_lets_pass_what_was_named_and_what_the_stream_says_of_itself() {
        let filter = TypeFilter::of(["score.changed", "presence.changed"]).unwrap();
        for (bit, passes) in [
            (entry_bit(EntryKind::ScoreChanged), true),
            (entry_bit(EntryKind::MessageCreated), false),
            (signal_bit(SignalKind::PresenceChanged), true),
            (signal_bit(SignalKind::StreamHeartbeat), true),
        ] {
            assert_eq!(filter.passes(bit), passes);
        }
        assert_eq!(TypeFilter::of(["score.changed", "nonsense"]), Err("nonsense"));
        assert!(EntryKind::ALL.len() + SignalKind::ALL.len() <= 64);
    }

    #[test]
    fn a_frame_is_its_fields_and_an_empty_line() {
        let cursor = Cursor {
            epoch: 1,
            seq: 42,
            staff: None,
        };
        let bytes = sse(Some(cursor), "message.created", Some(2_000), br#"{"seq":42}"#);
        assert_eq!(
            bytes.body(),
            b"id: 1-42\nretry: 2000\nevent: message.created\ndata: {\"seq\":42}\n\n"
        );
    }
}
