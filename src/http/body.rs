//! Request bodies with a bound: counted while they are read, and given a deadline.
//!
//! The bound is checked when the body is first read, so an endpoint may widen it before ([`Wide`] as an argument ahead
//! of the body). A body nobody reads costs nothing.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use poem::{Body, FromRequest, Request, RequestBody};
use tokio::time::Sleep;

use super::error::Problem;
use crate::domain::Reason;

type Inner = http_body_util::combinators::BoxBody<Bytes, io::Error>;

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body came too slowly")]
    TooSlow,
}

impl From<BodyFault> for Problem {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => Self::of(Reason::PayloadTooLarge, "Send less at once."),
            BodyFault::TooSlow => Self::too_slow(),
        }
    }
}

/// The bound of this request's body, shared between the body and the endpoint.
#[derive(Clone)]
struct Bound(Arc<AtomicUsize>);

/// Lets an endpoint take a larger body than others: `_wide: Wide<1_048_576>` before the body argument.
pub struct Wide<const BYTES: usize>;

impl<'a, const BYTES: usize> FromRequest<'a> for Wide<BYTES> {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        if let Some(Bound(bytes)) = request.data() {
            bytes.fetch_max(BYTES, Ordering::Relaxed);
        }
        Ok(Self)
    }
}

/// Puts the bound and the deadline around a request's body.
pub(super) fn bound(request: &mut Request, max_bytes: usize, patience: Duration) {
    let body = request.take_body();
    if body.is_empty() {
        return;
    }
    let bound = Bound(Arc::new(AtomicUsize::new(max_bytes)));
    request.set_data(bound.clone());
    request.set_body(Body::from(Inner::new(Bounded {
        body: body.into(),
        bound,
        read: 0,
        patience,
        deadline: None,
    })));
}

struct Bounded {
    body: Inner,
    bound: Bound,
    read: usize,
    patience: Duration,
    /// Armed by the first read that has to wait.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let max = self.bound.0.load(Ordering::Relaxed);
        // What is announced too large is refused before its first byte.
        let announced = usize::try_from(self.body.size_hint().lower()).unwrap_or(usize::MAX);
        if self.read.saturating_add(announced) > max {
            return Poll::Ready(Some(Err(io::Error::other(BodyFault::TooLarge))));
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.read = self.read.saturating_add(frame.data_ref().map_or(0, Bytes::len));
                if self.read > max {
                    return Poll::Ready(Some(Err(io::Error::other(BodyFault::TooLarge))));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(end) => Poll::Ready(end),
            Poll::Pending => {
                let patience = self.patience;
                let deadline = self
                    .deadline
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
                match deadline.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(io::Error::other(BodyFault::TooSlow)))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
