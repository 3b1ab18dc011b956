//! One turn: what the persona says next, at a pace as if somebody typed it.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, interval, sleep_until};

use super::{IDLE_MS, Personas, end, prompt, rows, rows::Held};
use crate::{
    clock, crypto,
    domain::{
        EventId,
        persona::{SessionStatus, TypingPace},
        text::MessageText,
        user::User,
    },
    http::podium::Statement,
    llm,
    store::{Error, Scribe},
};

/// The badge of a persona, which nobody else is given.
const BADGE: &str = "PERSONA";
/// Tries before it is said that there is no answer.
pub(super) const TRIES: i32 = 3;
/// An answer seems to take at most so long to type.
const TYPING_MOST_MS: u64 = 12_000;
/// Typing is shown for six seconds at a time.
const STROKE: Duration = Duration::from_secs(2);
/// Learners who write while the answer is made have it made anew so often.
const ANEW_MOST: usize = 2;

const NO_ANSWER: &str = "There is no answer right now. Write again to try once more.";

/// What a try came to.
enum Came {
    Said,
    /// The learner wrote meanwhile.
    Anew,
}

impl Personas {
    /// Sees to what a session is owed.
    pub(super) async fn turn(&self, event: EventId) -> Result<(), Error> {
        for round in 0..=ANEW_MOST {
            let Some(held) = rows::find_held(self.means.store.reader(), event).await? else {
                return Ok(());
            };
            match held.status {
                SessionStatus::Scoring => return self.score(&held).await,
                SessionStatus::Scored | SessionStatus::Unscored => return Ok(()),
                SessionStatus::Open if held.ends_ms <= clock::now().ms() => {
                    self.end(event).await?;
                    return Ok(());
                }
                SessionStatus::Open => {}
            }
            if let Came::Said = self.answer(&held, round == ANEW_MOST).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn player(held: &Held) -> User {
        User {
            id: prompt::speaks_as(held.persona),
            name: held.sheet.name.clone(),
            avatar_url: held.sheet.avatar_url.clone(),
            badges: vec![BADGE.to_owned()],
            guest: false,
        }
    }

    async fn answer(&self, held: &Held, in_any_case: bool) -> Result<Came, Error> {
        let lines = rows::lines(self.means.store.reader(), held.event, prompt::LINES_MOST).await?;
        let heard = lines
            .iter()
            .rfind(|line| line.author == held.user.as_str())
            .map_or(0, |line| line.seq);
        if held.answered_seq >= heard && held.answered_seq >= 0 {
            return Ok(Came::Said);
        }
        let player = Self::player(held);
        let words = {
            let made = self.words(held, &player, &lines);
            tokio::pin!(made);
            let mut strokes = interval(STROKE);
            loop {
                tokio::select! {
                    words = &mut made => break words?,
                    _ = strokes.tick() => self.means.quill.types(held.event, player.clone(), None),
                }
            }
        };
        let said = match words {
            Ok(text) => (player, text),
            Err(code) if held.failures + 1 < TRIES && !matches!(code, "disabled" | "budget") => {
                self.means.quill.stops(held.event, player.id);
                return self.try_later(held).await;
            }
            Err(_) => {
                self.means.quill.stops(held.event, player.id);
                (self.means.house.clone(), MessageText::parse(NO_ANSWER)?)
            }
        };
        self.say(held.clone(), said, heard, in_any_case).await
    }

    /// What the persona says, after the time it takes to type it; or why there is nothing.
    async fn words(
        &self,
        held: &Held,
        player: &User,
        lines: &[rows::Line],
    ) -> Result<Result<MessageText, &'static str>, Error> {
        let begun = Instant::now();
        let mark = crypto::random_text();
        let ask = prompt::play(held, &player.id, lines, &mark, self.means.deadline);
        let answer = match self.means.llm.ask(ask).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(llm::Error::code(&error))),
        };
        let spoken = prompt::spoken(&answer.text, &held.sheet, &mark);
        let Some(text) = spoken.and_then(|text| MessageText::parse(&text).ok()) else {
            return Ok(Err("unfit"));
        };
        let Some(text) = self.means.judge.judge_own(held.event, text).await? else {
            return Ok(Err("unfit"));
        };
        sleep_until(begun + typing_time(text.as_str(), held.sheet.pace.unwrap_or_default())).await;
        Ok(Ok(text))
    }

    async fn try_later(&self, held: &Held) -> Result<Came, Error> {
        let event = held.event;
        let failures = held.failures + 1;
        let due_ms = clock::now().ms() + (500 << failures.clamp(0, 6));
        let answered_seq = held.answered_seq;
        let write = self.means.store.write_beside(event, move |txn| {
            Box::pin(async move {
                let Some(mut held) = rows::find_held(txn, event).await? else {
                    return Ok(());
                };
                if held.status != SessionStatus::Open || held.answered_seq != answered_seq {
                    return Ok(());
                }
                held.failures = failures;
                held.due_ms = due_ms;
                rows::update(txn, &held).await
            })
        });
        write.await?;
        Ok(Came::Said)
    }

    async fn say(&self, read: Held, said: (User, MessageText), heard: i64, in_any_case: bool) -> Result<Came, Error> {
        let (personas, event) = (self.clone(), read.event);
        let recorded = self.means.stream.record(event, move |scribe| {
            Box::pin(async move { personas.write(scribe, &read, said, heard, in_any_case).await })
        });
        let came = recorded.await?.value;
        // The last turn ended the event.
        self.means.stage.changed(event);
        Ok(came)
    }

    async fn write(
        &self,
        scribe: &mut Scribe<'_>,
        read: &Held,
        (author, text): (User, MessageText),
        heard: i64,
        in_any_case: bool,
    ) -> Result<Came, Error> {
        let Some(mut held) = rows::find_held(scribe.txn(), scribe.event()).await? else {
            return Ok(Came::Said);
        };
        if held.status != SessionStatus::Open || held.answered_seq != read.answered_seq {
            // Somebody else was faster, or it ended.
            return Ok(Came::Said);
        }
        if !in_any_case && rows::last_of(scribe.txn(), scribe.event(), &held.user).await? > heard {
            return Ok(Came::Anew);
        }
        let is_persona = author.id == prompt::speaks_as(held.persona);
        let statement = Statement {
            author,
            text,
            parent_id: None,
            client_id: None,
            remark: None,
        };
        self.means.podium.speak(scribe, statement).await?;
        if is_persona && held.answered_seq >= 0 {
            held.turns += 1;
        }
        held.answered_seq = heard;
        held.failures = 0;
        held.due_ms = 0;
        held.ends_ms = held.last_ms.min(scribe.now().ms() + IDLE_MS);
        if held.turns >= held.sheet.turns_most {
            let stage = Arc::clone(&self.means.stage);
            return end(scribe, stage.as_ref(), &mut held).await.map(|()| Came::Said);
        }
        rows::update(scribe.txn(), &held).await?;
        Ok(Came::Said)
    }
}

/// How long somebody would take to type it, between their fastest and their slowest: not the same each time.
fn typing_time(text: &str, pace: TypingPace) -> Duration {
    let letters = text.chars().count() as u64;
    let span = u64::from(pace.fastest.saturating_sub(pace.slowest)) + 1;
    let [dice] = crypto::random::<1>();
    let speed = u64::from(pace.slowest.max(1)) + u64::from(dice) * span / 256;
    Duration::from_millis((letters * 1_000 / speed).min(TYPING_MOST_MS))
}
