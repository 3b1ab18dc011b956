//! Playing a contest through the public API, as any feed does: no back door.
//!
//! [`fixture`] says what happened in a match, [`timeline`] makes it a list of reports with their moments, [`client`] sends
//! them and does not give up easily, [`pace`] waits for each moment. `grandstand replay` and the demo are built on it.

pub mod client;
pub mod dice;
pub mod fixture;
pub mod pace;
pub mod timeline;

pub use client::{Client, ClientError};
pub use dice::Dice;
pub use fixture::{Fact, Fixture, Side, What};
pub use pace::Player;
pub use timeline::{Breaks, Moment, timeline};
