//! Who is asking, and whether they may. Read from [`caller`] (what endpoints take) inwards.
//!
//! A credential that is there but no good is always refused, never ignored: nobody turns into a stranger silently.
//! Knows no table: keys are found through [`KeyBook`], events through [`super::gate::Gate`], both handed in by the app.

pub mod access;
mod authenticator;
pub mod caller;
mod claims;
pub mod cookie;
mod credential;
mod device;
mod identity;
mod issuers;
mod jwks;
pub mod keyring;
mod origin;
mod pass;
pub mod secret_file;
mod security;
mod stream_caller;
pub mod tickets;
pub mod tokens;

pub use access::EventFacts;
pub use authenticator::Authenticator;
pub use caller::{Attendee, Caller};
pub use device::HEADER as DEVICE_HEADER;
pub use identity::{Identity, KeyIdentity};
pub use keyring::KeyBook;
pub use stream_caller::{Admitted, Alone, StreamCaller};
pub use tickets::OWN_STREAM;
pub use tokens::{Grant, Issued, Tokens};

#[cfg(test)]
mod tests;
