//! Rule sets themselves: what is refused in them, how an event's lie above the house's, trying a change.

use super::{
    super::{FloodRule, LinkMode, LinkRule, RuleCode, TextPattern, Told, compare, print},
    *,
};

fn pattern(text: &str, action: RuleAction) -> TextPattern {
    TextPattern {
        name: "pattern".into(),
        category: RuleCategory::Privacy,
        severity: RuleSeverity::High,
        action,
        timeout_seconds: None,
        pattern: text.into(),
    }
}

fn faults(set: &RuleSet) -> Vec<(String, &'static str)> {
    let faults = Compiled::new(set).unwrap_err();
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

#[test]
fn every_wrong_field_is_named() {
    let set = RuleSet {
        timeout_seconds: 0,
        words: vec![
            list("Bad Name", RuleAction::Mask, &[]),
            list("twice", RuleAction::Mask, &[]),
            list("twice", RuleAction::Mask, &[]),
        ],
        patterns: vec![pattern("", RuleAction::Mask)],
        links: Some(LinkRule {
            mode: LinkMode::Listed,
            domains: vec!["example.org".into(), "https://example.org".into()],
            newcomer_seconds: None,
            action: RuleAction::Hold,
        }),
        flood: Some(FloodRule {
            messages: 32,
            seconds: 601,
            action: RuleAction::Mask,
        }),
        ..RuleSet::empty()
    };
    let expected = [
        ("/timeout_seconds", "out-of-range"),
        ("/words/0/name", "malformed"),
        ("/words/2/name", "duplicate"),
        ("/patterns/0/pattern", "out-of-range"),
        ("/links/domains/1", "malformed"),
        ("/flood/messages", "out-of-range"),
        ("/flood/seconds", "out-of-range"),
        ("/flood/action", "unsupported"),
    ];
    assert_eq!(faults(&set), expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn words_that_cannot_be_looked_for_are_refused() {
    let long = "a b".repeat(40);
    let words = [
        "ok", "a", "", "*", "f*ck", "sh!t", "…", &long, "ok then", "é", "死", "-",
    ];
    let set = RuleSet {
        words: vec![list("words", RuleAction::Mask, &words)],
        allowed: vec!["x".into()],
        ..RuleSet::empty()
    };
    let wrong: Vec<String> = faults(&set).into_iter().map(|(pointer, _)| pointer).collect();
    let expected: Vec<String> = [1, 2, 3, 4, 5, 6, 7, 9, 11]
        .map(|index| format!("/words/0/words/{index}"))
        .into();
    assert_eq!(wrong, [expected, vec!["/allowed/0".into()]].concat());
}

#[test]
fn patterns_are_bounded() {
    for (text, code) in [
        ("(", "malformed"),
        ("a*", "malformed"),
        (r"(\w)\1", "malformed"),
        (r"(?=a)b", "malformed"),
        (r"((\w{99}){99}){99}", "too-large"),
        (&format!("{}a{}", "(".repeat(50), ")".repeat(50)), "malformed"),
    ] {
        let set = RuleSet {
            patterns: vec![pattern(text, RuleAction::Hold)],
            ..RuleSet::empty()
        };
        assert_eq!(faults(&set), [("/patterns/0/pattern".to_owned(), code)], "{text}");
    }
    let rules = Compiled::new(&RuleSet {
        patterns: vec![pattern(r"\b\d{3}-\d{4}\b|call me", RuleAction::Mask)],
        ..RuleSet::empty()
    })
    .unwrap();
    let verdict = judged(&rules, "CALL ME at 555-1234, ok");
    assert_eq!(verdict.masked.as_deref(), Some("**** ** at ********, ok"));
    assert_eq!(
        (verdict.findings[0].rule.as_str(), verdict.code),
        ("pattern", Some(RuleCode::Pattern))
    );
}

#[test]
fn the_strongest_action_wins_and_what_is_masked_stays_masked() {
    let mut timeout = list("hard", RuleAction::Timeout, &["villain"]);
    timeout.timeout_seconds = Some(60);
    let set = RuleSet {
        version: 7,
        words: vec![
            list("noted", RuleAction::Allow, &["meh"]),
            list("soft", RuleAction::Mask, &["idiot"]),
            list("held", RuleAction::Hold, &["moron"]),
            timeout,
        ],
        ..RuleSet::empty()
    };
    let rules = Compiled::new(&set).unwrap();
    for (text, action, masked) in [
        ("fine", RuleAction::Allow, None),
        ("meh", RuleAction::Allow, None),
        ("meh idiot", RuleAction::Mask, Some("meh *****")),
        ("idiot moron", RuleAction::Hold, Some("***** moron")),
        ("moron villain", RuleAction::Timeout, None),
    ] {
        let verdict = judged(&rules, text);
        assert_eq!(
            (verdict.action, verdict.masked.as_deref(), verdict.rules_version),
            (action, masked, 7),
            "{text}"
        );
    }
    assert_eq!(judged(&rules, "villain").timeout_seconds, Some(60));
    assert_eq!(judged(&rules, "meh").findings.len(), 1);
    assert!(judged(&rules, "idiot").passes() && !judged(&rules, "moron").passes());
}

#[test]
fn an_events_rules_lie_above_the_houses() {
    let house = RuleSet {
        version: 3,
        words: vec![
            list("a", RuleAction::Hold, &["idiot"]),
            list("b", RuleAction::Hold, &["moron"]),
        ],
        ..RuleSet::house()
    };
    let mut event = RuleSet {
        version: 5,
        words: vec![list("a", RuleAction::Allow, &["idiot"])],
        allowed: vec!["moron".into()],
        ..RuleSet::empty()
    };
    let both = Compiled::layered(&house, &event).unwrap();
    assert_eq!(judged(&both, "idiot").action, RuleAction::Allow);
    assert_eq!(judged(&both, "moron").action, RuleAction::Allow);
    let verdict = judged(&both, "fine");
    assert_eq!((verdict.rules_version, verdict.house_version), (5, Some(3)));
    assert_eq!(both.set().flood, house.flood);
    event.inherit = false;
    let alone = Compiled::layered(&house, &event).unwrap();
    assert_eq!(alone.set(), &event);
    assert_eq!(judged(&alone, "fine").house_version, None);
}

#[test]
fn a_full_house_below_a_full_event_still_compiles() {
    let full = |prefix: &str, count: usize| RuleSet {
        words: (0..20)
            .map(|index| list(&format!("{prefix}-{index}"), RuleAction::Hold, &vec!["word"; count]))
            .collect(),
        allowed: vec!["word".into(); 2_000],
        ..RuleSet::house()
    };
    assert!(Compiled::layered(&full("house", 250), &full("event", 250)).is_ok());
}

#[test]
fn sets_are_written_as_json_and_short_ones_are_enough() {
    let set: RuleSet =
        serde_json::from_str(r#"{"words":[{"name":"x","category":"insult","action":"mask","words":["idiot"]}]}"#)
            .unwrap();
    assert_eq!(
        (set.inherit, set.timeout_seconds, set.words[0].severity),
        (true, 300, RuleSeverity::Medium)
    );
    let house = serde_json::to_string(&RuleSet::house()).unwrap();
    assert_eq!(serde_json::from_str::<RuleSet>(&house).unwrap(), RuleSet::house());
    assert!(serde_json::from_str::<RuleSet>(r#"{"flod":{}}"#).is_err());
}

#[test]
fn a_change_can_be_tried_on_what_was_said() {
    let old = Compiled::new(&RuleSet {
        words: vec![list("w", RuleAction::Mask, &["idiot", "moron"])],
        ..RuleSet::empty()
    })
    .unwrap();
    let new = Compiled::new(&RuleSet {
        words: vec![list("w", RuleAction::Hold, &["idiot"])],
        flood: Some(FloodRule {
            messages: 3,
            seconds: 60,
            action: RuleAction::Bounce,
        }),
        ..RuleSet::empty()
    })
    .unwrap();
    let texts = ["hello", "idiot", "moron", "a fourth", "a fifth"];
    let told: Vec<Told<'_>> = texts
        .iter()
        .map(|text| Told {
            said: says(text),
            author_key: 1,
            at: now(),
        })
        .collect();
    let changes: Vec<_> = compare(&old, &new, &told)
        .into_iter()
        .map(|change| {
            (
                change.index,
                change.before.action,
                change.after.action,
                change.is_stricter(),
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            (1, RuleAction::Mask, RuleAction::Hold, true),
            (2, RuleAction::Mask, RuleAction::Allow, false),
            (3, RuleAction::Allow, RuleAction::Bounce, true),
            (4, RuleAction::Allow, RuleAction::Bounce, true),
        ]
    );
}

#[test]
fn the_house_masks_abuse_and_holds_the_worst() {
    let house = Compiled::new(&RuleSet::house()).unwrap();
    for (text, action) in [
        ("what a f*cking sh1t", RuleAction::Mask),
        ("Hurensohn", RuleAction::Mask),
        ("kill yourself", RuleAction::Hold),
        ("Töte dich selbst? nein: bring dich um", RuleAction::Hold),
        ("死ね", RuleAction::Hold),
        ("死ねない", RuleAction::Allow),
        ("I could kill for a pizza", RuleAction::Allow),
        ("damn, what a goal", RuleAction::Allow),
        ("Scunthorpe", RuleAction::Allow),
    ] {
        assert_eq!(judged(&house, text).action, action, "{text}");
    }
}

#[test]
fn prints_know_a_text_again_and_never_change() {
    for (one, other, same) in [
        ("Buy now!", "B.U.Y  n o w", true),
        ("gooooal", "GOOOOOOAL!!!", true),
        ("héllo", "hello", true),
        ("hello", "hellp", false),
        ("日本", "日木", false),
    ] {
        assert_eq!(print(one) == print(other), same, "{one} {other}");
    }
    // Kept for minutes by several instances, which may be of two versions.
    assert_eq!(print("Hello, world").letters, 10);
    assert_eq!(print("👏👏").letters, 0);
}
