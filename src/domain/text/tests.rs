use proptest::prelude::*;
use unicode_normalization::is_nfc;

use super::*;

/// The tidy text, or the fault's code.
fn check(parsed: Result<String, Refusal>, expected: Result<&str, &str>, raw: &str) {
    let parsed = parsed.map_err(|refusal| refusal.faults[0].code);
    assert_eq!(parsed.as_deref(), expected.as_ref().copied(), "{raw:?}");
}

#[test]
fn a_message_is_made_tidy_or_refused() {
    let full = "a".repeat(4_096);
    let too_full = "a".repeat(4_097);
    let tall = "a\n".repeat(99) + "a";
    let too_tall = "a\n".repeat(100) + "a";
    let zalgo = format!("x{}", "\u{316}".repeat(40));
    let cut = format!("x{}", "\u{316}".repeat(16));
    for (raw, expected) in [
        ("hi", Ok("hi")),
        ("  hi \n", Ok("hi")),
        ("a\r\nb\rc\u{2028}d\u{2029}e", Ok("a\nb\nc\nd\ne")),
        ("a\tb", Ok("a\tb")),
        ("e\u{301}", Ok("é")),
        ("<b>&amp;", Ok("<b>&amp;")),
        ("👨‍👩‍👧‍👦 🇩🇪 👍🏽 ❤\u{fe0f}", Ok("👨‍👩‍👧‍👦 🇩🇪 👍🏽 ❤\u{fe0f}")),
        (
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}!",
            Ok("🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}!"),
        ),
        ("a\u{e0067}b", Ok("ab")),
        ("می\u{200c}خواهم", Ok("می\u{200c}خواهم")),
        ("a\u{200d}\u{200d}\u{200c}\u{200d}b", Ok("a\u{200d}b")),
        ("safe\u{202e}txt.exe", Ok("safetxt.exe")),
        ("\u{2066}a\u{2069}", Ok("a")),
        ("\u{feff}a\u{200b}\u{200b}b\u{ad}c", Ok("abc")),
        (zalgo.as_str(), Ok(cut.as_str())),
        (full.as_str(), Ok(full.as_str())),
        (tall.as_str(), Ok(tall.as_str())),
        (too_tall.as_str(), Err("too-many-lines")),
        (too_full.as_str(), Err("too-long")),
        ("", Err("empty")),
        (" \n\t ", Err("empty")),
        ("\u{200d}\u{200b}\u{3164}", Err("empty")),
        ("a\0b", Err("control-character")),
        ("a\u{1b}[31m", Err("control-character")),
        ("a\u{85}b", Err("control-character")),
        ("a\u{7f}", Err("control-character")),
        ("a\u{ffff}", Err("noncharacter")),
        ("a\u{fdd0}", Err("noncharacter")),
    ] {
        check(MessageText::parse(raw).map(MessageText::into_string), expected, raw);
    }
}

#[test]
fn a_name_is_one_line_of_bounded_length() {
    let full = "é".repeat(64);
    let too_full = "é".repeat(65);
    let families = "👨‍👩‍👧‍👦".repeat(64);
    for (raw, expected) in [
        ("Ana", Ok("Ana")),
        ("  Ana \t\r\n María ", Ok("Ana María")),
        ("\u{200d} Ana\u{200e}", Ok("Ana")),
        ("Ana\u{202e}", Ok("Ana")),
        (full.as_str(), Ok(full.as_str())),
        (too_full.as_str(), Err("too-long")),
        (families.as_str(), Err("too-long")),
        ("\u{2003}", Err("empty")),
        ("A\u{7}", Err("control-character")),
    ] {
        check(DisplayName::parse(raw).map(DisplayName::into_string), expected, raw);
    }
}

#[test]
fn slugs_are_plain_and_made_from_titles() {
    let long = "a".repeat(81);
    for (raw, good) in [
        ("final-2022", true),
        ("a", true),
        (&long[1..], true),
        (long.as_str(), false),
        ("", false),
        ("-a", false),
        ("a-", false),
        ("A", false),
        ("a_b", false),
        ("evt_01j0000000000000000000000a", false),
        ("é", false),
    ] {
        assert_eq!(Slug::parse(raw).is_ok(), good, "{raw:?}");
    }
    for (title, slug) in [
        ("Argentina – France: the Final!", "argentina-france-the-final"),
        ("Größe & Ærø: Łódź", "grosse-aero-lodz"),
        ("  ", "event"),
        ("日本 対 ドイツ", "event"),
        ("It's 1:1", "its-1-1"),
    ] {
        assert_eq!(Slug::from_title(title).as_str(), slug);
    }
    assert_eq!(Slug::from_title("Final").numbered(2).as_str(), "final-2");
    assert!(Slug::parse(Slug::from_title(&"ab ".repeat(60)).numbered(u32::MAX).as_str()).is_ok());
}

