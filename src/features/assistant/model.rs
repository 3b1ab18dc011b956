//! Asking the model, and listening to it: what it says is shown sentence by sentence as far as it holds, and dropped for good
//! as soon as it does not.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use super::{
    Assistant, check,
    pen::{BEAT, Pen},
    prompt,
    rows::Asked,
    sight::Sight,
    unfold,
};
use crate::{
    domain::{
        assistant::{CITATIONS_MOST, Citation, Freshness},
        facts::{self, Reply},
        text::MessageText,
    },
    llm::{Ask, Payer, Purpose},
    store::{Error, jobs::Job},
};

/// Beats between two words to the others that somebody writes (they hold for six seconds), and to the job's lease.
const TYPING_EVERY: u64 = 20;
const LEASE_EVERY: u64 = 32;

/// What was heard so far, from the task that listens to the one that shows.
type Heard = Arc<Mutex<String>>;

impl Assistant {
    /// What the model answers, checked; or why not, as a stable word.
    pub(super) async fn ask_model(
        &self,
        job: &mut Job,
        asked: &Asked,
        sight: &Sight,
        question: &str,
    ) -> Result<Result<Reply, &'static str>, Error> {
        let event = sight.snapshot.event.id;
        let is_shown = sight.snapshot.event.settings.room.typing;
        let outcome = self.listen(job, asked, sight, question, is_shown).await;
        if is_shown && !matches!(outcome, Ok(Ok(_))) {
            self.0.means.quill.stops(event, self.0.user.id.clone());
        }
        outcome
    }

    async fn listen(
        &self,
        job: &mut Job,
        asked: &Asked,
        sight: &Sight,
        question: &str,
        types: bool,
    ) -> Result<Result<Reply, &'static str>, Error> {
        let (means, event) = (&self.0.means, sight.snapshot.event.id);
        let shown = prompt::show(sight, asked, question);
        let ask = Ask {
            purpose: Purpose::Answer,
            instructions: self.0.prompt.instructions().to_owned(),
            turns: shown.turns.clone(),
            schema: Some(prompt::schema()),
            max_tokens: self.0.config.max_tokens,
            deadline: Duration::from_millis(self.0.config.deadline_ms),
            payer: Payer {
                event,
                user: Some(asked.author.clone()),
            },
        };
        let heard = Heard::default();
        let ear = Arc::clone(&heard);
        let mut asking = pin!(means.llm.ask_streaming(ask, move |piece| {
            ear.lock().unwrap_or_else(PoisonError::into_inner).push_str(piece);
        }));
        let mut pen = Pen::new(event, asked.question(), asked.thread());
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat = 0_u64;
        let outcome = loop {
            tokio::select! {
                outcome = &mut asking => break outcome,
                _ = beats.tick() => {
                    if types && beat.is_multiple_of(TYPING_EVERY) {
                        means.quill.types(event, self.0.user.clone(), Some(asked.thread()));
                    }
                    beat += 1;
                    if beat.is_multiple_of(LEASE_EVERY) && !self.keep(job).await? {
                        return Ok(Err("interrupted"));
                    }
                    let so_far = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    let so_far = unfold::so_far(&so_far);
                    let whole = unfold::sentences(&so_far);
                    if whole.is_empty() {
                        continue;
                    }
                    if !self.holds(whole, sight).await? {
                        return Ok(Err("unfounded"));
                    }
                    pen.show(self, whole);
                }
            }
        };
        let answer = match outcome {
            Ok(answer) if !answer.finished => return Ok(Err("cut")),
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error.code())),
        };
        let Some(said) = unfold::whole(&answer.text) else {
            return Ok(Err("rubbish"));
        };
        let text = said.answer.trim().to_owned();
        if text.is_empty() {
            return Ok(Err("rubbish"));
        }
        let Some(citations) = cited(&said.cites, &shown, sight) else {
            return Ok(Err("unfounded"));
        };
        if !self.holds(&text, sight).await? {
            return Ok(Err("unfounded"));
        }
        let view = sight.view();
        let reply = Reply {
            state: if said.known {
                Freshness::Current
            } else {
                Freshness::Unknown
            },
            clock: view
                .snapshot
                .contest
                .as_ref()
                .and_then(|contest| facts::clock_text(contest, view.now)),
            citations,
            text,
        };
        pen.finish(self, &reply.text).await;
        Ok(Ok(reply))
    }

    /// Whether that may be shown as it stands.
    async fn holds(&self, text: &str, sight: &Sight) -> Result<bool, Error> {
        if !check::may_be_shown(text, &self.0.prompt, sight) {
            return Ok(false);
        }
        let Ok(message) = MessageText::parse(text) else {
            return Ok(false);
        };
        let event = sight.snapshot.event.id;
        let judged = self.0.means.judge.judge_own(event, message).await?;
        Ok(judged.is_some_and(|judged| judged.as_str() == text))
    }
}

/// The entries it names. `None`: it was not shown one of them.
fn cited(cites: &[u64], shown: &prompt::Shown, sight: &Sight) -> Option<Vec<Citation>> {
    let view = sight.view();
    let mut citations = Vec::<Citation>::new();
    for seq in cites {
        if !shown.seqs.contains(seq) {
            return None;
        }
        let telling = view.tellings.iter().find(|telling| telling.seq == *seq)?;
        let known = citations.iter().any(|citation| citation.seq == *seq);
        if !known && citations.len() < CITATIONS_MOST {
            citations.push(Citation {
                seq: *seq,
                label: facts::label(telling, view.snapshot.contest.as_ref()),
                at: telling.at,
            });
        }
    }
    Some(citations)
}
