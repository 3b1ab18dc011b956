//! Taking what is ready from a stand's ring: as one chunk, and as the same chunk for all who stand at the same place.

use std::time::Instant;

use super::{Board, Place, Stand};
use crate::{
    domain::Audience,
    stream::{
        frame::{CHUNK_MAX, View},
        parcel::{Packing, Parcel},
    },
};

/// Joined chunks remembered for seats at the same place.
const JOINED_MAX: usize = 8;

pub(in crate::stream) enum Taken {
    Chunk {
        parcel: Parcel,
        born: Instant,
        /// There is more in the ring.
        more: bool,
    },
    /// Frames passed by that were not for this seat.
    Nothing,
    Empty,
    /// The place is no longer in the ring.
    Fallen,
}

pub(super) struct Joined {
    audience: Audience,
    from: u64,
    to: u64,
    /// More would not have gone in, so it stays right when the ring goes on.
    full: bool,
    /// It passes over what is for somebody alone, so it is not right for them.
    private: bool,
    parcel: Parcel,
}

impl Stand {
    /// Everything ready for a seat, as one chunk of bounded size.
    pub(in crate::stream) fn take(&self, place: &mut Place, view: &View) -> Taken {
        let mut board = self.board();
        if place.offset < board.first {
            return Taken::Fallen;
        }
        let from = usize::try_from(place.offset - board.first).unwrap_or(usize::MAX);
        let Some(first) = board.ring.get(from) else {
            return Taken::Empty;
        };
        let born = first.born;
        if view.is_plain()
            && !place.ahead
            && let Some(taken) = board.take_shared(from, place, view, born)
        {
            return taken;
        }
        board.take_own(from, place, view, born)
    }
}

impl Board {
    /// How many frames from `from` on fit into one chunk.
    fn reach(&self, from: usize) -> usize {
        let mut size = 0;
        let fits = self.ring.iter().skip(from).take_while(|frame| {
            size += frame.size() / 2;
            size <= CHUNK_MAX
        });
        fits.count().max(1)
    }

    /// The chunk that all plain seats of the audience at this place share, unless something is for this one alone.
    fn take_shared(&mut self, from: usize, place: &mut Place, view: &View, born: Instant) -> Option<Taken> {
        let tail = self.tail();
        let remembered = |joined: &&Joined| {
            joined.audience == view.audience && joined.from == place.offset && (joined.full || joined.to == tail)
        };
        if let Some(joined) = self.joined.iter().rev().find(remembered) {
            let (to, parcel) = (joined.to, joined.parcel.clone());
            let last = usize::try_from(to - self.first).ok()?.checked_sub(1)?;
            if joined.private
                && self
                    .ring
                    .range(from..=last)
                    .any(|frame| frame.is_for_alone(view.user()))
            {
                return None;
            }
            (place.offset, place.at) = (to, self.ring.get(last)?.head);
            let more = to < tail;
            return Some(Taken::Chunk { parcel, born, more });
        }
        let count = self.reach(from);
        let mut frames = self.ring.iter().skip(from).take(count);
        let private = frames.clone().any(|frame| frame.is_private());
        if private && frames.clone().any(|frame| frame.is_for_alone(view.user())) {
            return None;
        }
        let parcel = if count == 1 {
            frames.next()?.parcel(view)
        } else {
            let mut packing = Packing::with_capacity(frames.clone().map(|frame| frame.size() / 2).sum());
            frames.for_each(|frame| {
                frame.pack(view, &mut packing);
            });
            packing.seal()
        };
        let to = place.offset + count as u64;
        if let Some(parcel) = &parcel {
            self.joined.push_back(Joined {
                audience: view.audience,
                from: place.offset,
                to,
                full: to < tail,
                private,
                parcel: parcel.clone(),
            });
            if self.joined.len() > JOINED_MAX {
                self.joined.pop_front();
            }
        }
        (place.offset, place.at) = (to, self.ring.get(from + count - 1)?.head);
        Some(Taken::of(parcel, born, to < tail))
    }

