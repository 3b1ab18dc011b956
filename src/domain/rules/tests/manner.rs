//! Rules about the manner: links, capitals, repetitions, marks, floods, mentions; who is exempt; names.

use super::{
    super::{
        AuthorPast, CapsRule, CrowdPast, CrowdRule, DuplicateRule, FloodRule, LinkMode, LinkRule, MarkRule,
        MentionRule, RepeatRule, RuleCode, print,
    },
    *,
};

fn links(mode: LinkMode, newcomer_seconds: Option<u32>) -> Compiled {
    Compiled::new(&RuleSet {
        links: Some(LinkRule {
            mode,
            domains: vec!["example.org".into(), "Bücher.example".into()],
            newcomer_seconds,
            action: RuleAction::Mask,
        }),
        ..RuleSet::empty()
    })
    .unwrap()
}

#[test]
fn links_are_found_however_they_are_written() {
    let rules = links(LinkMode::Off, None);
    for text in [
        "https://evil.test",
        "see http://x/ now",
        "HTTPS://EVIL.TEST/a?b=c#d",
        "hxxps://evil.test",
        "www.evil.test",
        "evil.com",
        "evil.comを見て",
        "go to evil.com/now please",
        "Evil.COM",
        "sub.evil.co.uk",
        "evil。com",
        "ｅｖｉｌ．ｃｏｍ",
        "evil[.]com",
        "evil (dot) com",
        "evil dot com",
        "evil [dot] com",
        "evil{.}com",
        "evil DOT com",
        "t.me/spam",
        "bit.ly/abc",
        "discord.gg/abc",
        "http://user:pw@evil.test/",
        "ev\u{200b}il.com",
        "1.2.3.4:8080",
        "1.2.3.4/x",
        "пример.com",
        "https://xn--e1afmkfd.xn--p1ai",
        "x.is/abc",
        "example.org",
        "(evil.com)",
        "<https://evil.test>",
    ] {
        assert_eq!(judged(&rules, text).code, Some(RuleCode::Link), "{text}");
    }
    for text in [
        "no link",
        "4.5",
        "1.2.3.4",
        "v1.2.3",
        "e.g. this",
        "Goal.It counts",
        "Yes.No.Maybe",
        "ok...so",
        "U.S.A.",
        "Node.js",
        "F.C. Roma",
        "St.Pauli",
        "anna@example.com",
        "connect the dot to dot",
        "a dot in the net",
        "Dr.No",
        "12.30 Uhr",
        "1.FC Köln",
        "http:// is a scheme",
        "call.me",
        "it.is.so",
        "done.I think",
        "...com",
        "dotcom",
        "polka dot dress",
    ] {
        assert_eq!(judged(&rules, text).action, RuleAction::Allow, "{text}");
    }
}

#[test]
fn only_listed_domains_pass_and_what_is_below_them() {
    let rules = links(LinkMode::Listed, None);
    for (text, passes) in [
        ("https://example.org/a", true),
        ("www.example.org", true),
        ("deep.down.EXAMPLE.org:8080/x", true),
        ("https://bücher.example", true),
        ("https://example.org.evil.test", false),
        ("https://example.org@evil.test/", false),
        ("https://notexample.org", false),
        ("https://exаmple.org", false),
        ("https://evil.test/example.org", false),
        ("https://evil.test\\@example.org", false),
    ] {
        assert_eq!(judged(&rules, text).action == RuleAction::Allow, passes, "{text}");
    }
    let masked = judged(&rules, "see evil.com/a, ok").masked;
    assert_eq!(masked.as_deref(), Some("see *********** ok"));
}

#[test]
fn newcomers_and_guests_post_listed_links_only() {
    let rules = links(LinkMode::Allowed, Some(3_600));
    let by = |author| {
        let said = Utterance {
            author,
            ..says("evil.com")
        };
        judge(&rules, &said, &History::none(), now()).action
    };
    assert_eq!(by(VIEWER), RuleAction::Allow);
    assert_eq!(by(AuthorFacts { guest: true, ..VIEWER }), RuleAction::Mask);
    let aged = |age| {
        by(AuthorFacts {
            account_age_seconds: Some(age),
            ..VIEWER
        })
    };
    assert_eq!((aged(3_599), aged(3_600)), (RuleAction::Mask, RuleAction::Allow));
    assert_eq!(judged(&rules, "example.org").action, RuleAction::Allow);
}

