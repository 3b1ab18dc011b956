//! A stream that was asked for, as its client will get it: a seat, or the last words of a refusal.
//!
//! Where the answer's body is hyper's to write (HTTP/2, TLS, HTTP/1.0, a single poll), the seat is read here, chunk by
//! chunk. Everywhere else it goes to an usher with its socket, see [`Seat::sit_down`].

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::watch;

use super::{
    parcel::Parcel,
    seat::{Seat, Step},
};

/// What came of opening a stream.
pub struct Opened(pub(super) Result<Seat, Parcel>);

/// A seat whose bytes are asked for one by one.
struct Reader {
    seat: Box<Seat>,
    wake: watch::Receiver<u64>,
}

impl Opened {
    /// The seat, if there is one; else what is to be read in its place.
    pub fn into_seat(self) -> Result<Seat, Box<Self>> {
        self.0.map_err(|refusal| Box::new(Self(Err(refusal))))
    }

    /// All its bytes, to their end.
    pub fn into_chunks(self) -> impl Stream<Item = Bytes> + Send + use<> {
        let (reader, refusal) = match self.0 {
            Ok(seat) => (Some(Reader::new(seat)), None),
            Err(refusal) => (None, Some(refusal)),
        };
        stream::unfold((reader, refusal), |(reader, refusal)| async move {
            if let Some(refusal) = refusal {
                return Some((refusal.into_body(), (reader, None)));
            }
            let mut reader = reader?;
            let bytes = reader.next().await?;
            Some((bytes, (Some(reader), None)))
        })
    }
}

impl Reader {
    fn new(seat: Seat) -> Self {
        Self {
            wake: seat.stand().subscribe(),
            seat: Box::new(seat),
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
