//! Who is here, what is asked of the crowd, and how the room is set.

use super::{Ground, Said, cite, fill, name::shown_long, time_text};
use crate::domain::{
    assistant::Citation,
    entry::Entry,
    poll::{Poll, PollStatus},
    room::{LinkPolicy, RoomWindow},
};

pub(super) fn presence(ground: &Ground<'_>) -> Said {
    let here = ground.view.presence;
    let (viewers, users) = (here.viewers.to_string(), here.users.to_string());
    let text = fill(ground.lines.presence, &[("viewers", &viewers), ("users", &users)]);
    Said::known(text, Vec::new())
}

/// The latest poll: an open one, or else the one that ended last.
pub(super) fn poll(ground: &Ground<'_>) -> Said {
    let polls = &ground.view.snapshot.polls;
    let shown = |poll: &&Poll| poll.status != PollStatus::Retracted;
    let Some(poll) = polls.iter().rev().find(shown) else {
        return Said::unknown(ground.lines.no_poll.to_owned());
    };
    let (lines, question) = (ground.lines, shown_long(&poll.question));
    let votes = |option: &crate::domain::poll::PollOption| {
        let votes = option.votes.filter(|_| poll.results.shown_to_all(poll.status))?;
        Some(format!("{} {votes}", shown_long(&option.text)))
    };
    let told: Option<Vec<String>> = poll.options.iter().map(votes).collect();
    let total = poll.voters.to_string();
    let (line, list) = match told {
        None => (lines.poll_secret, String::new()),
        Some(told) if poll.status == PollStatus::Open => (lines.poll, told.join(", ")),
        Some(told) => (lines.poll_over, told.join(", ")),
    };
    let text = fill(line, &[("question", &question), ("list", &list), ("voters", &total)]);
    let cited = cite::poll(ground.view.tellings, poll.id, &poll.question);
    Said::known(text, cited.into_iter().collect())
}

/// The entry that last said how the room is set; none while it is as it was made.
fn set(ground: &Ground<'_>) -> Vec<Citation> {
    let told = cite::latest(ground.view.tellings, "room.changed", |entry| {
        matches!(entry, Entry::RoomChanged(_))
    });
    told.into_iter().collect()
}

fn slow_line(ground: &Ground<'_>) -> String {
    let seconds = ground.view.snapshot.event.settings.room.slow_mode_seconds;
    if seconds == 0 {
        ground.lines.not_slow.to_owned()
    } else {
        fill(ground.lines.slow, &[("seconds", &seconds.to_string())])
    }
}

fn links_line(ground: &Ground<'_>) -> String {
    let links = ground.view.snapshot.event.settings.room.links;
    let line = if links == LinkPolicy::Everybody {
        ground.lines.links
    } else {
        ground.lines.no_links
    };
    line.to_owned()
}

fn members_line(ground: &Ground<'_>) -> String {
    let only = ground.view.snapshot.event.settings.room.members_only;
    let line = if only {
        ground.lines.members_only
    } else {
        ground.lines.for_everybody
    };
    line.to_owned()
}

pub(super) fn slow(ground: &Ground<'_>) -> Said {
    Said::known(slow_line(ground), set(ground))
}

pub(super) fn links(ground: &Ground<'_>) -> Said {
    Said::known(links_line(ground), set(ground))
}

pub(super) fn members(ground: &Ground<'_>) -> Said {
    Said::known(members_line(ground), set(ground))
}

pub(super) fn rules(ground: &Ground<'_>) -> Said {
    let (room, lines) = (&ground.view.snapshot.event.settings.room, ground.lines);
    let switches = [
        (room.locked, lines.locked),
        (room.emoji_only, lines.emoji_only),
        (room.hold_messages, lines.messages_wait),
    ];
    let on = switches
        .into_iter()
        .filter(|(is_on, _)| *is_on)
        .map(|(_, line)| line.to_owned());
    let all = [members_line(ground), slow_line(ground), links_line(ground)];
    let text: Vec<String> = on.chain(all).collect();
    Said::known(text.join(" "), set(ground))
}

pub(super) fn window(ground: &Ground<'_>) -> Said {
    let (event, lines, now) = (&ground.view.snapshot.event, ground.lines, ground.view.now);
    let window = RoomWindow::of(event);
    let opens = time_text(window.opens_at);
    let first = match window.closes_at {
        Some(closes) if closes <= now => {
            let text = fill(lines.room_closed, &[("time", &time_text(closes))]);
            return Said::known(text, Vec::new());
        }
        _ if window.opens_at > now => fill(lines.room_opens, &[("time", &opens)]),
        _ => fill(lines.room_opened, &[("time", &opens)]),
    };
    let then = if let Some(closes) = window.closes_at {
        fill(lines.room_closes, &[("time", &time_text(closes))])
    } else {
        let minutes = (event.settings.closes_after_seconds / 60).to_string();
        fill(lines.room_stays, &[("minutes", &minutes)])
    };
    Said::known(format!("{first} {then}"), Vec::new())
}
