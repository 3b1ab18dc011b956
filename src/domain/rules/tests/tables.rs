//! The two large tables, and small ones for what a list's author must know.

use super::{super::RuleSet, Compiled, RuleAction, judged, lines, list, masking};

/// Words of many languages, mostly mild, as a house might list them.
const LISTED: &str = include_str!("listed.txt");
const EVASIONS: &str = include_str!("evasions.txt");
const INNOCENTS: &str = include_str!("innocents.txt");

fn listed() -> Compiled {
    let words = lines(LISTED);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let set = RuleSet {
        words: vec![list("insults", RuleAction::Mask, &words)],
        allowed: vec!["馬鹿力".into(), "ばかり".into()],
        ..RuleSet::empty()
    };
    Compiled::new(&set).unwrap()
}

/// All failures at once, so that a change of the rules shows what it does to the whole table.
fn check(rules: &Compiled, table: &str, least: usize, caught: bool) {
    let lines = lines(table);
    assert!(lines.len() >= least, "only {} lines", lines.len());
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let verdict = judged(rules, line);
            let found = verdict.masked.clone().unwrap_or_default();
            ((verdict.action > RuleAction::Allow) != caught).then(|| format!("{line}   [{found}] {:?}", verdict.code))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whoever_disguises_a_listed_word_is_found() {
    check(&listed(), EVASIONS, 300, true);
}

#[test]
fn innocent_text_passes() {
    check(&listed(), INNOCENTS, 300, false);
}

#[test]
fn innocent_text_passes_the_house_as_it_comes() {
    check(&Compiled::new(&RuleSet::house()).unwrap(), INNOCENTS, 300, false);
}

#[test]
fn a_mask_covers_the_word_and_nothing_else() {
    let rules = masking(&[
        "idiot",
        "ass",
        "scum*",
        "*gate",
        "*zonk*",
        "shut up",
        "año",
        "дурак",
        "馬鹿",
        "바보",
    ]);
    for (text, masked) in [
        ("you idiot!", Some("you *****!")),
        ("IDIOT idiot", Some("***** *****")),
        ("an i.d.i.o.t here", Some("an ********* here")),
        ("an i d i o t here", Some("an * * * * * here")),
        ("1d10t", Some("*****")),
        ("ïdïöt", Some("*****")),
        ("i\u{301}\u{316}diot x", Some("***** x")),
        ("idi\u{200b}ot", Some("******")),
        ("scumbags all", Some("******** all")),
        ("dieselgate now", Some("********** now")),
        ("gated gate", Some("gated ****")),
        ("unzonkable", Some("**********")),
        ("shut  up", Some("****  **")),
        ("shutup", Some("******")),
        ("este año no", Some("este *** no")),
        ("este ano no", None),
        ("ты дурак", Some("ты *****")),
        ("ты дypak", Some("ты *****")),
        ("この馬鹿が", Some("この**が")),
        ("바보 야", Some("** 야")),
        ("👍idiot👎", Some("👍*****👎")),
        ("BigIdiot99", Some("Big*****99")),
        ("big_idiot_99", Some("big_*****_99")),
        ("class assist Essex bass", None),
        ("c l a s s", None),
        ("a s s", Some("* * *")),
        ("ʇoᴉpᴉ", Some("*****")),
    ] {
        assert_eq!(judged(&rules, text).masked.as_deref(), masked, "{text}");
    }
}

#[test]
fn spans_count_characters() {
    let verdict = judged(&masking(&["idiot"]), "é👍 idiot");
    let span = verdict.findings[0].spans[0];
    assert_eq!((span.start, span.end), (3, 8));
}
