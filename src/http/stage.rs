//! The seam by which a feature has a private room made and ended, inside its own change, without knowing events.

use futures_util::future::BoxFuture;

use crate::{
    domain::{
        EventId, UserId,
        event::{Event, EventSettings},
    },
    store::{Error, Scribe},
};

/// A room that is wanted.
#[derive(Debug, Clone)]
pub struct Scene {
    pub title: String,
    pub settings: EventSettings,
    /// Who runs it, if anybody does.
    pub host: Option<UserId>,
    /// Who else may come in.
    pub member: UserId,
}

/// Makes rooms.
pub trait Stage: Send + Sync {
    /// Makes the private event of this change, with the scene's people in it, and starts it.
    fn set<'a>(&'a self, scribe: &'a mut Scribe<'_>, scene: Scene) -> BoxFuture<'a, Result<Event, Error>>;

    /// Ends the event of this change; one that is over stays as it is.
    fn strike<'a>(&'a self, scribe: &'a mut Scribe<'_>) -> BoxFuture<'a, Result<(), Error>>;

    /// What was changed so is committed.
    fn changed(&self, event: EventId);
}
