//! A stream that was asked for, as its client will get it: a seat, a perch, or the last words of a refusal.
//!
//! Where the answer's body is hyper's to write (HTTP/2, TLS, HTTP/1.0, a single poll), the seat is read here, chunk by
//! chunk. Everywhere else it goes to an usher with its socket, see [`Seat::sit_down`].

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::watch;

use super::{
    parcel::Parcel,
    perch::Perch,
    seat::{Seat, Step},
};

/// What came of opening a stream.
pub struct Opened(pub(super) Is);

pub(super) enum Is {
    Seat(Box<Seat>),
    Perch(Box<Perch>),
    /// Why there is neither.
    Refusal(Parcel),
}

/// A seat whose bytes are asked for one by one.
struct Reader {
    seat: Box<Seat>,
    wake: watch::Receiver<u64>,
}

/// Where the next bytes come from.
enum Source {
    Reader(Reader),
    Perch(Box<Perch>),
    Words(Parcel),
    Nothing,
}

impl Opened {
    /// The seat, if there is one; else what is to be read in its place.
    pub fn into_seat(self) -> Result<Seat, Box<Self>> {
        match self.0 {
            Is::Seat(seat) => Ok(*seat),
            other => Err(Box::new(Self(other))),
        }
    }

    /// All its bytes, to their end.
    pub fn into_chunks(self) -> impl Stream<Item = Bytes> + Send + use<> {
        let source = match self.0 {
            Is::Seat(seat) => Source::Reader(Reader::new(seat)),
            Is::Perch(perch) => Source::Perch(perch),
            Is::Refusal(words) => Source::Words(words),
        };
        stream::unfold(source, |source| async move {
            match source {
                Source::Reader(mut reader) => Some((reader.next().await?, Source::Reader(reader))),
                Source::Perch(mut perch) => Some((perch.next().await?, Source::Perch(perch))),
                Source::Words(words) => Some((words.into_body(), Source::Nothing)),
                Source::Nothing => None,
            }
        })
    }
}

impl Reader {
    fn new(seat: Box<Seat>) -> Self {
        Self {
            wake: seat.stand().subscribe(),
            seat,
        }
    }

    /// The next bytes to send; waits for them. `None` when the stream is over. Losing the future loses nothing.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Before the seat looks at anything that could wake us, or we might sleep through it.
            self.wake.borrow_and_update();
            match self.seat.take() {
                Step::Send { parcel, .. } => return Some(parcel.into_body()),
                Step::Read(request) => {
                    let page = request.read().await;
                    self.seat.got(page);
                }
                // The stand outlives its seats, so the sender is never gone while we wait.
                Step::Wait => drop(self.wake.changed().await),
                Step::Over => return None,
            }
        }
    }
}