fn manners() -> RuleSet {
    RuleSet {
        caps: Some(CapsRule {
            min_letters: 10,
            percent: 80,
            action: RuleAction::Bounce,
        }),
        repeats: Some(RepeatRule {
            characters: 10,
            words: 4,
            emoji: 5,
            action: RuleAction::Bounce,
        }),
        marks: Some(MarkRule {
            marks: 3,
            letters: 1,
            action: RuleAction::Hold,
        }),
        mentions: Some(MentionRule {
            most: 2,
            action: RuleAction::Timeout,
        }),
        ..RuleSet::empty()
    }
}

#[test]
fn manners_are_judged_by_the_whole_text() {
    let rules = Compiled::new(&manners()).unwrap();
    for (text, code) in [
        ("THIS IS VERY LOUD", Some(RuleCode::Shouting)),
        ("ЭТО ОЧЕНЬ ГРОМКО", Some(RuleCode::Shouting)),
        ("GOAL!!!", None),
        ("This Is Not LOUD", None),
        ("これは大声ではありませんよ", None),
        ("gooooooooooal", None),
        ("goooooooooooooal", Some(RuleCode::RepeatedCharacters)),
        ("! ! ! ! ! ! ! ! ! ! !", Some(RuleCode::RepeatedCharacters)),
        ("ole ole ole ole", None),
        ("ole Ole OLE ole ole", Some(RuleCode::RepeatedWords)),
        ("⚽⚽⚽⚽⚽", None),
        ("⚽⚽⚽⚽⚽⚽", Some(RuleCode::EmojiFlood)),
        ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👍🏽🇩🇪🇫🇷", None),
        (
            "z\u{301}\u{302}\u{303}\u{304}a\u{301}\u{302}\u{303}\u{304}",
            Some(RuleCode::StackedMarks),
        ),
        ("Tiếng Việt ở đây", None),
        ("בְּרֵאשִׁ֖ית בָּרָ֣א", None),
        ("@ana @ben @cem", Some(RuleCode::MassMentions)),
        ("@ana @ben a@c.de", None),
    ] {
        assert_eq!(judged(&rules, text).code, code, "{text}");
    }
    let called = judge(
        &rules,
        &Utterance {
            mentions: 3,
            ..says("hi")
        },
        &History::none(),
        now(),
    );
    assert_eq!(
        (called.action, called.timeout_seconds),
        (RuleAction::Timeout, Some(300))
    );
}

