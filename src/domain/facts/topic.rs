//! What a question asks, by what its words mean. The language plays no part.

use super::hear::Heard;
#[allow(clippy::enum_glob_use, reason = "two dozen words that read as what they mean")]
use crate::domain::phrases::Sense::{self, *};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Score,
    Leader,
    Winner,
    Goals,
    Cards,
    Substitutions,
    Clock,
    Start,
    End,
    Duration,
    Venue,
    Participants,
    Presence,
    Poll,
    Rules,
    Slow,
    Links,
    Members,
    Window,
    Happened,
    Statistics,
    Help,
}

/// Words that go with every topic.
const ANYWHERE: &[Sense] = &[Filler, Who, HowMany, Did];

/// What makes a topic (one of the first), and which words may stand beside it. The first that fits is meant.
const TOPICS: &[(Topic, &[Sense], &[Sense])] = &[
    (
        Topic::Poll,
        &[Poll],
        &[Score, Lead, Won, People, Open, Close, Close, Here, Last, End, First],
    ),
    (Topic::Slow, &[Slow], &[Rules, Room, Open]),
    (Topic::Links, &[Links], &[Rules, Room, Open, People]),
    (Topic::Members, &[Members], &[Rules, Room, Open, Play]),
    (Topic::Rules, &[Rules], &[Room, Here]),
    (
        Topic::Cards,
        &[Card, Yellow, Red],
        &[When, Card, Yellow, Red, First, Last, Play, Clock, Score],
    ),
    (Topic::Substitutions, &[Substitution], &[When, First, Last, Play]),
    (Topic::Presence, &[Here], &[People, Room, Play, Members]),
    (Topic::Statistics, &[Statistics], &[Score]),
    (Topic::Happened, &[Happened], &[Last, Score, Room, Here]),
    (Topic::Duration, &[Long], &[Play, Clock, End, Start]),
    (
        Topic::Goals,
        &[Scored, Goal],
        &[When, Score, First, Last, Play, Scored, Goal, Clock],
    ),
    (Topic::Start, &[Start], &[When, Play, Clock]),
    (Topic::End, &[End], &[When, Play, Clock]),
    (Topic::Winner, &[Won], &[Play, Score]),
    (Topic::Leader, &[Lead, Level], &[Score, Play, Level, Lead]),
    (Topic::Score, &[Score], &[Last, Play]),
    (Topic::Clock, &[Clock, Period], &[Play, When, Period, Clock]),
    (Topic::Venue, &[Venue, Where], &[Play, Where, Venue]),
    (Topic::Participants, &[Play], &[]),
    (Topic::Help, &[Help], &[Rules, Room, Here]),
];

pub(super) fn of(heard: &Heard) -> Option<Topic> {
    if let Some(special) = special(heard) {
        return special;
    }
    let fits = |(_, makes, beside): &&(Topic, &[Sense], &[Sense])| {
        let known = |sense: &Sense| makes.contains(sense) || beside.contains(sense) || ANYWHERE.contains(sense);
        heard.has_any(makes) && heard.senses.iter().all(known)
    };
    let topic = TOPICS.iter().find(fits).map(|(topic, ..)| *topic)?;
    is_asked(topic, heard).then_some(topic)
}

/// Where single words mean something else together. The inner `None`: it is nothing that is answered here.
#[expect(clippy::option_option, reason = "the outer says whether it is special at all")]
fn special(heard: &Heard) -> Option<Option<Topic>> {
    if heard.has_any(&[Open, Close])
        && (heard.has(Room) || heard.has_any(&[When, Close]))
        && !heard.has_any(&[Poll, Goal])
    {
        let known = [Room, When, Open, Close, Did, Filler, Here];
        return Some(
            heard
                .senses
                .iter()
                .all(|sense| known.contains(sense))
                .then_some(Topic::Window),
        );
    }
    // "Who scored", "did Reds score", "when did Ana score": a verb. "Who has the better score" is left alone.
    if heard.has(Score) && !heard.has_any(&[Scored, Goal, Poll, Won, Lead, Level, Statistics, Happened, Card]) {
        let known = [Score, Who, When, Did, HowMany, First, Last, Filler, Clock];
        let is_verb = heard.has_any(&[Who, When, HowMany]) || heard.has(Did) && heard.names_somebody();
        if is_verb && heard.senses.iter().all(|sense| known.contains(sense)) {
            return Some(Some(Topic::Goals));
        }
    }
    None
}

/// Whether the words are a question about it, where they may as well be something else.
fn is_asked(topic: Topic, heard: &Heard) -> bool {
    match topic {
        Topic::Presence => heard.has_any(&[Who, HowMany, People, Did]) || heard.words <= 3,
        Topic::Participants => heard.has(Who) || heard.words <= 2,
        Topic::Winner => heard.has_any(&[Who, Did]) || heard.words <= 2,
        Topic::Goals | Topic::Cards => !(heard.has(First) && heard.has(Last)),
        Topic::Score | Topic::Leader => !heard.has(When),
        _ => true,
    }
}

/// The topic of which most is said, whatever else is.
pub(super) fn nearest(heard: &Heard) -> Option<Topic> {
    TOPICS
        .iter()
        .filter(|(topic, ..)| *topic != Topic::Help)
        .find(|(_, makes, _)| heard.has_any(makes))
        .map(|(topic, ..)| *topic)
}
