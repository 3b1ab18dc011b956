//! The lobby: the public events that are live, soon or just over, a line each; and what people follow.

use serde::{Deserialize, Serialize};

use super::{
    EventId, Stamp,
    contest::{Clock, ContestResult, Period, ScoreLine, Scoreboard},
    entry::{PerchHeartbeat, PerchReady, StreamBye},
    event::{Event, EventKind, EventStatus, Participant},
    presence::PresenceCounts,
};

/// How many are in an event, over all instances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Turnout {
    /// Open streams, those of strangers included.
    pub connections: u64,
    /// Signed-in people among them.
    pub users: u64,
}

impl From<PresenceCounts> for Turnout {
    fn from(counts: PresenceCounts) -> Self {
        Self {
            connections: counts.viewers,
            users: counts.users,
        }
    }
}

/// An event in one line, as lists of events show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct LobbyEvent {
    pub id: EventId,
    pub slug: String,
    pub title: String,
    pub kind: EventKind,
    pub status: EventStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover_url: Option<String>,
    /// The scheduled start.
    pub starts_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Stamp>,
    pub participants: Vec<Participant>,
    pub featured: bool,
    pub demo: bool,
    /// As in the scoreboard; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Vec<ScoreLine>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// The latest period, running or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ContestResult>,
    pub viewers: Turnout,
    /// When the event or its contest was changed last; viewers aside.
    pub changed_at: Stamp,
}

impl LobbyEvent {
    /// The line of an event, with nobody in it yet.
    #[must_use]
    pub fn of(event: Event, contest: Option<Scoreboard>, changed_at: Stamp) -> Self {
        let mut line = Self {
            id: event.id,
            slug: event.slug,
            title: event.title,
            kind: event.kind,
            status: event.status,
            venue: event.venue,
            cover_url: event.cover_url,
            starts_at: event.scheduled_at,
            started_at: event.started_at,
            ended_at: event.ended_at,
            participants: event.participants,
            featured: event.featured,
            demo: event.demo,
            score: None,
            clock: None,
            period: None,
            result: None,
            viewers: Turnout::default(),
            changed_at,
        };
        if let Some(contest) = contest {
            line.score = Some(contest.score);
            line.clock = Some(contest.clock);
            line.period = contest.period;
            line.result = contest.result;
        }
        line
    }

    /// Title, venue and names in lower case, for [`LobbyFilter::admits`].
    #[must_use]
    pub fn words(&self) -> String {
        let names = self
            .participants
            .iter()
            .flat_map(|participant| [Some(&participant.name), participant.short_name.as_ref()]);
        let texts = [Some(&self.title), self.venue.as_ref()].into_iter().chain(names);
        texts.flatten().map(|text| text.to_lowercase() + "\n").collect()
    }
}

/// All events of the lobby that pass the filter; at the beginning, and whenever the reader has fallen behind. Takes the place
/// of everything said before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct LobbySnapshot {
    /// What is live, then what is soon, then what is just over; at most 200.
    pub events: Vec<LobbyEvent>,
}

/// What changed since the last frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct LobbyChanged {
    /// New ones and changed ones, each whole.
    pub events: Vec<LobbyEvent>,
    /// Those that are not in the lobby any more.
    pub gone: Vec<EventId>,
}

closed_list! {
    /// What the lobby's stream says.
    LobbySignal, LobbySignalKind {
        StreamReady(PerchReady) = "stream.ready",
        LobbySnapshot(LobbySnapshot) = "lobby.snapshot",
        LobbyChanged(LobbyChanged) = "lobby.changed",
        StreamHeartbeat(PerchHeartbeat) = "stream.heartbeat",
        StreamBye(StreamBye) = "stream.bye",
    }
}

/// Where in the lobby, or in a feed, an event stands. In this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum When {
    /// Live or paused.
    Live,
    /// Scheduled.
    Next,
    /// Completed or cancelled.
    Ended,
}

impl When {
    pub const ALL: [Self; 3] = [Self::Live, Self::Next, Self::Ended];

    /// The statuses of events that stand there.
    #[must_use]
    pub const fn statuses(self) -> &'static [EventStatus] {
        match self {
            Self::Live => &[EventStatus::Live, EventStatus::Paused],
            Self::Next => &[EventStatus::Scheduled],
            Self::Ended => &[EventStatus::Completed, EventStatus::Cancelled],
        }
    }
}

/// Which events of the lobby somebody wants to see. Equal ones are written equally, so that people share what is made for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LobbyFilter {
    statuses: Vec<EventStatus>,
    kind: Option<EventKind>,
    participant: Option<String>,
    text: Option<String>,
}

