//! The form in which envelopes travel: a small header, the entries' ready-made JSON as it is, and a seal.
//!
//! What arrives was written by others. It is believed only if its seal was made with the secret that the instances of one
//! house share; anything else, shorter, longer or of another version, is no letter. Nothing here can panic on bytes.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::super::{Envelope, LiveSignal, Stale, Topic};
use crate::{
    crypto,
    domain::{
        Audience, EventId, Stamp, UserId,
        entry::{ByeReason, EntryKind, SignalKind},
        notice::Noticed,
    },
    store::LogEntry,
};

/// Letters are not longer, about. A longer list of entries goes in several, a longer entry is only pointed at.
const SIZE: usize = 128 * 1024;
/// Nothing longer is looked at.
pub(super) const SIZE_MAX: usize = 2 * SIZE;
/// Which house's letters these are, and in which form.
const HEAD: &[u8; 4] = b"GSB\x01";
/// Half of a SHA-256 is far more than anybody can guess.
const SEAL: usize = 16;

const ENTRIES: u8 = 1;
const REACHED: u8 = 2;
const SIGNAL: u8 = 3;
const DISMISSED: u8 = 4;
const STALE: u8 = 5;
const ASIDE: u8 = 6;
const NOTICED: u8 = 7;

/// Writes and reads the letters of one instance.
pub(super) struct Desk {
    /// Tells our own letters, which come back to us, from others'.
    me: u64,
    key: [u8; 32],
}

/// What a letter turned out to be.
#[derive(Debug)]
pub(super) enum Opened {
    Letter(Envelope),
    /// Our own.
    Echo,
    /// Not made by an instance of this house that we understand.
    Garbled,
}

impl Desk {
    /// `secret` is what all instances of a house share.
    pub(super) fn new(secret: &[u8]) -> Self {
        Self {
            me: u64::from_le_bytes(crypto::random()),
            key: crypto::mac(secret, b"grandstand bus"),
        }
    }

    /// The letters that carry an envelope; one, unless it holds much.
    pub(super) fn write(&self, envelope: &Envelope) -> Vec<Bytes> {
        let mut letters = Vec::with_capacity(1);
        match envelope {
            Envelope::Entries(event, entries) => self.write_entries(*event, entries, &mut letters),
            Envelope::Reached(event, head) => {
                let mut letter = self.begin(REACHED);
                letter.put_slice(event.uuid().as_bytes());
                letter.put_u32_le(head.epoch);
                letter.put_u64_le(head.public);
                letter.put_u64_le(head.staff);
                letters.push(self.seal(letter));
            }
            // A lost signal is no loss; one this large is a mistake.
            Envelope::Signal(_, signal) if signal.json.len() > SIZE => {}
            Envelope::Aside(_, _, json) if json.len() > SIZE => {}
            Envelope::Signal(event, signal) => {
                let mut letter = self.begin(SIGNAL);
                letter.put_slice(event.uuid().as_bytes());
                put_text(&mut letter, signal.kind.name());
                put_text(&mut letter, signal.only.as_ref().map_or("", UserId::as_str));
                letter.put_slice(&signal.json);
                letters.push(self.seal(letter));
            }
            Envelope::Aside(event, topic, json) => {
                let mut letter = self.begin(ASIDE);
                letter.put_slice(event.uuid().as_bytes());
                put_text(&mut letter, topic.name());
                letter.put_slice(json);
                letters.push(self.seal(letter));
            }
            Envelope::Dismissed(event, only, reason) => {
                let mut letter = self.begin(DISMISSED);
                letter.put_slice(event.uuid().as_bytes());
                put_text(&mut letter, reason.name());
                put_text(&mut letter, only.as_ref().map_or("", UserId::as_str));
                letters.push(self.seal(letter));
            }
            Envelope::Noticed(noticed) => {
                let mut letter = self.begin(NOTICED);
                // Nobody in particular is everybody.
                if let Noticed::Users(users) = noticed {
                    for user in users {
                        put_text(&mut letter, user.as_str());
                    }
                }
                letters.push(self.seal(letter));
            }
            Envelope::Stale(stale) => {
                let mut letter = self.begin(STALE);
                match stale {
                    Stale::Event(event) => {
                        letter.put_u8(1);
                        letter.put_slice(event.uuid().as_bytes());
                    }
                    Stale::Role(event, user) => {
                        letter.put_u8(2);
                        letter.put_slice(event.uuid().as_bytes());
                        put_text(&mut letter, user.as_str());
                    }
                    Stale::Keys => letter.put_u8(3),
                    Stale::Order(Some(event)) => {
                        letter.put_u8(4);
                        letter.put_slice(event.uuid().as_bytes());
                    }
                    Stale::Order(None) => letter.put_u8(5),
                }
                letters.push(self.seal(letter));
            }
        }
        letters
    }

