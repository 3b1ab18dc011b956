//! How much work a text makes, counted in steps.

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
