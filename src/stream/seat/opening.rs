//! How a seat begins: who may sit down, from where it goes on, and its first words.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
};

use super::{Seat, SeatInfo, SeatRequest, Stage, jittered};
use crate::{
    domain::{
        Audience,
        entry::{ByeReason, Signal, StreamReady, StreamReset},
        shift::Pace,
    },
    store::{Error, Head, log, moment},
    stream::{
        frame::View,
        hub::Hub,
        limits::Pass,
        resume::Resume,
        shift::{Replay, Telling},
        snapshot::Shot,
    },
};

/// Where a replay begins for somebody who may have heard a part of it: after that part, at the same speed.
async fn goes_on(hub: &Arc<Hub>, request: &SeatRequest, replay: Replay) -> Result<(Replay, Resume), Error> {
    let (db, event) = (hub.store.reader(), request.event);
    let end = log::head(db, event).await?.unwrap_or(Head::EMPTY);
    let resume = Resume::check(db, event, Audience::Public, end, request.resume.as_deref()).await?;
    let Resume::From(heard) = resume else {
        return Ok((replay, resume));
    };
    let from = Head {
        staff: log::staff_seq_at(db, event, heard.public).await?,
        ..heard
    };
    let at = moment::of(db, event, heard.public).await?.unwrap_or(replay.pace.at);
    let pace = Pace { at, ..replay.pace };
    Ok((Replay { from, pace }, resume))
}

impl Seat {
    /// Opens a stream, or says with which last words it is refused.
    pub(in crate::stream) async fn open(hub: &Arc<Hub>, request: SeatRequest) -> Result<Self, ByeReason> {
        if hub.drained.load(Ordering::Acquire) > 0 {
            return Err(ByeReason::Shutdown);
        }
        let pass = hub
            .turnstile
            .enter(request.user.as_ref().map(|user| &user.id), request.address)
            .await?;
        match Self::open_with(hub, request, pass).await {
            Ok(Some(seat)) => Ok(seat),
            Ok(None) => Err(ByeReason::Overloaded),
            Err(error) => {
                if !error.is_outage() {
                    tracing::error!(error = &error as &dyn std::error::Error, "a stream could not be opened");
                }
                Err(ByeReason::Internal)
            }
        }
    }

    async fn open_with(hub: &Arc<Hub>, request: SeatRequest, pass: Pass) -> Result<Option<Self>, Error> {
        // What is told later is what everybody may see, whoever asks.
        let is_shifted = request.telling != Telling::AsItHappens;
        let audience = if request.role.is_staff() && !is_shifted {
            Audience::Staff
        } else {
            Audience::Public
        };
        let (stand, known) = match request.telling {
            Telling::AsItHappens => (hub.enter(request.event).await?, None),
            Telling::Behind(delay) => (hub.enter_behind(request.event, delay).await?, None),
            Telling::Again(replay) => {
                let (replay, resume) = goes_on(hub, &request, replay).await?;
                (hub.enter_replay(request.event, replay).await?, Some(resume))
            }
        };
        let Some(stand) = stand else { return Ok(None) };
        let dismissals = stand.0.dismissals.count();
        let view = View {
            audience,
            format: request.format,
            filter: request.filter,
            user: request.user.clone(),
        };
        let head = stand.0.head();
        let mut seat = Self {
            info: SeatInfo {
                seat: hub.next_seat.fetch_add(1, Ordering::Relaxed),
                event: request.event,
                small_room_users: request.small_room_users,
                receipts: request.receipts,
                user: request.user,
                role: request.role,
                address: request.address,
            },
            hub: Arc::clone(hub),
            stand,
            view,
            stage: Stage::Ended,
            at: head,
            queue: VecDeque::new(),
            once: request.once,
            expires_at: request.expires_at,
            closed: None,
            takes: 0,
            heard: dismissals,
            seated: false,
            is_present: !matches!(request.telling, Telling::Again(_)),
            telling: request.telling,
            _pass: pass,
        };
        let resume = if let Some(known) = known {
            known
        } else {
            let (db, asked) = (hub.store.reader(), request.resume.as_deref());
            Resume::check(db, request.event, audience, head, asked).await?
        };
        seat.begin(resume, head).await?;
        hub.begin_replay(&seat.stand.0);
        seat.seated = true;
        seat.hub.metrics.seats.inc();
        seat.hub.metrics.seats_opened.inc();
        for listener in seat.hub.listeners.get().into_iter().flatten() {
            if seat.is_present {
                listener.opened(&seat.info);
            }
        }
        Ok(Some(seat))
    }

    async fn begin(&mut self, resume: Resume, head: Head) -> Result<(), Error> {
        self.hub.metrics.resumed(resume.outcome());
        match resume {
            Resume::From(at) => {
                self.say_ready(head, false).await?;
                self.at = at;
                self.stage = Stage::Replay {
                    goal: head,
                    from: Some(at),
                    entries: 0,
                };
            }
            Resume::Fresh => {
                self.say_ready(head, true).await?;
                self.say_snapshot().await?;
            }
            Resume::Reset(reason) => {
                self.say_ready(head, true).await?;
                self.say(&Signal::StreamReset(StreamReset { reason }), None);
                self.say_snapshot().await?;
            }
        }
        Ok(())
    }

    async fn say_ready(&mut self, head: Head, fresh: bool) -> Result<(), Error> {
        let (mut my_reactions, mut my_votes) = (None, None);
        if let (true, Some(user)) = (fresh, &self.info.user) {
            for part in self.hub.parts.get().into_iter().flatten() {
                if let Some(mine) = part.mine(self.info.event, &user.id).await? {
                    my_reactions = Some(mine);
                }
                if let Some(mine) = part.my_votes(self.info.event, &user.id).await? {
                    my_votes = Some(mine);
                }
            }
        }
        let retry_ms = jittered(self.hub.config.retry_ms, self.info.seat);
        let (mut delay_ms, mut speed, mut from) = (None, None, None);
        match self.telling {
            Telling::AsItHappens => {}
            Telling::Behind(delay) => delay_ms = Some(delay.in_steps_ms(self.hub.config.delay_step_seconds)),
            Telling::Again(replay) => {
                speed = Some(replay.pace.speed.factor());
                from = Some(replay.from.cursor(self.view.audience));
            }
        }
        let ready = StreamReady {
            event_id: self.info.event,
            role: self.info.role,
            user: self.info.user.as_deref().cloned(),
            head: head.cursor(self.view.audience),
            heartbeat_ms: self.hub.config.heartbeat_ms,
            retry_ms,
            delay_ms,
            speed,
            from,
            my_reactions,
            my_votes,
        };
        self.say(&Signal::StreamReady(ready), Some(retry_ms));
        Ok(())
    }

    async fn say_snapshot(&mut self) -> Result<(), Error> {
        let shot = self.hub.snapshot(&self.stand.0, self.view.audience, self.age()).await?;
        self.begins_with(shot);
        Ok(())
    }

    /// Goes on from a snapshot.
    pub(super) fn begins_with(&mut self, shot: Option<Arc<Shot>>) {
        let Some(shot) = shot else {
            return self.say_bye(ByeReason::Forbidden);
        };
        self.queue.push_back(shot.frame(self.view.format));
        self.at = shot.head;
        self.stage = match self.stand.0.locate(shot.head, self.view.audience) {
            _ if self.once => Stage::Ended,
            Some(place) => Stage::Live(place),
            None => Stage::Replay {
                goal: self.stand.0.head(),
                from: None,
                entries: 0,
            },
        };
    }
}
