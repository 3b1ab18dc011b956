//! The end of a session: a summary and a score sheet by the model, held to the criteria.

use super::{Personas, prompt, rows, rows::Held, turn::TRIES};
use crate::{
    clock,
    domain::{
        entry::Entry,
        persona::{ScoreSheet, SessionStatus},
        text::MessageText,
    },
    store::Error,
};

impl Personas {
    /// Writes the score sheet, or why there is none.
    pub(super) async fn score(&self, held: &Held) -> Result<(), Error> {
        let lines = rows::lines(self.means.store.reader(), held.event, prompt::LINES_MOST).await?;
        let ask = prompt::score(held, &lines, self.means.deadline);
        let sheet = match self.means.llm.ask(ask).await {
            Ok(answer) => match ScoreSheet::read(&answer.text, &held.sheet.criteria) {
                Some(sheet) => self.fit(held, sheet).await?,
                None => Err("rubbish"),
            },
            Err(error) => Err(error.code()),
        };
        let (event, failures) = (held.event, held.failures + 1);
        let recorded = self.means.stream.record(event, move |scribe| {
            Box::pin(async move {
                let Some(mut held) = rows::find_held(scribe.txn(), scribe.event()).await? else {
                    return Ok(());
                };
                if held.status != SessionStatus::Scoring {
                    return Ok(());
                }
                match sheet {
                    Ok(sheet) => {
                        scribe.say(&Entry::SessionScored(sheet.clone()));
                        held.status = SessionStatus::Scored;
                        held.score = Some(sheet);
                    }
                    Err(code) if failures < TRIES && !matches!(code, "disabled" | "budget") => {
                        held.failures = failures;
                        held.due_ms = clock::now().ms() + (500 << failures.clamp(0, 6));
                    }
                    Err(code) => {
                        held.status = SessionStatus::Unscored;
                        held.reason = Some(code.to_owned());
                    }
                }
                rows::update(scribe.txn(), &held).await
            })
        });
        recorded.await?;
        Ok(())
    }

    /// What the rules of the house refuse is not shown, in whatever part it stands.
    async fn fit(&self, held: &Held, sheet: ScoreSheet) -> Result<Result<ScoreSheet, &'static str>, Error> {
        let comments = sheet.criteria.iter().map(|one| one.comment.as_str());
        for text in std::iter::once(sheet.summary.as_str())
            .chain(comments)
            .filter(|text| !text.is_empty())
        {
            let Ok(text) = MessageText::parse(text) else {
                return Ok(Err("unfit"));
            };
            if self.means.judge.judge_own(held.event, text).await?.is_none() {
                return Ok(Err("unfit"));
            }
        }
        Ok(Ok(sheet))
    }
}
