//! What holds for every text.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::{
    super::{LinkMode, LinkRule, TextPattern},
    *,
};

const WORDS: [&str; 15] = [
    "idiot",
    "ass",
    "moron*",
    "*zonk*",
    "*gate",
    "shut up",
    "дурак",
    "馬鹿",
    "バカ",
    "바보*",
    "احمق",
    "año",
    "scheiße",
    "lilli",
    "গাধা",
];

/// Everything switched on, all of it masking where it can.
fn strict() -> Compiled {
    let house = RuleSet::house();
    Compiled::new(&RuleSet {
        words: vec![list("words", RuleAction::Mask, &WORDS)],
        patterns: vec![TextPattern {
            name: "digits".into(),
            category: RuleCategory::Privacy,
            severity: RuleSeverity::Low,
            action: RuleAction::Mask,
            timeout_seconds: None,
            pattern: r"\d{6,}".into(),
        }],
        links: Some(LinkRule {
            mode: LinkMode::Off,
            domains: Vec::new(),
            newcomer_seconds: None,
            action: RuleAction::Mask,
        }),
        ..house
    })
    .unwrap()
}

/// Text in which words are likely to be found, whole and in pieces.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => any::<char>().prop_map(String::from),
        4 => "[a-zA-Z0-9 ]{0,6}",
        6 => prop::sample::select(vec![
            "idiot", "IDIOT", "1d10t", "i d i o t", "idi", "ot", "ass", "cl", "moron", "zonk", "gate", "shut", "up", "дурак", "дypak", "а", "馬鹿",
            "馬", "バカ", "ﾊﾞｶ", "바보", "바", "ㅂㅏ", "احمق", "año", "ano", "evil.com", "https://", "@", "$", "!", "*", "**", "-", "_", ".", " ", "  ",
            "\n", "\u{301}", "\u{20dd}", "\u{200b}", "\u{200d}", "👍", "👩", "\u{1f3fd}", "🇩", "🇪", "ß", "ﬁ", "ㅋ", "lI1!|", "ɐ", "ʇ", "ə", "İ", "ǆ", "১২", "123456",
            "scheiße", "SCHEISSE", "गा", "\u{94d}", "ᴀss", "🅰", "ⓐ", "x*t", "f**k",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_much_and_a_mask_touches_only_its_places(text in text()) {
        let rules = strict();
        let verdict = judged(&rules, &text);
        let characters: Vec<char> = text.chars().collect();
        let mut covered = vec![false; characters.len()];
        for finding in &verdict.findings {
            for span in &finding.spans {
                prop_assert!(span.start < span.end && span.end as usize <= characters.len());
                if finding.action == RuleAction::Mask {
                    covered[span.start as usize..span.end as usize].fill(true);
                }
            }
        }
        if let Some(masked) = &verdict.masked {
            let (before, after): (Vec<&str>, Vec<&str>) = (text.graphemes(true).collect(), masked.graphemes(true).collect());
            let mut at = 0;
            let mut expected = String::new();
            for grapheme in &before {
                let length = grapheme.chars().count();
                let hit = covered[at..at + length].iter().any(|&hit| hit) && !grapheme.chars().all(char::is_whitespace);
                expected.push_str(if hit { "*" } else { grapheme });
                at += length;
            }
            prop_assert_eq!(masked, &expected);
            prop_assert!(after.len() <= before.len());
        }
    }

    // Of each kind of rule by itself: what a mask covers may be what kept a link from being one.
    #[test]
    fn masking_leaves_nothing_to_mask(text in text()) {
        let rules = masking(&WORDS);
        if let Some(masked) = judged(&rules, &text).masked {
            let again = judged(&rules, &masked);
            prop_assert_eq!(again.masked, None, "{} -> {}", text, masked);
        }
    }

    #[test]
    fn spelling_it_out_never_helps(
        word in prop::sample::select(vec!["idiot", "moron", "ass", "дурак", "gerizekalı", "imbécil", "βλάκας", "אידיוט", "احمق", "arschloch"]),
        between in prop::sample::select(vec!["", " ", ".", "-", "_", "*", "\u{200b}", "\u{ad}", "  ", ". ", "·", "👍", "~", "/", "\u{301}"]),
        upper in any::<u32>(),
        times in prop::collection::vec(prop_oneof![4 => Just(1_usize), 1 => 3_usize..6], 12),
    ) {
        let rules = masking(&["idiot", "moron", "ass", "дурак", "gerizekalı", "imbécil", "βλάκας", "אידיוט", "احمق", "arschloch"]);
        let letters: Vec<String> = word
            .chars()
            .enumerate()
            .map(|(index, letter)| {
                let capital = upper >> index & 1 == 1 && letter != 'ı';
                let letter = if capital { letter.to_uppercase().collect() } else { letter.to_string() };
                // Not between combining marks and what they stand on.
                if between.is_empty() { letter.repeat(times[index]) } else { letter }
            })
            .collect();
        let disguised = letters.join(between);
        prop_assert!(judged(&rules, &disguised).masked.is_some(), "{}", disguised);
        let inside = format!("so {disguised}, you know");
        prop_assert!(judged(&rules, &inside).masked.is_some(), "{}", inside);
    }
}
