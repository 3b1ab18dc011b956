//! How much work a text makes. Steps are counted, not time; the one test that measures is run by hand.

use super::{
    super::words::{Reading, Words},
    *,
};

fn steps(words: &Words, text: &str) -> usize {
    Reading::of(text).find(words, &Words::default()).1
}

/// A large list, with words that branch as much as words can.
fn large() -> Words {
    let mut words = Words::default();
    let letters = ['a', 'e', 'i', 'l', 'o', 's', 't', 'b'];
    for number in 0..4_000_usize {
        let word: String = (0..5)
            .map(|place| letters[(number / 8_usize.pow(place) + place as usize) % 8])
            .collect();
        words.add(&word, 0).unwrap();
    }
    for word in ["lililililil", "*ilililili*", "*zonk*", "ioioioioioio", "a s s h o l e"] {
        words.add(word, 1).unwrap();
    }
    words.seal();
    words
}

#[test]
fn hostile_texts_take_steps_in_proportion_to_their_length() {
    let words = large();
    for piece in [
        "a",
        "a ",
        "1",
        "1!",
        "l1!|I ",
        "!1|",
        "*",
        "a*",
        "a**",
        "a**b",
        "a.",
        "a-",
        "i l ",
        "1 ! ",
        "@$",
        "li",
        "l!",
        "lilili ",
        "0o",
        "о0",
        "\u{301}",
        "a\u{200b}",
        "👍",
        "a👍",
        "ⓐ",
        "аa",
        "ʇɐ",
        "바",
        "馬",
        "s s h ",
    ] {
        let short = steps(&words, &piece.repeat(512 / piece.len()));
        let long = steps(&words, &piece.repeat(4_096 / piece.len()));
        // Eight times as long; a little more is for ends that weigh less.
        assert!(long <= 10 * short.max(64), "{piece:?}: {short} then {long}");
        // Each letter may begin two walks of at most 512 steps, and no text comes near that.
        assert!(long < 4_096 * 200, "{piece:?}: {long}");
    }
}

#[test]
fn ordinary_text_takes_a_few_steps_a_word() {
    let house = Compiled::new(&RuleSet::house()).unwrap();
    let text = "What a goal by the winger, that was the best pass of the whole season so far, wasn't it? Come on!!";
    let steps = steps(&house.listed, text);
    assert!(steps < 4 * text.split(' ').count(), "{steps} steps");
}

/// `cargo test --release --lib ordinary_messages_cost -- --ignored --nocapture` says what a message costs here.
#[test]
#[ignore = "measures time; run by hand, optimized"]
fn ordinary_messages_cost_microseconds() {
    let house = Compiled::new(&RuleSet::house()).unwrap();
    let many: Vec<String> = (0..5_000).map(|number| format!("w{}", number * 7_919)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut set = RuleSet::house();
    set.words = (0..4)
        .map(|index| list(&format!("l{index}"), RuleAction::Mask, &many[index * 1_250..][..1_250]))
        .collect();
    let large = Compiled::new(&set).unwrap();
    for (name, rules) in [("house", &house), ("5,000 words", &large)] {
        for (kind, text) in [
            (
                "100 bytes ASCII",
                "What a goal by the winger, that was the best pass of the whole season so far, wasn't it? Come on!!!",
            ),
            (
                "100 bytes Spanish",
                "¡Qué golazo del extremo! Ha sido el mejor pase de toda la temporada, ¿no? ¡Vamos, campeón!",
            ),
            (
                "150 bytes Russian",
                "Какой гол! Это был лучший пас за весь сезон, правда? Давай, давай, ещё один, чемпионы!",
            ),
            ("4 KiB hostile", &"a1!*".repeat(1_024)),
        ] {
            let rounds = if text.len() > 1_000 { 200 } else { 20_000 };
            let begun = std::time::Instant::now();
            for _ in 0..rounds {
                std::hint::black_box(judged(rules, std::hint::black_box(text)));
            }
            println!(
                "{name}: {kind}: {:.2} us",
                begun.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
            );
        }
    }
}
