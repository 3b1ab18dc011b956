//! Which family of letters a character is of, as far as it matters for where words begin and end.

/// Families of letters. Words go on across the first three, which are mixed to deceive; any other change of family
/// begins a new word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Indic,
    Hangul,
    /// Written without blanks between words: Chinese, Japanese, Thai and their neighbours.
    Unspaced,
    Other,
}

impl Script {
    /// Alphabets whose letters are taken for each other's.
    pub(super) const fn mixes(self) -> bool {
        matches!(self, Self::Latin | Self::Greek | Self::Cyrillic | Self::Other)
    }
}

pub(super) const fn script(letter: char) -> Script {
    match letter as u32 {
        0..=0x2ff | 0x1d00..=0x1dbf | 0x1e00..=0x1eff | 0x2c60..=0x2c7f | 0xa720..=0xa7ff | 0xab30..=0xab6f => {
            Script::Latin
        }
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => Script::Cyrillic,
        0x590..=0x5ff | 0xfb1d..=0xfb4f => Script::Hebrew,
        0x600..=0x7bf | 0x8a0..=0x8ff | 0xfb50..=0xfdff | 0xfe70..=0xfeff => Script::Arabic,
        0x900..=0xdff => Script::Indic,
        0x1100..=0x11ff | 0x3130..=0x318f | 0xa960..=0xa97f | 0xac00..=0xd7ff => Script::Hangul,
        0xe00..=0xeff
        | 0x1000..=0x109f
        | 0x1780..=0x17ff
        | 0x3005..=0x312f
        | 0x31f0..=0x31ff
        | 0x3400..=0x9fff
        | 0xf900..=0xfaff
        | 0x20000..=0x3ffff => Script::Unspaced,
        _ => Script::Other,
    }
}

/// Shows nothing by itself and parts nothing.
pub(in crate::domain::rules) const fn is_ignored(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{640}' | '\u{80}'..='\u{9f}'
            | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Marks above, below or through a letter that change no letter into another for our purposes. Vowel signs and others
/// that do, in scripts of India and elsewhere, are not among them.
pub(super) const fn is_stripped(mark: char) -> bool {
    matches!(
        mark,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}'
            | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
            | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}'
            | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

pub(in crate::domain::rules) const fn is_emoji(character: char) -> bool {
    matches!(
        character,
        '\u{231a}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1f0ff}'
            | '\u{1f18a}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}'
    )
}

/// Korean finals as the initials of the same sound, so that syllables spelled out letter by letter are the same.
pub(super) fn jamo(letter: char) -> char {
    const INITIAL_OF_FINAL: [u8; 27] = [
        0, 1, 0, 2, 2, 2, 3, 5, 5, 5, 5, 5, 5, 5, 5, 6, 7, 7, 9, 10, 11, 12, 14, 15, 16, 17, 18,
    ];
    let index = u32::from(letter)
        .checked_sub(0x11a8)
        .and_then(|index| usize::try_from(index).ok());
    let initial = index.and_then(|index| INITIAL_OF_FINAL.get(index));
    initial
        .and_then(|initial| char::from_u32(0x1100 + u32::from(*initial)))
        .unwrap_or(letter)
}
