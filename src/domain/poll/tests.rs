use super::*;

fn pointer_and_code(refusal: &Refusal) -> (&str, &str) {
    let fault = refusal.faults.first().unwrap();
    (fault.pointer.as_str(), fault.code)
}

#[test]
fn choices_are_options_of_the_poll_each_once() {
    let twenty: Vec<u32> = (1..=20).collect();
    let endless: Vec<u32> = (1..=1_000).collect();
    for (ids, fault) in [
        (&[1][..], None),
        (&[2, 1], None),
        (&[1, 2], None),
        (&[], Some(("/options", "too-few"))),
        (&[3], None),
        (&[1, 2, 3], Some(("/options", "too-many"))),
        (&[4], Some(("/options", "unknown"))),
        (&[0], Some(("/options/0", "unknown"))),
        (&[1, 21], Some(("/options/1", "unknown"))),
        (&[1, u32::MAX], Some(("/options/1", "unknown"))),
        (&[1, 1], Some(("/options/1", "duplicate"))),
        (&twenty, Some(("/options", "unknown"))),
        (&endless, Some(("/options/20", "unknown"))),
    ] {
        let fits = Choices::parse(ids).and_then(|choices| choices.fit(3, 2));
        assert_eq!(fits.as_ref().err().map(pointer_and_code), fault, "{ids:?}");
    }
}

#[test]
fn choices_read_back_as_they_were_kept() {
    for ids in [vec![1], vec![20], vec![3, 7, 19], (1..=20).collect()] {
        let choices = Choices::parse(&ids).unwrap();
        assert_eq!(Choices::from_bits(choices.bits()), Some(choices));
        assert_eq!(choices.ids(), ids);
    }
    for bits in [0, 1, -1, 1 << 21, i64::MAX, i64::MIN] {
        assert_eq!(Choices::from_bits(bits), None, "{bits}");
    }
}

fn new_poll() -> NewPoll {
    NewPoll {
        question: "Who wins?".into(),
        options: vec!["Home".into(), "Away".into()],
        max_choices: 1,
        results: PollResults::Live,
        change_allowed: false,
        guests: true,
        closing: Closing::ByHand,
    }
}

#[test]
fn a_poll_says_what_is_wrong_with_it() {
    type Change = fn(&mut NewPoll);
    let cases: [(Change, &str, &str); 13] = [
        (|poll| poll.question = " \n ".into(), "/question", "empty"),
        (|poll| poll.question = "a".repeat(301), "/question", "too-long"),
        (|poll| poll.options.truncate(1), "/options", "out-of-range"),
        (|poll| poll.options.clear(), "/options", "out-of-range"),
        (
            |poll| poll.options = (0..21).map(|n| n.to_string()).collect(),
            "/options",
            "out-of-range",
        ),
        (|poll| poll.options[1] = String::new(), "/options/1", "empty"),
        (|poll| poll.options[1] = "b".repeat(121), "/options/1", "too-long"),
        (|poll| poll.options[1] = " Home ".into(), "/options/1", "duplicate"),
        (|poll| poll.max_choices = 0, "/max_choices", "out-of-range"),
        (|poll| poll.max_choices = 3, "/max_choices", "out-of-range"),
        (|poll| poll.max_choices = u32::MAX, "/max_choices", "out-of-range"),
        (
            |poll| poll.closing = Closing::After(0),
            "/open_for_seconds",
            "out-of-range",
        ),
        (
            |poll| poll.closing = Closing::After(OPEN_SECONDS_MAX + 1),
            "/open_for_seconds",
            "out-of-range",
        ),
    ];
    for (change, pointer, code) in cases {
        let mut poll = new_poll();
        change(&mut poll);
        let refusal = poll.clone().check().unwrap_err();
        assert_eq!(pointer_and_code(&refusal), (pointer, code), "{poll:?}");
    }
    let mut untidy = new_poll();
    untidy.question = "  Who  wins? ".into();
    untidy.options[0] = "\u{200b}Home ".into();
    let tidy = untidy.check().unwrap();
    assert_eq!(tidy.options[0].trim(), tidy.options[0]);
    assert_eq!(tidy.question.trim(), tidy.question);
}

#[test]
fn a_poll_closes_in_the_future_or_by_hand() {
    let now = Stamp::from_ms(1_781_204_400_000);
    let thirty_days_ms = i64::from(OPEN_SECONDS_MAX) * 1_000;
    for (closing, after_ms) in [
        (Closing::ByHand, Some(None)),
        (Closing::After(1), Some(Some(1_000))),
        (Closing::At(now.plus_ms(1)), Some(Some(1))),
        (Closing::At(now.plus_ms(thirty_days_ms)), Some(Some(thirty_days_ms))),
        (Closing::At(now), None),
        (Closing::At(now.plus_ms(-1)), None),
        (Closing::At(now.plus_ms(thirty_days_ms + 1)), None),
    ] {
        let poll = NewPoll { closing, ..new_poll() };
        let closes_at = poll.closes_at(now).ok();
        assert_eq!(
            closes_at,
            after_ms.map(|ms| ms.map(|ms| now.plus_ms(ms))),
            "{closing:?}"
        );
    }
}

#[test]
fn a_poll_takes_votes_up_to_its_last_moment() {
    use PollStatus as S;
    let at = Stamp::from_ms;
    for (status, closes_at, now, open) in [
        (S::Open, None, 0, true),
        (S::Open, Some(10), 9, true),
        (S::Open, Some(10), 10, false),
        (S::Open, Some(10), 11, false),
        (S::Closed, None, 0, false),
        (S::Closed, Some(10), 5, false),
        (S::Retracted, Some(10), 5, false),
    ] {
        let taken = require_open(status, closes_at.map(at), at(now)).is_ok();
        assert_eq!(taken, open, "{status:?} {closes_at:?} at {now}");
    }
}

#[test]
fn votes_are_shown_when_the_poll_says_so() {
    use PollStatus as S;
    for (results, status, shown) in [
        (PollResults::Live, S::Open, true),
        (PollResults::Live, S::Closed, true),
        (PollResults::Live, S::Retracted, false),
        (PollResults::WhenClosed, S::Open, false),
        (PollResults::WhenClosed, S::Closed, true),
        (PollResults::WhenClosed, S::Retracted, false),
    ] {
        assert_eq!(results.shown_to_all(status), shown, "{results:?} {status:?}");
    }
}
