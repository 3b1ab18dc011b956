//! What everybody could see at one place in the log, moved on entry by entry.
//!
//! Folded from the log's first entry on, this gives the snapshot that was there when the log ended at that place, but for
//! two things. Whoever was present then is not in the log. And what was taken away since has lost its text in the log as
//! well, so it is shown without: what is gone stays gone.

use std::collections::VecDeque;

use super::{RECENT_MESSAGES, Snapshot};
use crate::domain::{
    Cursor, MessageId, Stamp,
    badge::Awards,
    chat::{Message, MessageStatus},
    contest::{ContestState, Scoreboard},
    entry::{Entry, MessageGone},
    event::Event,
    poll::{Poll, PollStatus, PollTotals, RECENT_POLLS},
    presence::PresenceCounts,
    reaction::Applause,
    room::RoomWindow,
};

/// Messages kept, so that the window stays full when some move to its end: what was hidden and is shown again.
const KEPT_MESSAGES: u64 = 2 * RECENT_MESSAGES;

/// The public state of an event after some entry of its log.
#[derive(Debug, Clone)]
pub struct Past {
    event: Event,
    contest: Option<Scoreboard>,
    messages: VecDeque<Message>,
    pinned: Vec<Message>,
    applause: Applause,
    message_count: u64,
    badges: Vec<Awards>,
    polls: Vec<Poll>,
}

impl Past {
    /// After the first entry of its log. `None`: a log does not begin like this.
    #[must_use]
    pub fn begins(first: Entry) -> Option<Self> {
        let Entry::EventCreated(created) = first else {
            return None;
        };
        let event = created.event;
        // An event of a sport is born with its contest, and nothing is said of that.
        let contest = || ContestState::new(event.kind, &event.participants, event.created_at).scoreboard();
        Some(Self {
            contest: event.kind.has_contest().then(contest),
            event,
            messages: VecDeque::new(),
            pinned: Vec::new(),
            applause: Applause::new(),
            message_count: 0,
            badges: Vec::new(),
            polls: Vec::new(),
        })
    }

    /// The snapshot of this place as it was at that moment.
    #[must_use]
    pub fn snapshot(&self, cursor: Cursor, at: Stamp, presence: Option<PresenceCounts>) -> Snapshot {
        let older = (self.messages.len() as u64).saturating_sub(RECENT_MESSAGES);
        let older = usize::try_from(older).unwrap_or(0);
        Snapshot {
            cursor,
            event: self.event.clone(),
            room: RoomWindow::of(&self.event).at(at),
            contest: self.contest.clone(),
            messages: self.messages.range(older..).cloned().collect(),
            pinned: self.pinned.clone(),
            held: None,
            applause: self.applause.clone(),
            message_count: self.message_count,
            presence,
            badges: self.badges.clone(),
            polls: self.polls.clone(),
        }
    }

    /// Takes one public entry in.
    pub fn fold(&mut self, entry: &Entry) {
        match entry {
            Entry::EventCreated(now)
            | Entry::EventUpdated(now)
            | Entry::EventStarted(now)
            | Entry::EventPaused(now)
            | Entry::EventResumed(now)
            | Entry::EventEnded(now)
            | Entry::EventCancelled(now) => self.event.clone_from(&now.event),
            Entry::MessageCreated(said) | Entry::MessageReleased(said) => self.appears(&said.message),
            Entry::MessageUpdated(said) => self.is_updated(&said.message),
            Entry::MessageDeleted(gone) | Entry::MessageHidden(gone) => self.disappears(gone),
            Entry::ReactionsChanged(changed) => {
                for told in &changed.messages {
                    self.each(told.message_id, |message| {
                        // What was counted before it was gone may be told after.
                        if message.status == MessageStatus::Active {
                            message.reactions.clone_from(&told.reactions);
                        }
                    });
                }
            }
            Entry::ApplauseChanged(changed) => self.applause.clone_from(&changed.applause),
            Entry::BadgesChanged(changed) => self.has_awards(&changed.awards),
            Entry::PollOpened(told) => self.polls.push(told.poll.clone()),
            Entry::PollChanged(changed) => changed.polls.iter().for_each(|told| self.counts(told)),
            Entry::PollClosed(told) | Entry::PollRetracted(told) => self.poll_ends(&told.poll),
            Entry::RoomChanged(changed) => {
                self.event.settings.room = changed.room;
                self.event.version = changed.version;
            }
            Entry::IncidentRecorded(_)
            | Entry::IncidentCorrected(_)
            | Entry::IncidentRetracted(_)
            | Entry::ScoreChanged(_)
            | Entry::ClockChanged(_)
            | Entry::ContestChanged(_) => self.contest_goes_on(entry),
            // The window of a room follows from the event; the rest is for staff.
            Entry::RoomOpened(_)
            | Entry::RoomClosed(_)
            | Entry::MessageHeld(_)
            | Entry::ModerationDecided(_)
            | Entry::ReportFiled(_)
            | Entry::AppealFiled(_)
            // Its words are a message.
            | Entry::AssistantAnswered(_)
            // A page of its own.
            | Entry::SessionScored(_) => {}
        }
    }

