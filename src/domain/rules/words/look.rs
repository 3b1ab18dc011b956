//! What signs look like: which letters a reader sees in digits, currency signs, turned letters and other scripts.
//!
//! Unicode's own list of confusables (UTS 39) answers for most of them; the tables here are for what it has no opinion
//! on, because nobody would mistake `3` for `e` outside of a word.

use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

/// Letters that a digit or sign may stand for within a word.
pub(super) const fn stands_for(sign: char) -> &'static [char] {
    match sign {
        '0' => &['o', 'о'],
        '2' => &['z'],
        '3' => &['e', 'з'],
        '4' => &['a', 'ч'],
        '5' | '$' | '§' | '₴' => &['s'],
        '6' => &['g', 'b', 'б'],
        '7' | '+' | '₮' | '†' => &['t'],
        '8' => &['b', 'в'],
        '9' => &['g', 'q'],
        '@' => &['a', 'а'],
        '^' | '₳' => &['a'],
        '1' | '!' | '|' | '¡' => &['i', 'l'],
        '€' => &['e'],
        '£' => &['l', 'e'],
        '¥' => &['y'],
        '¢' | '(' | '<' | '{' | '©' | '₵' => &['c'],
        '₣' => &['f'],
        '₲' => &['g'],
        '₭' => &['k'],
        '₥' => &['m'],
        '₦' => &['n'],
        '₱' => &['p'],
        '®' => &['r'],
        '₩' => &['w'],
        '×' => &['x'],
        '฿' => &['b'],
        _ => &[],
    }
}

/// Signs that people put in place of a letter they don't want to write out: `f*ck`.
pub(super) const fn covers_a_letter(sign: char) -> bool {
    matches!(
        sign,
        '*' | '#' | '%' | '^' | '~' | '-' | '_' | '•' | '●' | '°' | '×' | super::letters::EMOJI
    )
}

/// Signs that are hardly ever next to a letter but in its place.
pub(super) const fn is_strong(sign: char) -> bool {
    matches!(sign, '@' | '$' | '€' | '£' | '§' | '¢' | '¥')
}

/// The letter a turned one shows to whoever turns their head. Turned text is read backwards.
pub(super) const fn turned(letter: char) -> Option<char> {
    Some(match letter {
        'ɐ' | '∀' => 'a',
        'ɔ' => 'c',
        'ǝ' => 'e',
        'ɟ' | 'ⅎ' => 'f',
        'ƃ' | 'ɓ' | '⅁' => 'g',
        'ɥ' => 'h',
        'ᴉ' => 'i',
        'ɾ' => 'j',
        'ʞ' => 'k',
        'ʅ' | '⅂' | '˥' => 'l',
        'ɯ' => 'm',
        'ɹ' => 'r',
        'ʇ' | '┴' => 't',
        'ʌ' => 'v',
        'ʍ' => 'w',
        'ʎ' | '⅄' => 'y',
        '∩' => 'u',
        _ => return None,
    })
}

/// Plain letters that show another one when they are turned.
pub(super) const fn turned_plain(letter: char) -> char {
    match letter {
        'n' => 'u',
        'u' => 'n',
        'b' => 'q',
        'q' => 'b',
        'd' => 'p',
        'p' => 'd',
        'm' => 'w',
        'w' => 'm',
        other => other,
    }
}

/// Letters in boxes and circles, and small capitals, that normalizing leaves as they are.
pub(super) fn framed(letter: char) -> Option<char> {
    let code = u32::from(letter);
    let from = |first: u32| {
        let index = u8::try_from(code - first).ok()?;
        Some(char::from(b'a' + index))
    };
    match code {
        0x249c..=0x24b5 => from(0x249c),
        0x1f150..=0x1f169 => from(0x1f150),
        0x1f170..=0x1f189 => from(0x1f170),
        0x1f1e6..=0x1f1ff => from(0x1f1e6),
        _ => small_capital(letter),
    }
}

const fn small_capital(letter: char) -> Option<char> {
    Some(match letter {
        'ᴀ' => 'a',
        'ʙ' | 'ᴃ' => 'b',
        'ᴄ' => 'c',
        'ᴅ' => 'd',
        'ᴇ' => 'e',
        'ꜰ' => 'f',
        'ɢ' => 'g',
        'ʜ' => 'h',
        'ɪ' => 'i',
        'ᴊ' => 'j',
        'ᴋ' => 'k',
        'ʟ' | 'ᴌ' => 'l',
        'ᴍ' => 'm',
        'ɴ' | 'ᴎ' => 'n',
        'ᴏ' => 'o',
        'ᴘ' => 'p',
        'ʀ' | 'ᴙ' => 'r',
        'ꜱ' => 's',
        'ᴛ' => 't',
        'ᴜ' => 'u',
        'ᴠ' => 'v',
        'ᴡ' => 'w',
        'ʏ' => 'y',
        'ᴢ' => 'z',
        _ => return None,
    })
}

