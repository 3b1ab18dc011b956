//! From facts to words that may be shown: with as many names as the rules of the house let pass.

use crate::{
    domain::{
        EventId,
        assistant::RemarkSource,
        commentary::{Mark, Post},
        phrases::commentary::Naming,
        text::MessageText,
    },
    http::judge::Judge,
    store::Error,
};

/// What is said, and how.
pub(super) struct Worded {
    pub(super) text: MessageText,
    pub(super) naming: Naming,
    pub(super) by: RemarkSource,
}

/// The words of a post. `None`: not even the bare figures may be shown here.
pub(super) async fn of_post(judge: &dyn Judge, event: EventId, post: &Post) -> Result<Option<Worded>, Error> {
    for naming in Naming::ALL {
        let labels = post.citations(naming).into_iter().map(|citation| citation.label);
        let all: Vec<String> = std::iter::once(post.text(naming)).chain(labels).collect();
        // Beside the text stand labels, which people read as well.
        if !may_show(judge, event, &all).await? {
            continue;
        }
        let Ok(text) = MessageText::parse(&all[0]) else {
            continue;
        };
        return Ok(Some(Worded {
            text,
            naming,
            by: RemarkSource::Facts,
        }));
    }
    Ok(None)
}

/// The words of a mark.
pub(super) async fn of_mark(judge: &dyn Judge, event: EventId, mark: &Mark) -> Result<String, Error> {
    for naming in Naming::ALL {
        let text = mark.text(naming);
        if may_show(judge, event, std::slice::from_ref(&text)).await? {
            return Ok(text);
        }
    }
    Ok(mark.text(Naming::Nobody))
}

async fn may_show(judge: &dyn Judge, event: EventId, texts: &[String]) -> Result<bool, Error> {
    for text in texts {
        let Ok(text) = MessageText::parse(text) else {
            return Ok(false);
        };
        let same = text.clone();
        // A text with something masked in it is said without names instead.
        if judge.judge_own(event, text).await?.as_ref() != Some(&same) {
            return Ok(false);
        }
    }
    Ok(true)
}
