//! Asking the rules about what somebody says, and doing what they say.

use futures_util::future::BoxFuture;

use super::{Decider, Moderation, NewSanction, marks, past::Speaker, rulebooks::InUse};
use crate::{
    clock,
    domain::{
        EventId, Fault, Reason, Refusal, Stamp, UserId,
        moderation::{Action, Deciding, SanctionKind},
        rulebook::{Newcomer, RaidAction},
        rules::{self, AuthorFacts, History, RuleAction, RuleCode, Utterance, UtteranceKind, Verdict},
        text::{ClientId, MessageText},
        user::Role,
    },
    http::{
        Caller, Problem,
        gate::Admission,
        judge::{Act, Fate, Judge, Judged},
    },
    store::{Error, audit},
};

/// How the record calls what a raid did.
const RAID: &str = "raid";

impl Judge for Moderation {
    fn judge<'a>(
        &'a self,
        admission: &'a Admission,
        caller: &'a Caller,
        text: MessageText,
        act: Act<'a>,
    ) -> BoxFuture<'a, Result<Judged, Problem>> {
        Box::pin(async move {
            let (user, now) = (admission.require_user()?, clock::now());
            if admission.role.is_staff() {
                return Ok(Judged::fine(text));
            }
            let event = admission.event.id;
            let in_use = self.rulebooks.in_use(Some(event)).await?;
            let newcomer = Newcomer {
                user,
                role: admission.role,
                // A guest's id says when it was made, whatever token came later.
                since: marks::made_at(&user.id).or_else(|| caller.identity.since()),
            };
            let (verdict, is_raid) = self
                .hold_against(&in_use, admission, &newcomer, &text, act, now)
                .await?;
            let mut judged = self.outcome(event, &user.id, &verdict, text, act, &in_use).await?;
            if is_raid && newcomer.is_one(now) {
                judged = during_raid(judged, in_use.raid.action, act, &newcomer)?;
            }
            if judged.fate == Fate::Appears && admission.standing.is_shadowed(now) {
                judged.fate = Fate::Shadowed;
            }
            Ok(judged)
        })
    }

    fn judge_own(&self, event: EventId, text: MessageText) -> BoxFuture<'_, Result<Option<MessageText>, Error>> {
        Box::pin(async move {
            let in_use = self.rulebooks.in_use(Some(event)).await?;
            let said = Utterance {
                kind: UtteranceKind::Edit,
                text: text.as_str(),
                // Judged as somebody of whom nothing is known.
                author: AuthorFacts {
                    role: Role::Viewer,
                    guest: false,
                    account_age_seconds: None,
                },
                mentions: 0,
            };
            let verdict = rules::judge(&in_use.compiled, &said, &History::none(), clock::now());
            Ok(match (verdict.action, verdict.masked) {
                (RuleAction::Allow, _) => Some(text),
                (RuleAction::Mask, Some(masked)) => MessageText::parse(&masked).ok(),
                _ => None,
            })
        })
    }

    fn judge_name<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let in_use = self.rulebooks.in_use(None).await?;
            let said = Utterance {
                kind: UtteranceKind::Name,
                text: name,
                author: AuthorFacts {
                    role: Role::Viewer,
                    guest: true,
                    account_age_seconds: Some(0),
                },
                mentions: 0,
            };
            let verdict = rules::judge(&in_use.compiled, &said, &History::none(), clock::now());
            match verdict.code {
                Some(code) if verdict.action > RuleAction::Allow => {
                    Err(Refusal::field("/name", code.name(), code.sentence()).into())
                }
                _ => Ok(()),
            }
        })
    }
}