#[test]
fn floods_and_repetitions_are_counted_in_time() {
    let rules = Compiled::new(&RuleSet {
        flood: Some(FloodRule {
            messages: 3,
            seconds: 10,
            action: RuleAction::Timeout,
        }),
        duplicates: Some(DuplicateRule {
            times: 2,
            seconds: 60,
            min_letters: 5,
            action: RuleAction::Bounce,
        }),
        crowd: Some(CrowdRule {
            authors: 2,
            seconds: 60,
            min_letters: 5,
            action: RuleAction::Hold,
        }),
        ..RuleSet::empty()
    })
    .unwrap();
    let (mut author, mut crowd) = (AuthorPast::default(), CrowdPast::default());
    let after = |author: &AuthorPast, crowd: &CrowdPast, kind, text, seconds: i64| {
        let history = History {
            author,
            crowd,
            author_key: 1,
        };
        let said = Utterance { kind, ..says(text) };
        judge(&rules, &said, &history, now().plus_ms(seconds * 1_000)).code
    };
    for seconds in 0..3 {
        author.remember(print(&format!("number {seconds}")), now().plus_ms(seconds * 1_000));
    }
    assert_eq!(
        after(&author, &crowd, UtteranceKind::Say, "one more", 5),
        Some(RuleCode::MessageFlood)
    );
    assert_eq!(after(&author, &crowd, UtteranceKind::Edit, "one more", 5), None);
    assert_eq!(
        after(&author, &crowd, UtteranceKind::Say, "one more", 10),
        None,
        "the first is forgotten"
    );
    for _ in 0..2 {
        author.remember(print("Buy now!"), now().plus_ms(20_000));
    }
    assert_eq!(
        after(&author, &crowd, UtteranceKind::Say, "buy... N O W", 40),
        Some(RuleCode::RepeatedMessage)
    );
    assert_eq!(after(&author, &crowd, UtteranceKind::Say, "buy later", 40), None);
    assert_eq!(after(&author, &crowd, UtteranceKind::Say, "buy now", 80), None);
    for key in [1, 2, 3] {
        crowd.remember(print("sign this petition"), key, now());
    }
    let fresh = AuthorPast::default();
    assert_eq!(
        after(&fresh, &crowd, UtteranceKind::Say, "Sign this petition", 59),
        Some(RuleCode::CrowdRepeat)
    );
    assert_eq!(
        after(&fresh, &crowd, UtteranceKind::Say, "Sign this petition", 60),
        None
    );
    crowd.remember(print("goal"), 2, now());
    crowd.remember(print("goal"), 3, now());
    assert_eq!(
        after(&fresh, &crowd, UtteranceKind::Say, "goal", 1),
        None,
        "short texts are cheers"
    );
}

#[test]
fn what_is_remembered_is_bounded() {
    let (mut author, mut crowd) = (AuthorPast::default(), CrowdPast::default());
    for number in 0..5_000_u64 {
        author.remember(print(&number.to_string()), now());
        crowd.remember(print(&(number / 100).to_string()), number, now());
        crowd.remember(print(&format!("x{number}")), number, now());
    }
    let size = |value: serde_json::Value| value.to_string().len();
    assert!(size(serde_json::to_value(&author).unwrap()) < 4_000);
    assert!(size(serde_json::to_value(&crowd).unwrap()) < 600_000);
    let back: AuthorPast = serde_json::from_value(serde_json::to_value(&author).unwrap()).unwrap();
    assert_eq!(back, author);
}

#[test]
fn staff_are_exempt_from_manners_and_never_wait_for_themselves() {
    let rules = Compiled::new(&RuleSet {
        words: vec![list("words", RuleAction::Hold, &["idiot"])],
        ..manners()
    })
    .unwrap();
    let by = |role, text| {
        let author = AuthorFacts { role, ..VIEWER };
        judge(&rules, &Utterance { author, ..says(text) }, &History::none(), now()).action
    };
    assert_eq!(by(Role::Moderator, "THIS IS VERY LOUD @a @b @c"), RuleAction::Allow);
    assert_eq!(by(Role::Moderator, "idiot"), RuleAction::Bounce);
    assert_eq!(by(Role::Member, "idiot"), RuleAction::Hold);
}

#[test]
fn a_name_that_hits_is_refused_and_edits_are_judged_as_sayings() {
    let rules = Compiled::new(&RuleSet {
        words: vec![list("words", RuleAction::Mask, &["idiot"])],
        ..manners()
    })
    .unwrap();
    let kind = |kind, text| judge(&rules, &Utterance { kind, ..says(text) }, &History::none(), now());
    for name in ["Idiot", "xX_1d10t_Xx", "BigIdiot", "ｉｄｉｏｔ"] {
        let verdict = kind(UtteranceKind::Name, name);
        assert_eq!((verdict.action, verdict.masked), (RuleAction::Bounce, None), "{name}");
    }
    for name in ["IDIOTEQUE FAN CLUB", "Anna", "李小龙"] {
        assert_eq!(kind(UtteranceKind::Name, name).action, RuleAction::Allow, "{name}");
    }
    assert_eq!(kind(UtteranceKind::Edit, "idiot").action, RuleAction::Mask);
    assert_eq!(
        kind(UtteranceKind::Edit, "THIS IS VERY LOUD").action,
        RuleAction::Bounce
    );
}
