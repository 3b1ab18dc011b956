//! One socket with its seat.
//!
//! What the socket has not taken waits here, as shared bytes, and the seat is asked for nothing more until it has gone:
//! that bounds what a slow reader costs. What the client still sends is read and thrown away, within a bound, because
//! reading is how we learn that it has hung up.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    net::Shutdown,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
};

use super::post::Bell;
use crate::stream::{
    parcel::LAST,
    seat::{PageRequest, Seat, Step},
};

/// Pieces handed to the socket at once: the head, the first words, a snapshot.
const PIECES: usize = 8;
/// With so many bytes gathered, they are written before more is asked for.
const ENOUGH_BYTES: usize = 16 * 1_024;
/// One seat may take so much in one go; then the others have their turn.
const TURN_BYTES: usize = 256 * 1_024;
/// Nobody has anything to say on a stream. A pipelined request or two is thrown away; more is not listened to.
const NOISE_BYTES: usize = 64 * 1_024;
/// After the last bytes the client has so long to hang up. Closing at once could take those bytes from it.
const LINGER: Duration = Duration::from_secs(2);

pub(super) struct Sitting {
    socket: TcpStream,
    pub(super) bell: Arc<Bell>,
    /// None once it has said its last words.
    seat: Option<Seat>,
    unsent: VecDeque<Bytes>,
    patience: Duration,
    /// When it is over, unless something happens: the client takes bytes, or hangs up.
    deadline: Option<Instant>,
    /// All is said and written.
    closing: bool,
    /// A page of the log is being read for it.
    pub(super) reads: bool,
    /// The usher has it on the list of those with a deadline.
    pub(super) watched: bool,
    noise_bytes: u32,
    pub(super) row: u32,
    pub(super) party: super::slots::Key,
    _keep: Box<dyn Send>,
}

/// How it stands with a seat after it was served.
pub(super) enum Served {
    /// It has everything.
    Idle,
    /// It has more coming, but others wait.
    More,
    /// Its socket has to take something first, or its client to hang up.
    Stuck,
    Reads(PageRequest),
    Gone,
}

/// What is left of an arrival once the seat's party is known.
pub(super) struct Chair {
    pub(super) socket: TcpStream,
    pub(super) seat: Seat,
    pub(super) patience: Duration,
    pub(super) keep: Box<dyn Send>,
    pub(super) party: super::slots::Key,
}

impl Sitting {
    pub(super) fn new(chair: Chair, bell: Arc<Bell>) -> Self {
        Self {
            socket: chair.socket,
            bell,
            seat: Some(chair.seat),
            unsent: VecDeque::new(),
            patience: chair.patience,
            deadline: None,
            closing: false,
            reads: false,
            watched: false,
            noise_bytes: 0,
            row: 0,
            party: chair.party,
            _keep: chair.keep,
        }
    }

    /// The seat, while it has something to say.
    pub(super) fn seat(&mut self) -> Option<&mut Seat> {
        self.seat.as_mut()
    }

    /// Whether its time is over; and if so, whether the client took nothing for too long.
    pub(super) fn is_overdue(&self, now: Instant) -> Option<bool> {
        let deadline = self.deadline?;
        (deadline <= now).then_some(!self.closing)
    }

    pub(super) fn has_deadline(&self) -> bool {
        self.deadline.is_some()
    }

    /// Writes what there is, and what the seat has to say. `pieces` is scratch space; it may hold what has to go first.
    pub(super) fn serve(&mut self, pieces: &mut VecDeque<Bytes>) -> Served {
        let served = self.write_on(pieces).unwrap_or(Served::Gone);
        pieces.clear();
        served
    }