impl Moderation {
    /// What the rules say, and whether a raid is on. Remembers that it was said.
    async fn hold_against(
        &self,
        in_use: &InUse,
        admission: &Admission,
        newcomer: &Newcomer<'_>,
        text: &MessageText,
        act: Act<'_>,
        now: Stamp,
    ) -> Result<(Verdict, bool), Problem> {
        let event = admission.event.id;
        let speaker = Speaker {
            event,
            user: &newcomer.user.id,
            is_new: newcomer.counts(now),
        };
        let client_id = client_id(act);
        let is_new = matches!(act, Act::Say { .. }) && !self.past.is_repeat(&speaker, client_id);
        let said = Utterance {
            kind: if is_new {
                UtteranceKind::Say
            } else {
                UtteranceKind::Edit
            },
            text: text.as_str(),
            author: AuthorFacts {
                role: admission.role,
                guest: newcomer.user.guest,
                account_age_seconds: newcomer
                    .since
                    .and_then(|since| u64::try_from((now.ms() - since.ms()) / 1_000).ok()),
            },
            mentions: 0,
        };
        let mut is_raid = in_use.raid_until.is_some_and(|until| until > now);
        if !is_new {
            return Ok((rules::judge(&in_use.compiled, &said, &History::none(), now), is_raid));
        }
        let judge = |history: &History<'_>| {
            let verdict = rules::judge(&in_use.compiled, &said, history, now);
            let is_kept = verdict.action < RuleAction::Bounce;
            (verdict, is_kept)
        };
        let (verdict, noted) = self
            .past
            .judge(&speaker, rules::print(text.as_str()), client_id, now, judge);
        let most = usize::try_from(in_use.raid.speakers_per_minute).unwrap_or(usize::MAX);
        if !is_raid && most > 0 && noted.speakers >= most {
            self.start_raid(event, in_use.raid.seconds, None).await?;
            is_raid = true;
        }
        Ok((verdict, is_raid))
    }

    /// Does what the verdict says, as far as it is not for the writer of the message to do.
    async fn outcome(
        &self,
        event: EventId,
        user: &UserId,
        verdict: &Verdict,
        text: MessageText,
        act: Act<'_>,
        in_use: &InUse,
    ) -> Result<Judged, Problem> {
        let Some(code) = verdict.code.filter(|_| verdict.action > RuleAction::Allow) else {
            return Ok(Judged::fine(text));
        };
        let grounds = |action| Deciding {
            user: Some(user.clone()),
            reason: Some(code.sentence().to_owned()),
            code: Some(code.name().to_owned()),
            rule_version: Some(in_use.version),
            ..Deciding::new(action, None)
        };
        let is_edit = matches!(act, Act::Edit(_));
        let (fate, action) = match verdict.action {
            RuleAction::Allow | RuleAction::Mask => (Fate::Appears, Action::MessageMasked),
            RuleAction::Hold if !is_edit => (Fate::Held, Action::MessageHeld),
            RuleAction::Hide if !is_edit => (Fate::Shadowed, Action::MessageShadowed),
            // A message people have seen does not wait or vanish because of a new text: it keeps the old one.
            RuleAction::Hold | RuleAction::Hide | RuleAction::Bounce => {
                self.note_blocked(event, grounds(Action::MessageBlocked), act).await?;
                return Err(blocked(code).into());
            }
            RuleAction::Timeout => {
                let seconds = verdict.timeout_seconds.unwrap_or(300);
                let until = self.time_out(event, user, code, seconds, in_use.version).await?;
                return Err(Refusal { until, ..blocked(code) }.retry_after(seconds).into());
            }
        };
        let (text, original) = match &verdict.masked {
            // The same number of characters, so it is a message as well.
            Some(masked) => (MessageText::parse(masked)?, Some(text.into_string())),
            None => (text, None),
        };
        Ok(Judged {
            text,
            original,
            fate,
            grounds: Some(grounds(action)),
            jobs: Vec::new(),
        })
    }

    async fn note_blocked(&self, event: EventId, deciding: Deciding, act: Act<'_>) -> Result<(), Problem> {
        let message = match act {
            Act::Edit(message) => Some(message),
            Act::Say { .. } => None,
        };
        let decision = Deciding { message, ..deciding }.decided(Some(event), clock::now());
        let write = self.store.write_beside(event, move |txn| {
            Box::pin(async move { audit::write(txn, &decision).await })
        });
        Ok(write.await?)
    }

    async fn time_out(
        &self,
        event: EventId,
        user: &UserId,
        code: RuleCode,
        seconds: u32,
        version: u64,
    ) -> Result<Option<Stamp>, Problem> {
        let new = NewSanction {
            user: user.clone(),
            kind: SanctionKind::Timeout,
            seconds: Some(seconds),
            reason: code.sentence().to_owned(),
            note: None,
            message: None,
            rule: Some((code.name().to_owned(), version)),
        };
        // The house's word goes as far as a moderator's: not against staff.
        let house = Decider {
            id: None,
            role: Role::Moderator,
        };
        Ok(self.sanction(Some(event), new, house).await?.until_at)
    }
}

fn client_id(act: Act<'_>) -> Option<&ClientId> {
    match act {
        Act::Say { client_id } => client_id,
        Act::Edit(_) => None,
    }
}

fn during_raid(judged: Judged, action: RaidAction, act: Act<'_>, newcomer: &Newcomer<'_>) -> Result<Judged, Refusal> {
    let may_write = action == RaidAction::Hold || newcomer.may_write_among_members();
    if !may_write || matches!(act, Act::Edit(_)) {
        let detail = "The room is busy with newcomers; only those who are known may write for now.";
        let fault = Fault::new("/text", RAID, detail);
        return Err(Refusal {
            faults: vec![fault],
            ..Refusal::new(Reason::MessageBlocked, detail)
        });
    }
    if judged.fate != Fate::Appears {
        return Ok(judged);
    }
    let grounds = Deciding {
        user: Some(newcomer.user.id.clone()),
        code: Some(RAID.to_owned()),
        reason: Some("Newcomers' messages wait for a moderator for now.".to_owned()),
        ..Deciding::new(Action::MessageHeld, None)
    };
    Ok(Judged {
        fate: Fate::Held,
        grounds: Some(grounds),
        ..judged
    })
}

fn blocked(code: RuleCode) -> Refusal {
    Refusal {
        faults: vec![Fault::new("/text", code.name(), code.sentence())],
        ..Refusal::new(Reason::MessageBlocked, code.sentence())
    }
}