    /// A message will be gone further on in the log: its text is not shown any more, also where it still stood.
    pub fn forget(&mut self, gone: &MessageGone) {
        self.each(gone.message_id, |message| {
            message.text.clear();
            message.mentions.clear();
            message.assistant = None;
            message.status = gone.by.leaves();
        });
    }

    fn each(&mut self, id: MessageId, mut change: impl FnMut(&mut Message)) {
        let known = self.messages.iter_mut().chain(&mut self.pinned);
        known.filter(|message| message.id == id).for_each(&mut change);
    }

    fn counts_reply(&mut self, parent: Option<MessageId>, more: bool) {
        let Some(parent) = parent else { return };
        self.each(parent, |message| {
            let count = message.reply_count;
            message.reply_count = if more { count + 1 } else { count.saturating_sub(1) };
        });
    }

    fn appears(&mut self, message: &Message) {
        self.counts_reply(message.parent_id, true);
        // What was hidden comes back at another place.
        self.messages.retain(|known| known.id != message.id);
        self.messages.push_back(message.clone());
        if self.messages.len() as u64 > KEPT_MESSAGES {
            self.messages.pop_front();
        }
        self.message_count += 1;
    }

    fn is_updated(&mut self, message: &Message) {
        for known in self.messages.iter_mut().filter(|known| known.id == message.id) {
            known.clone_from(message);
        }
        self.pinned.retain(|known| known.id != message.id);
        if message.pinned {
            self.pinned.push(message.clone());
            self.pinned.sort_by_key(|message| message.seq);
        }
    }

    fn disappears(&mut self, gone: &MessageGone) {
        self.each(gone.message_id, |message| {
            message.status = gone.by.leaves();
            message.text.clear();
            message.mentions.clear();
            message.assistant = None;
            message.pinned = false;
            message.reactions.clear();
        });
        self.pinned.retain(|known| known.id != gone.message_id);
        self.counts_reply(gone.parent_id, false);
        self.message_count = self.message_count.saturating_sub(1);
    }

    fn has_awards(&mut self, awards: &Awards) {
        self.badges.retain(|known| known.user_id != awards.user_id);
        if !awards.badges.is_empty() {
            self.badges.push(awards.clone());
            self.badges.sort_by(|one, other| one.user_id.cmp(&other.user_id));
        }
    }

    fn counts(&mut self, told: &PollTotals) {
        for poll in self.polls.iter_mut().filter(|poll| poll.id == told.poll_id) {
            poll.voters = told.voters;
            for votes in told.options.iter().flatten() {
                let options = poll.options.iter_mut().filter(|option| option.id == votes.id);
                options.for_each(|option| option.votes = Some(votes.votes));
            }
        }
    }

    /// Those that are over stand before the open ones, in the order in which they ended.
    fn poll_ends(&mut self, poll: &Poll) {
        let Some(place) = self.polls.iter().position(|known| known.id == poll.id) else {
            return;
        };
        if self.polls.remove(place).status != PollStatus::Open {
            return self.polls.insert(place, poll.clone());
        }
        let over = self.polls.iter().filter(|poll| poll.status != PollStatus::Open).count();
        self.polls.insert(over, poll.clone());
        if over as u64 >= RECENT_POLLS {
            self.polls.remove(0);
        }
    }

    fn contest_goes_on(&mut self, entry: &Entry) {
        match (&mut self.contest, entry) {
            (Some(board), _) => board.fold(entry),
            (None, Entry::ContestChanged(changed)) => self.contest = Some(changed.contest.clone()),
            (None, _) => {}
        }
    }
}