    /// A chunk for one seat: with its filter and its own signals.
    fn take_own(&self, from: usize, place: &mut Place, view: &View, born: Instant) -> Taken {
        let mut packing = Packing::new();
        for frame in self.ring.iter().skip(from) {
            if packing.len() > CHUNK_MAX {
                break;
            }
            place.offset += 1;
            if place.ahead && frame.is_behind(place.at, view.audience) {
                continue;
            }
            if frame.is_entry() {
                (place.at, place.ahead) = (frame.head, false);
            }
            frame.pack(view, &mut packing);
        }
        Taken::of(packing.seal(), born, place.offset < self.tail())
    }
}

impl Taken {
    fn of(parcel: Option<Parcel>, born: Instant, more: bool) -> Self {
        parcel.map_or(Self::Nothing, |parcel| Self::Chunk { parcel, born, more })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::{
        bus::LiveSignal,
        config::StreamConfig,
        domain::{EventId, UserId, entry::SignalKind, user::User},
        store::Head,
        stream::frame::{Format, Frame, TypeFilter},
    };

    fn view(user: &str) -> View {
        View {
            audience: Audience::Public,
            format: Format::Sse,
            filter: TypeFilter::EVERYTHING,
            user: Some(Arc::new(User {
                id: user.parse().unwrap(),
                name: user.into(),
                avatar_url: None,
                badges: vec![],
                guest: false,
            })),
        }
    }

    fn says(stand: &Stand, what: &str, only: Option<&str>) {
        let signal = LiveSignal {
            kind: SignalKind::PresenceChanged,
            json: Bytes::from(format!("\"{what}\"")),
            only: only.map(|user| user.parse::<UserId>().unwrap()),
        };
        stand.push_live(|head| Frame::signal(signal, head));
    }

    /// Everything that is ready, as chunks.
    fn takes(stand: &Stand, place: &mut Place, user: &str) -> Vec<Parcel> {
        let mut parcels = Vec::new();
        loop {
            match stand.take(place, &view(user)) {
                Taken::Chunk { parcel, .. } => parcels.push(parcel),
                Taken::Nothing => {}
                Taken::Empty | Taken::Fallen => return parcels,
            }
        }
    }

    #[test]
    fn what_is_for_one_alone_reaches_them_only_and_all_others_share_their_chunks() {
        let stand = Stand::new(EventId::generate(), &StreamConfig::default());
        stand.open_at(Head::EMPTY);
        let start = stand.locate(Head::EMPTY, Audience::Public).unwrap();
        let long = "x".repeat(CHUNK_MAX / 2);
        for (what, only) in [
            ("one", None),
            ("two", Some("ana")),
            (&long, None),
            (&long, None),
            ("end", None),
        ] {
            says(&stand, what, only);
        }
        let [ben, cem, ana] = ["ben", "cem", "ana"].map(|user| takes(&stand, &mut start.clone(), user));
        let texts = |parcels: &[Parcel]| {
            parcels
                .iter()
                .map(|parcel| parcel.body().to_vec())
                .collect::<Vec<_>>()
                .concat()
        };
        assert_eq!(texts(&ben), texts(&cem));
        assert!(ben.len() > 1, "more than fits into one chunk");
        for (ben, cem) in ben.iter().zip(&cem) {
            assert_eq!(ben.body().as_ptr(), cem.body().as_ptr(), "made once");
        }
        let heard = |parcels: &[Parcel], what: &str| String::from_utf8(texts(parcels)).unwrap().contains(what);
        assert!(heard(&ana, "\"two\"") && heard(&ana, "\"one\"") && heard(&ana, "\"end\""));
        assert!(heard(&ben, "\"one\"") && heard(&ben, "\"end\"") && !heard(&ben, "\"two\""));
    }
}
