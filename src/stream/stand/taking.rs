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

    /// The chunk that all plain seats of the audience at this place share, if the frames allow it.
    fn take_shared(&mut self, from: usize, place: &mut Place, view: &View, born: Instant) -> Option<Taken> {
        let tail = self.tail();
        let remembered = |joined: &&Joined| {
            joined.audience == view.audience && joined.from == place.offset && (joined.full || joined.to == tail)
        };
        if let Some(joined) = self.joined.iter().rev().find(remembered) {
            let (to, parcel) = (joined.to, joined.parcel.clone());
            let last = usize::try_from(to - self.first).ok()?.checked_sub(1)?;
            (place.offset, place.at) = (to, self.ring.get(last)?.head);
            let more = to < tail;
            return Some(Taken::Chunk { parcel, born, more });
        }
        let count = self.reach(from);
        let mut frames = self.ring.iter().skip(from).take(count);
        if !frames.clone().all(|frame| frame.is_shared()) {
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
