//! Events of all kinds, let run by themselves.

use super::*;
use crate::domain::{
    EventId,
    event::{AssistantSettings, EventKind, EventSettings, Transition, Visibility},
    room::RoomSettings,
    screening::Screening,
};

/// 2027-03-28T00:00:00Z: an hour later, clocks in Berlin go from two to three.
const MIDNIGHT: i64 = 1_806_192_000_000;

fn at(minutes: i64) -> Stamp {
    Stamp::from_ms(MIDNIGHT + minutes * 60_000)
}

/// Scheduled in two hours; its room opens an hour before and closes half an hour after.
fn event() -> Event {
    Event {
        id: EventId::generate(),
        slug: "match".into(),
        title: "Match".into(),
        kind: EventKind::Football,
        status: EventStatus::Scheduled,
        participants: Vec::new(),
        venue: None,
        scheduled_at: at(120),
        started_at: None,
        ended_at: None,
        featured: false,
        visibility: Visibility::Public,
        cover_url: None,
        stream_url: None,
        settings: EventSettings {
            opens_before_seconds: 3_600,
            closes_after_seconds: 1_800,
            edit_window_seconds: 300,
            small_room_users: 50,
            room: RoomSettings::default(),
            starts_by_itself: true,
            ends_after_seconds: 0,
            assistant: AssistantSettings::default(),
            screening: Screening::default(),
        },
        version: 1,
        created_at: at(0),
        demo: false,
    }
}

fn pass(event: &mut Event, transition: Transition, now: Stamp) {
    event.status = transition.apply(event.status).unwrap();
    match transition {
        Transition::Start => event.started_at = Some(now),
        Transition::End | Transition::Cancel => event.ended_at = Some(now),
        Transition::Pause | Transition::Resume => {}
    }
}

/// Takes all steps that are due by then; gives them.
fn run(event: &mut Event, told: &mut Told, now: Stamp) -> Vec<Step> {
    let mut steps = Vec::new();
    while let Some(due) = next(event, *told, now).filter(|due| due.at <= now) {
        match due.step {
            Step::Start => pass(event, Transition::Start, now),
            Step::End => pass(event, Transition::End, now),
            Step::Open | Step::Close => {}
        }
        *told = told.after(due.step, event);
        steps.push(due.step);
        assert!(steps.len() < 8, "it comes to an end: {steps:?}");
    }
    steps
}

#[test]
fn an_evening_goes_by_itself_each_step_once() {
    let mut event = event();
    event.settings.ends_after_seconds = 90 * 60;
    let mut told = Told::found(&event, at(0));
    assert_eq!(told, Told::Closed(None));
    for (minutes, steps) in [
        (59, &[][..]),
        (60, &[Step::Open]),
        (61, &[]),
        (119, &[]),
        (120, &[Step::Start]),
        (209, &[]),
        (210, &[Step::End]),
        (239, &[]),
        (240, &[Step::Close]),
        (241, &[]),
        (100_000, &[]),
    ] {
        assert_eq!(
            run(&mut event, &mut told, at(minutes)),
            steps,
            "after {minutes} minutes"
        );
    }
    assert_eq!(next(&event, told, at(100_000)), None);
}

#[test]
fn what_was_missed_happens_once_and_in_order() {
    let mut event = event();
    event.settings.ends_after_seconds = 60;
    let mut told = Told::found(&event, at(0));
    assert_eq!(run(&mut event, &mut told, at(600)), [Step::Open, Step::Start]);
    assert_eq!(event.started_at, Some(at(600)), "it starts when it does");
    assert_eq!(run(&mut event, &mut told, at(640)), [Step::End]);
    assert_eq!(run(&mut event, &mut told, at(700)), [Step::Close]);
}

#[test]
fn the_room_follows_a_kick_off_that_is_moved() {
    let mut event = event();
    let mut told = Told::found(&event, at(0));
    // Earlier, so that it is open at once; then away again, and back to a time when it is open already.
    event.scheduled_at = at(70);
    assert_eq!(run(&mut event, &mut told, at(30)), [Step::Open]);
    event.scheduled_at = at(75);
    assert_eq!(run(&mut event, &mut told, at(31)), [], "still open");
    event.scheduled_at = at(300);
    assert_eq!(run(&mut event, &mut told, at(32)), [Step::Close]);
    assert_eq!(run(&mut event, &mut told, at(239)), []);
    assert_eq!(run(&mut event, &mut told, at(240)), [Step::Open]);
    event.scheduled_at = at(241);
    assert_eq!(run(&mut event, &mut told, at(240)), []);
    assert_eq!(run(&mut event, &mut told, at(241)), [Step::Start]);
    // Once it is live, a new schedule moves nothing.
    event.scheduled_at = at(900);
    assert_eq!(run(&mut event, &mut told, at(242)), []);
}