/// Latin letters of their own that people write with plain ones where those are missing, and letters that are the same
/// to a reader of their script.
pub(super) const fn plain(letter: char) -> Option<&'static [char]> {
    Some(match letter {
        'ß' | 'ẞ' => &['s', 's'],
        'æ' => &['a', 'e'],
        'œ' => &['o', 'e'],
        'ø' => &['o'],
        'ł' | 'ⱡ' => &['l'],
        'đ' | 'ð' => &['d'],
        'ħ' | 'ⱨ' => &['h'],
        'ı' => &['i'],
        'ŧ' => &['t'],
        'ŋ' => &['n'],
        'þ' => &['t', 'h'],
        'ƅ' => &['b'],
        'ɇ' => &['e'],
        'ƒ' => &['f'],
        'ɽ' => &['r'],
        'ʉ' => &['u'],
        'ɏ' => &['y'],
        'ⱬ' => &['z'],
        'ς' => &['σ'],
        'ך' => &['כ'],
        'ם' => &['מ'],
        'ן' => &['נ'],
        'ף' => &['פ'],
        'ץ' => &['צ'],
        'ک' => &['ك'],
        'ی' | 'ى' => &['ي'],
        'ة' | 'ہ' | 'ھ' => &['ه'],
        _ => return None,
    })
}

/// Whether a living spelling has this letter, so that it says something about the word.
pub(super) const fn is_spelled_with(letter: char) -> bool {
    !matches!(letter, 'ƅ' | 'ɇ' | 'ƒ' | 'ⱨ' | 'ⱡ' | 'ɽ' | 'ʉ' | 'ɏ' | 'ⱬ')
}

/// Letters of Vietnamese, which has so many accents that several of them are no disguise.
pub(super) const fn is_vietnamese(letter: char) -> bool {
    matches!(letter, '\u{1ea0}'..='\u{1ef9}' | 'ơ' | 'ư' | 'đ')
}

/// The Latin letter that another alphabet's letter looks like, and whether it does so by itself or only in the company
/// of Latin letters, as in `яeal`.
pub(super) fn latin_look(letter: char) -> Option<(char, bool)> {
    let strict = match letter {
        'к' | 'κ' => 'k',
        'м' => 'm',
        'т' | 'τ' => 't',
        'в' | 'β' => 'b',
        'н' => 'h',
        'ѕ' => 's',
        'а' | 'α' => 'a',
        'е' | 'ε' | 'є' => 'e',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'у' => 'y',
        'х' | 'χ' => 'x',
        'ν' => 'v',
        'η' => 'n',
        'ι' => 'i',
        'υ' | 'μ' => 'u',
        'ω' => 'w',
        'ζ' => 'z',
        _ => '\0',
    };
    if strict != '\0' {
        return Some((strict, true));
    }
    let faux = match letter {
        'я' | 'г' => 'r',
        'и' | 'п' | 'π' => 'n',
        'ш' | 'щ' => 'w',
        'ц' => 'u',
        'з' | 'э' | 'ξ' | 'σ' => 'e',
        'б' | 'ь' | 'ъ' => 'b',
        'ж' => 'x',
        'δ' => 'd',
        'ч' | 'γ' => 'y',
        'λ' => 'l',
        'θ' | 'ф' => 'o',
        _ => '\0',
    };
    if faux != '\0' {
        return Some((faux, false));
    }
    // The rest of what Russian and Greek are written with looks like nothing else, and is not worth asking about.
    if matches!(letter, 'а'..='я' | 'α'..='ω') {
        return None;
    }
    confusable(letter).map(|look| (look, true))
}

/// The plain Latin letter or digit that Unicode lists this one as confusable with, marks aside.
pub(super) fn confusable(letter: char) -> Option<char> {
    let mut buffer = [0; 4];
    let mut shown = skeleton(letter.encode_utf8(&mut buffer)).filter(|&part| !is_combining_mark(part));
    let first = shown.next()?;
    (shown.next().is_none() && first.is_ascii_alphanumeric()).then(|| first.to_ascii_lowercase())
}

/// The Cyrillic letter that a Latin one looks like, for words such as `дypak`.
pub(super) const fn cyrillic_look(letter: char) -> Option<char> {
    Some(match letter {
        'a' => 'а',
        'b' => 'в',
        'c' => 'с',
        'e' => 'е',
        'h' => 'н',
        'i' => 'і',
        'k' => 'к',
        'm' => 'м',
        'o' => 'о',
        'p' => 'р',
        't' => 'т',
        'x' => 'х',
        'y' | 'u' => 'у',
        _ => return None,
    })
}

/// The same for Greek ones.
pub(super) const fn greek_look(letter: char) -> Option<char> {
    Some(match letter {
        'a' => 'α',
        'b' => 'β',
        'e' => 'ε',
        'i' => 'ι',
        'k' => 'κ',
        'n' | 'h' => 'η',
        'o' => 'ο',
        'p' => 'ρ',
        't' => 'τ',
        'u' | 'y' => 'υ',
        'v' => 'ν',
        'w' => 'ω',
        'x' => 'χ',
        'z' => 'ζ',
        'm' => 'μ',
        _ => return None,
    })
}