    fn write_entries(&self, event: EventId, entries: &[LogEntry], letters: &mut Vec<Bytes>) {
        let begin = || {
            let mut letter = self.begin(ENTRIES);
            letter.put_slice(event.uuid().as_bytes());
            letter
        };
        let mut letter = begin();
        let empty = letter.len();
        for entry in entries {
            if letter.len() > empty && letter.len() + entry.json.len() > SIZE {
                letters.push(self.seal(std::mem::replace(&mut letter, begin())));
            }
            if entry.json.len() > SIZE {
                letters.extend(self.write(&Envelope::Reached(event, entry.head())));
                continue;
            }
            letter.put_u8(u8::from(entry.audience == Audience::Staff));
            letter.put_u64_le(entry.seq);
            letter.put_u64_le(entry.other_seq);
            letter.put_u32_le(entry.epoch);
            letter.put_i64_le(entry.at.ms());
            put_text(&mut letter, entry.kind.name());
            letter.put_u32_le(u32::try_from(entry.json.len()).unwrap_or(u32::MAX));
            letter.put_slice(&entry.json);
        }
        if letter.len() > empty {
            letters.push(self.seal(letter));
        }
    }

    fn begin(&self, kind: u8) -> BytesMut {
        let mut letter = BytesMut::with_capacity(512);
        letter.put_slice(HEAD);
        letter.put_u64_le(self.me);
        letter.put_u8(kind);
        letter
    }

    fn seal(&self, mut letter: BytesMut) -> Bytes {
        let seal = crypto::mac(&self.key, &letter);
        letter.put_slice(&seal[..SEAL]);
        letter.freeze()
    }

    /// Opens what arrived.
    pub(super) fn open(&self, mut letter: Bytes) -> Opened {
        if letter.len() > SIZE_MAX || letter.len() < HEAD.len() + SEAL || !letter.starts_with(HEAD) {
            return Opened::Garbled;
        }
        let seal = letter.split_off(letter.len() - SEAL);
        if !crypto::same(&seal, &crypto::mac(&self.key, &letter)[..SEAL]) {
            return Opened::Garbled;
        }
        letter.advance(HEAD.len());
        match self.read(letter) {
            Some(opened) => opened,
            None => Opened::Garbled,
        }
    }

