//! Saying to the other instances who is here, and hearing from them.
//!
//! One round every fifth of a second: rooms where something changed, and in turn those where others may have changed
//! something. So many rooms at most per round, so that its cost has a bound; with more rooms each is looked at less often.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Presence,
    room::Room,
    together::{Due, Next},
};
use crate::{
    concourse::Roll,
    domain::{
        EventId, UserId,
        presence::{Attendance, PresenceCounts, PresenceStatus},
    },
};

const ROUND: Duration = Duration::from_millis(200);
/// Rooms looked at in one round without having something to say.
const LOOKS: usize = 400;
/// Rooms spoken of at the same time.
const AT_ONCE: usize = 16;
/// At the end, so long is taken for last words.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Presence {
    /// Shares with other instances until told to stop, then once more: those whose streams were closed here are then in
    /// their grace for the others too, and come back there as if they had never left.
    pub async fn share(self, stop: CancellationToken) {
        let Some(roll) = self.roll.clone() else { return };
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(rounds.tick()).await.is_some() {
            self.round(&roll).await;
        }
        if timeout(LAST_WORDS, self.round(&roll)).await.is_err() {
            tracing::debug!("the other instances will notice by themselves who left here");
        }
    }

    async fn round(&self, roll: &Roll) {
        let due = self.due(Instant::now());
        let speak = |event| self.speak(roll, event);
        futures_util::stream::iter(due)
            .for_each_concurrent(AT_ONCE, speak)
            .await;
    }

    fn due(&self, now: Instant) -> Vec<EventId> {
        let rooms = self.rooms();
        let (mut due, mut in_turn) = (Vec::new(), Vec::new());
        for (event, room) in rooms.iter() {
            match room.together.as_ref().map(|together| together.is_due(&room.here, now)) {
                Some(Due::Now) => due.push(*event),
                Some(Due::InTurn(since)) => in_turn.push((since, *event)),
                Some(Due::Later) | None => {}
            }
        }
        drop(rooms);
        if in_turn.len() > LOOKS {
            in_turn.select_nth_unstable(LOOKS);
            in_turn.truncate(LOOKS);
        }
        due.extend(in_turn.into_iter().map(|(_, event)| event));
        due
    }

    fn in_room<T>(&self, event: EventId, act: impl FnOnce(&mut Room) -> T) -> Option<T> {
        self.rooms().get_mut(&event).map(act)
    }

    /// Says of a room what there is to say, and hears what the others said.
    async fn speak(&self, roll: &Roll, event: EventId) {
        let turn = self.in_room(event, |room| room.together.as_ref().map(super::Together::turn));
        let Some(turn) = turn.flatten() else { return };
        let _turn = turn.lock().await;
        loop {
            let outgoing = self.in_room(event, |room| room.outgoing(Instant::now())).flatten();
            let Some(mut outgoing) = outgoing else { return };
            let said = roll.say(event, &mut outgoing.part, &outgoing.changes).await;
            let next = self.in_room(event, |room| room.said(outgoing, &said, Instant::now()));
            match next {
                Some(Next::More) => {}
                Some(Next::List(sum)) => {
                    let most = usize::try_from(sum.users).unwrap_or(usize::MAX);
                    if let Ok(people) = roll.page(event, None, most).await {
                        self.in_room(event, |room| room.lists(sum, &people));
                    }
                    return;
                }
                Some(Next::Done) | None => return,
            }
        }
    }

    /// Participants by user id, from after `after` on; and how many are here in all.
    pub async fn participants(
        &self,
        event: EventId,
        after: Option<&UserId>,
        limit: usize,
    ) -> (Vec<Attendance>, PresenceCounts) {
        if let Some(roll) = &self.roll
            && let Some(seen) = self.participants_of_all(roll, event, after, limit).await
        {
            return seen;
        }
        let page = |room: &mut Room| (room.here.page(after, limit), room.here.counts());
        self.in_room(event, page).unwrap_or_default()
    }

    /// `None`: the others cannot be heard.
    async fn participants_of_all(
        &self,
        roll: &Roll,
        event: EventId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Option<(Vec<Attendance>, PresenceCounts)> {
        // Who asks has perhaps just come.
        self.speak(roll, event).await;
        if self.in_room(event, |room| room.is_forsaken()) == Some(true) {
            return None;
        }
        let (page, sum) = tokio::join!(roll.page(event, after, limit), roll.look(event));
        Some((page.ok()?, sum.ok()?.into()))
    }

    /// Says whether a user who is here looks or is away. False: they are not here.
    pub async fn set_status(&self, event: EventId, user: &UserId, status: PresenceStatus) -> bool {
        if self.in_room(event, |room| room.set_status(user, status)) == Some(true) {
            return true;
        }
        match &self.roll {
            // Their stream may be on another instance.
            Some(roll) => roll.set_status(event, user, status).await.unwrap_or(false),
            None => false,
        }
    }
}