    fn write_on(&mut self, pieces: &mut VecDeque<Bytes>) -> io::Result<Served> {
        if !self.unsent.is_empty() {
            let mut unsent = std::mem::take(&mut self.unsent);
            let all = self.write(&mut unsent)?;
            if !all {
                self.unsent = unsent;
                return Ok(Served::Stuck);
            }
        }
        if self.closing {
            return Ok(Served::Stuck);
        }
        if self.reads {
            return Ok(Served::Idle);
        }
        let mut turn_bytes = 0;
        while turn_bytes < TURN_BYTES {
            let (next, bytes) = self.gather(pieces);
            turn_bytes += bytes;
            if !self.write(pieces)? {
                self.unsent.append(pieces);
                if let Served::Reads(request) = next {
                    return Ok(Served::Reads(request));
                }
                return Ok(Served::Stuck);
            }
            if self.seat.is_none() {
                return self.close().map(|()| Served::Stuck);
            }
            if !matches!(next, Served::More) {
                return Ok(next);
            }
        }
        Ok(Served::More)
    }

    /// Asks the seat until there is enough to write, or nothing more.
    fn gather(&mut self, pieces: &mut VecDeque<Bytes>) -> (Served, usize) {
        let mut bytes = 0;
        while pieces.len() < PIECES && bytes < ENOUGH_BYTES {
            let Some(seat) = &mut self.seat else { break };
            match seat.take() {
                Step::Send { parcel, more } => {
                    let framed = parcel.framed();
                    bytes += framed.len();
                    pieces.push_back(framed);
                    if !more {
                        return (Served::Idle, bytes);
                    }
                }
                Step::Wait => return (Served::Idle, bytes),
                Step::Read(request) => {
                    self.reads = true;
                    return (Served::Reads(request), bytes);
                }
                Step::Over => {
                    pieces.push_back(LAST);
                    self.seat = None;
                }
            }
        }
        (Served::More, bytes)
    }

    /// Writes the pieces; false: the socket does not take all of them now, and wakes us when it takes more.
    fn write(&mut self, pieces: &mut VecDeque<Bytes>) -> io::Result<bool> {
        while !pieces.is_empty() {
            let written = if pieces.len() == 1 {
                self.socket.try_write(&pieces[0])
            } else {
                let mut slices = [IoSlice::new(&[]); PIECES];
                for (slice, piece) in slices.iter_mut().zip(pieces.iter()) {
                    *slice = IoSlice::new(piece);
                }
                self.socket.try_write_vectored(&slices[..pieces.len().min(PIECES)])
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.deadline = None;
                    advance(pieces, count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let waker = Waker::from(Arc::clone(&self.bell));
                    match self.socket.poll_write_ready(&mut Context::from_waker(&waker)) {
                        Poll::Ready(ready) => ready?,
                        Poll::Pending => {
                            let patience = self.patience;
                            self.deadline.get_or_insert_with(|| Instant::now() + patience);
                            return Ok(false);
                        }
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Says that nothing follows, and waits for the client to hang up.
    fn close(&mut self) -> io::Result<()> {
        SockRef::from(&self.socket).shutdown(Shutdown::Write)?;
        (self.closing, self.deadline) = (true, Some(Instant::now() + LINGER));
        Ok(())
    }

    /// Throws away what the client says. False: it has hung up, or does not stop talking.
    pub(super) fn listen(&mut self, scratch: &mut [u8]) -> bool {
        let waker = Waker::from(Arc::clone(&self.bell));
        let mut context = Context::from_waker(&waker);
        loop {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(&mut self.socket).poll_read(&mut context, &mut buffer) {
                Poll::Pending => return true,
                Poll::Ready(Err(_)) => return false,
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return false,
                Poll::Ready(Ok(())) => {
                    let heard = u32::try_from(buffer.filled().len()).unwrap_or(u32::MAX);
                    self.noise_bytes = self.noise_bytes.saturating_add(heard);
                    if self.noise_bytes as usize > NOISE_BYTES {
                        return false;
                    }
                }
            }
        }
    }
}

/// Drops so many bytes from the front.
fn advance(pieces: &mut VecDeque<Bytes>, mut count: usize) {
    while let Some(piece) = pieces.front_mut() {
        if count < piece.len() {
            piece.advance(count);
            return;
        }
        count -= piece.len();
        pieces.pop_front();
    }
}
