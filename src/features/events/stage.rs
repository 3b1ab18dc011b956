//! Rooms that other features have made.

use futures_util::future::BoxFuture;

use super::{Events, NewEvent, create, enact, require, rows, settle};
use crate::{
    domain::{
        EventId,
        event::{Event, EventKind, Transition, Visibility},
        user::Role,
    },
    http::stage::{Scene, Stage},
    store::{Error, Scribe},
};

impl Stage for Events {
    fn set<'a>(&'a self, scribe: &'a mut Scribe<'_>, scene: Scene) -> BoxFuture<'a, Result<Event, Error>> {
        Box::pin(set(scribe, scene))
    }

    fn strike<'a>(&'a self, scribe: &'a mut Scribe<'_>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(strike(scribe))
    }

    fn changed(&self, event: EventId) {
        self.forget(event);
    }
}

async fn set(scribe: &mut Scribe<'_>, scene: Scene) -> Result<Event, Error> {
    let (id, now) = (scribe.event(), scribe.now());
    let new = NewEvent {
        slug: None,
        title: scene.title,
        kind: EventKind::Session,
        participants: Vec::new(),
        venue: None,
        scheduled_at: now,
        featured: false,
        visibility: Visibility::Private,
        cover_url: None,
        stream_url: None,
        settings: scene.settings,
        demo: false,
    };
    let is_host = scene.host.as_ref() == Some(&scene.member);
    create(scribe, new, scene.host).await?;
    if !is_host {
        rows::set_role(scribe.txn(), id, &scene.member, Role::Member, now).await?;
    }
    let (mut event, told) = require(scribe).await?;
    enact(scribe, &mut event, Transition::Start).await?;
    settle(scribe, &mut event, told).await?;
    Ok(event)
}

async fn strike(scribe: &mut Scribe<'_>) -> Result<(), Error> {
    let (mut event, told) = require(scribe).await?;
    if event.status.is_over() {
        return Ok(());
    }
    enact(scribe, &mut event, Transition::End).await?;
    settle(scribe, &mut event, told).await.map(|_| ())
}