#[test]
fn links_go_to_the_web_and_nowhere_else() {
    let long = format!("https://a/{}", "b".repeat(2_040));
    for (raw, good) in [
        ("https://example.org", true),
        (" http://example.org:8080/a?b=c#d ", true),
        ("https://[2001:db8::1]:8443/", true),
        ("https://[2001:db8::1]", true),
        (long.as_str(), false),
        ("", false),
        ("example.org", false),
        ("javascript:alert(1)", false),
        ("ftp://example.org", false),
        ("https://", false),
        ("https:///path", false),
        ("https://user:pass@example.org/", false),
        ("https://example.org:99999/", false),
        ("https://example.org:8a/", false),
        ("https://exa mple.org/", false),
        ("https://example.org/\"onload", false),
        ("https://example.org/\n", true),
        ("https://example.org/\nx", false),
        ("https://münchen.de/", false),
    ] {
        assert_eq!(Url::parse(raw).is_ok(), good, "{raw:?}");
    }
}

#[test]
fn a_client_id_is_kept_to_the_letter() {
    let long = "a".repeat(65);
    for (raw, good) in [
        ("a", true),
        ("3f2~/=", true),
        (&long[1..], true),
        ("", false),
        (long.as_str(), false),
        ("a b", false),
        ("ä", false),
        ("a\n", false),
    ] {
        assert_eq!(
            ClientId::parse(raw).map(ClientId::into_string).ok(),
            good.then(|| raw.to_owned()),
            "{raw:?}"
        );
    }
}

#[test]
fn a_fault_names_its_field() {
    let refusal = MessageText::parse("\0").unwrap_err();
    assert_eq!(refusal.faults[0].pointer, "/text");
    let fault = DisplayName::parse_at("", "/participants/1/name").unwrap_err();
    assert_eq!((fault.pointer.as_str(), fault.code), ("/participants/1/name", "empty"));
}

/// Text thick with characters that have rules of their own.
fn nasty() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>(),
        4 => prop::char::range('a', 'z'),
        6 => prop::sample::select(vec![
            '\r', '\n', '\t', ' ', '\u{200d}', '\u{200c}', '\u{200e}', '\u{200b}', '\u{feff}', '\u{202e}', '\u{2066}', '\u{301}',
            '\u{316}', '\u{34f}', '\u{fe0f}', '\u{2028}', '\u{85}', 'e', '\u{1100}', '\u{1161}', '\u{11a8}', '\u{9c7}', '\u{9be}',
            '\u{1f3f4}', '\u{e0067}', '\u{e007f}', '\u{2000}', '\u{3000}', '\u{212b}',
        ]),
    ];
    prop::collection::vec(character, 0..200).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn tidy_text_stays_as_it_is(raw in nasty()) {
        if let Ok(text) = MessageText::parse(&raw) {
            prop_assert!(!text.as_str().chars().any(clean::is_forbidden));
            prop_assert!(is_nfc(text.as_str()));
            prop_assert_eq!(MessageText::parse(text.as_str()), Ok(text));
        }
        if let Ok(name) = DisplayName::parse(&raw) {
            prop_assert!(!name.as_str().contains(['\n', '\t']));
            prop_assert!(!name.as_str().chars().any(clean::is_forbidden));
            prop_assert_eq!(DisplayName::parse(name.as_str()), Ok(name));
        }
    }

    #[test]
    fn every_title_gives_a_slug(raw in nasty(), number in any::<u32>()) {
        let slug = Slug::from_title(&raw);
        prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
        let numbered = slug.numbered(number);
        prop_assert_eq!(Slug::parse(numbered.as_str()), Ok(numbered));
    }

    #[test]
    fn links_never_hold_blanks_or_quotes(raw in "https?://[ -~]{0,40}") {
        if let Ok(url) = Url::parse(&raw) {
            prop_assert!(!url.as_str().contains([' ', '"', '<', '>']));
        }
    }
}