#[test]
fn a_room_closes_once_and_opens_again_only_if_it_is_given_more_time() {
    let mut event = event();
    let mut told = Told::found(&event, at(0));
    assert_eq!(run(&mut event, &mut told, at(120)), [Step::Open, Step::Start]);
    pass(&mut event, Transition::End, at(130));
    assert_eq!(run(&mut event, &mut told, at(159)), []);
    assert_eq!(run(&mut event, &mut told, at(160)), [Step::Close]);
    event.settings.closes_after_seconds = 3_600;
    assert_eq!(run(&mut event, &mut told, at(170)), [Step::Open]);
    assert_eq!(run(&mut event, &mut told, at(190)), [Step::Close]);
    event.settings.closes_after_seconds = 60;
    assert_eq!(run(&mut event, &mut told, at(191)), []);
    event.settings.closes_after_seconds = 3_660;
    assert_eq!(run(&mut event, &mut told, at(195)), [], "over as well");
}

#[test]
fn a_cancelled_event_closes_if_it_was_open_and_never_opens() {
    let mut early = event();
    let mut told = Told::found(&early, at(0));
    pass(&mut early, Transition::Cancel, at(10));
    assert_eq!(run(&mut early, &mut told, at(900)), []);
    let mut late = event();
    let mut told = Told::found(&late, at(0));
    assert_eq!(run(&mut late, &mut told, at(60)), [Step::Open]);
    pass(&mut late, Transition::Cancel, at(61));
    assert_eq!(run(&mut late, &mut told, at(61)), [Step::Close]);
    assert_eq!(run(&mut late, &mut told, at(900)), []);
}

#[test]
fn instances_whose_clocks_differ_tell_nothing_twice() {
    let mut event = event();
    event.settings.ends_after_seconds = 60;
    let mut told = Told::found(&event, at(0));
    // One is five minutes ahead; the other looks right after it.
    for (minutes, steps) in [
        (60, &[Step::Open][..]),
        (120, &[Step::Start]),
        (121, &[Step::End]),
        (151, &[Step::Close]),
    ] {
        assert_eq!(run(&mut event, &mut told, at(minutes)), steps);
        assert_eq!(
            run(&mut event, &mut told, at(minutes - 5)),
            [],
            "{minutes}, looked at from behind"
        );
    }
}

#[test]
fn hosts_may_be_faster_than_the_timetable() {
    let mut event = event();
    event.settings.ends_after_seconds = 600;
    let mut told = Told::found(&event, at(0));
    pass(&mut event, Transition::Start, at(5));
    assert_eq!(
        run(&mut event, &mut told, at(5)),
        [Step::Open],
        "with its event, the room"
    );
    pass(&mut event, Transition::Pause, at(6));
    assert_eq!(run(&mut event, &mut told, at(14)), []);
    assert_eq!(run(&mut event, &mut told, at(15)), [Step::End], "a pause moves nothing");
    let mut other = self::event();
    other.settings.starts_by_itself = false;
    let mut told = Told::found(&other, at(0));
    assert_eq!(
        run(&mut other, &mut told, at(100_000)),
        [Step::Open],
        "it waits for its host"
    );
}

#[test]
fn the_night_on_which_clocks_change_has_its_own_hours() {
    // In Berlin 01:30 and 03:30 are an hour apart on that night, and the room opens one hour of real time before.
    let mut event = event();
    event.scheduled_at = "2027-03-28T03:30:00+02:00".parse().unwrap();
    assert_eq!(event.scheduled_at, at(90));
    let mut told = Told::found(&event, at(0));
    let opens = next(&event, told, at(0)).unwrap();
    assert_eq!(opens.at, "2027-03-28T01:30:00+01:00".parse().unwrap());
    assert_eq!(run(&mut event, &mut told, at(29)), []);
    assert_eq!(run(&mut event, &mut told, at(30)), [Step::Open]);
    assert_eq!(run(&mut event, &mut told, at(89)), []);
    assert_eq!(run(&mut event, &mut told, at(90)), [Step::Start]);
    // In autumn, 02:30 comes twice; the offset says which.
    let (first, second) = ["2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00"]
        .map(|text| text.parse::<Stamp>().unwrap())
        .into();
    assert_eq!(second, first.plus_ms(3_600_000));
}
