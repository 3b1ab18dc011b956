//! What every endpoint needs: connections and their bounds, how we refuse, rate limits, pages and answers.
//!
//! Knows no feature and no table. Read from the socket inwards: [`serve`] takes connections, [`edge`] wraps every
//! request, [`error`] is how we say no, then the small parts that endpoints use.

pub mod address;
pub mod allow;
pub mod answer;
pub mod auth;
pub mod body;
pub mod cors;
pub mod edge;
pub mod error;
pub mod etag;
mod faults;
pub mod gate;
pub mod json;
pub mod judge;
pub mod limit;
pub mod page;
pub mod podium;
mod refuse;
pub mod schema;
pub mod serve;
pub mod sse;
pub mod stage;
mod tag;
pub mod tls;
mod unasked;
pub mod wire;

pub use address::ClientAddress;
pub use answer::{Created, NoContent, Posted, Tagged};
pub use auth::{Attendee, Caller, StreamCaller};
pub use edge::Edge;
pub use error::Problem;
pub use json::Json;
pub use limit::{Ledger, Limits, Policy};
pub use page::{Limit, Mark, Page, Place};
pub use tag::Tag;
pub use tls::Tls;
pub use wire::Connection;

/// What an endpoint gives: its answer, or a problem.
pub type Answer<T> = Result<Json<T>, Problem>;