impl LobbyFilter {
    /// Texts are looked for without regard to case; an empty one asks for nothing.
    #[must_use]
    pub fn new(
        mut statuses: Vec<EventStatus>,
        kind: Option<EventKind>,
        participant: Option<&str>,
        text: Option<&str>,
    ) -> Self {
        statuses.sort_unstable_by_key(|status| status.name());
        statuses.dedup();
        let wanted = |text: Option<&str>| {
            let text = text?.trim().to_lowercase();
            (!text.is_empty()).then_some(text)
        };
        Self {
            statuses,
            kind,
            participant: wanted(participant),
            text: wanted(text),
        }
    }

    /// Whether it looks for words. There are only so many filters that do not.
    #[must_use]
    pub const fn seeks_words(&self) -> bool {
        self.participant.is_some() || self.text.is_some()
    }

    /// Whether the event passes; `words` are its [`LobbyEvent::words`].
    #[must_use]
    pub fn admits(&self, event: &LobbyEvent, words: &str) -> bool {
        let takes_part = |wanted: &str| {
            event.participants.iter().any(|participant| {
                let names = [Some(&participant.name), participant.short_name.as_ref()];
                participant.id == wanted
                    || names
                        .into_iter()
                        .flatten()
                        .any(|name| name.to_lowercase().contains(wanted))
            })
        };
        (self.statuses.is_empty() || self.statuses.contains(&event.status))
            && self.kind.is_none_or(|kind| kind == event.kind)
            && self.text.as_deref().is_none_or(|text| words.contains(text))
            && self.participant.as_deref().is_none_or(takes_part)
    }
}

/// What can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum FollowKind {
    Event,
    /// A team, a fighter, a player: whoever has that id in an event. Hosts give the same one the same id.
    Participant,
}

impl FollowKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Participant => "participant",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Event, Self::Participant]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// Something that somebody follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Follow {
    pub kind: FollowKind,
    /// The event's id, or the participant's.
    pub id: String,
    pub since_at: Stamp,
}

/// An event in somebody's feed, and why it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct FeedItem {
    pub when: When,
    pub event: LobbyEvent,
    /// The event itself is followed.
    pub follows_event: bool,
    /// Those of its participants who are followed, by their ids.
    pub follows_participants: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn match_of(home: &str, away: &str) -> LobbyEvent {
        let participant = |id: &str, name: &str| Participant {
            id: id.to_owned(),
            name: name.to_owned(),
            short_name: None,
            image_url: None,
        };
        LobbyEvent {
            id: EventId::generate(),
            slug: "derby".to_owned(),
            title: "The Derby".to_owned(),
            kind: EventKind::Football,
            status: EventStatus::Live,
            venue: Some("Ärena".to_owned()),
            cover_url: None,
            starts_at: Stamp::from_ms(0),
            started_at: None,
            ended_at: None,
            participants: vec![participant("h", home), participant("a", away)],
            featured: false,
            demo: false,
            score: None,
            clock: None,
            period: None,
            result: None,
            viewers: Turnout::default(),
            changed_at: Stamp::from_ms(0),
        }
    }

    #[test]
    fn a_filter_admits_what_fits_in_every_way() {
        use EventStatus as S;
        let event = match_of("Bayern", "São Paulo");
        let words = event.words();
        let check = |statuses: &[S], kind, participant, text, admits: bool| {
            let filter = LobbyFilter::new(statuses.to_vec(), kind, participant, text);
            assert_eq!(filter.admits(&event, &words), admits, "{filter:?}");
        };
        check(&[], None, None, None, true);
        check(&[S::Scheduled, S::Live], None, None, None, true);
        check(&[S::Scheduled], None, None, None, false);
        check(&[], Some(EventKind::Football), None, None, true);
        check(&[], Some(EventKind::Mma), None, None, false);
        check(&[], None, Some("h"), None, true);
        check(&[], None, Some(" sÃO "), None, true);
        check(&[], None, Some("derby"), None, false);
        check(&[], None, None, Some("derby"), true);
        check(&[], None, None, Some("äRENA"), true);
        check(&[], None, None, Some("bayern"), true);
        check(&[], None, None, Some("  "), true);
        check(&[], None, Some("bayern"), Some("celtic"), false);
    }

    #[test]
    fn equal_wishes_are_one_filter() {
        use EventStatus as S;
        let one = LobbyFilter::new(vec![S::Paused, S::Live, S::Live], None, Some("Bayern "), Some(""));
        let other = LobbyFilter::new(vec![S::Live, S::Paused], None, Some("bayern"), None);
        assert_eq!(one, other);
        assert!(one.seeks_words() && !LobbyFilter::default().seeks_words());
    }
}