    fn read(&self, mut letter: Bytes) -> Option<Opened> {
        if letter.try_get_u64_le().ok()? == self.me {
            return Some(Opened::Echo);
        }
        let kind = letter.try_get_u8().ok()?;
        let envelope = match kind {
            ENTRIES => {
                let event = take_event(&mut letter)?;
                let mut entries = Vec::new();
                while !letter.is_empty() {
                    entries.push(take_entry(&mut letter, event)?);
                }
                Envelope::Entries(event, entries)
            }
            REACHED => {
                let event = take_event(&mut letter)?;
                let head = crate::store::Head {
                    epoch: letter.try_get_u32_le().ok()?,
                    public: letter.try_get_u64_le().ok()?,
                    staff: letter.try_get_u64_le().ok()?,
                };
                head.public.checked_add(head.staff)?;
                Envelope::Reached(event, head)
            }
            SIGNAL => {
                let event = take_event(&mut letter)?;
                let kind = SignalKind::parse(&take_text(&mut letter)?)?;
                let only = take_user(&mut letter)?;
                let json = std::mem::take(&mut letter);
                let is_line = std::str::from_utf8(&json).is_ok() && json.iter().all(|byte| *byte >= b' ');
                if !is_line {
                    return None;
                }
                Envelope::Signal(event, LiveSignal { kind, json, only })
            }
            DISMISSED => {
                let event = take_event(&mut letter)?;
                let reason = ByeReason::parse(&take_text(&mut letter)?)?;
                Envelope::Dismissed(event, take_user(&mut letter)?, reason)
            }
            STALE => Envelope::Stale(match letter.try_get_u8().ok()? {
                1 => Stale::Event(take_event(&mut letter)?),
                2 => Stale::Role(take_event(&mut letter)?, take_user(&mut letter)??),
                3 => Stale::Keys,
                4 => Stale::Order(Some(take_event(&mut letter)?)),
                5 => Stale::Order(None),
                _ => return None,
            }),
            NOTICED => {
                let mut users = Vec::new();
                while !letter.is_empty() {
                    users.push(take_user(&mut letter)??);
                }
                Envelope::Noticed(if users.is_empty() {
                    Noticed::Everyone
                } else {
                    Noticed::Users(users)
                })
            }
            ASIDE => {
                let event = take_event(&mut letter)?;
                let topic = Topic::parse(&take_text(&mut letter)?)?;
                Envelope::Aside(event, topic, std::mem::take(&mut letter))
            }
            _ => return None,
        };
        letter.is_empty().then_some(Opened::Letter(envelope))
    }
}

/// Names and ids are short: a longer one is cut, and not understood.
fn put_text(letter: &mut BytesMut, text: &str) {
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    letter.put_u8(length);
    letter.put_slice(&text.as_bytes()[..usize::from(length)]);
}

fn take(letter: &mut Bytes, length: usize) -> Option<Bytes> {
    (letter.len() >= length).then(|| letter.split_to(length))
}

fn take_text(letter: &mut Bytes) -> Option<String> {
    let length = letter.try_get_u8().ok()?;
    let text = take(letter, length.into())?;
    std::str::from_utf8(&text).ok().map(str::to_owned)
}

/// `Some(None)`: nobody in particular.
#[expect(
    clippy::option_option,
    reason = "the outer one is whether it can be read, as everywhere here"
)]
fn take_user(letter: &mut Bytes) -> Option<Option<UserId>> {
    let text = take_text(letter)?;
    if text.is_empty() {
        Some(None)
    } else {
        text.parse().ok().map(Some)
    }
}

fn take_event(letter: &mut Bytes) -> Option<EventId> {
    let bytes = take(letter, 16)?;
    uuid::Uuid::from_slice(&bytes).ok().map(EventId::from_uuid)
}

fn take_entry(letter: &mut Bytes, event: EventId) -> Option<LogEntry> {
    let audience = match letter.try_get_u8().ok()? {
        0 => Audience::Public,
        1 => Audience::Staff,
        _ => return None,
    };
    let (seq, other_seq) = (letter.try_get_u64_le().ok()?, letter.try_get_u64_le().ok()?);
    // Positions are sums of both.
    seq.checked_add(other_seq)?;
    let epoch = letter.try_get_u32_le().ok()?;
    let at = Stamp::from_ms(letter.try_get_i64_le().ok()?);
    let kind = EntryKind::parse(&take_text(letter)?)?;
    let length = usize::try_from(letter.try_get_u32_le().ok()?).ok()?;
    let json = take(letter, length)?;
    LogEntry::carried(event, audience, (seq, other_seq, epoch), kind, at, json)
}

#[cfg(test)]
mod tests;
