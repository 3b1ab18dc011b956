//! Whether a walk that arrived at a listed word is a find, or innocent letters that could be read so.

use std::ops::Range;

use super::{
    SHORT,
    letters::{Gap, Kind, Letter},
    look,
    script::Script,
    seek::{How, Step},
    trie::Word,
};

/// A walk through the text.
pub(super) struct Path<'a> {
    pub(super) letters: &'a [Letter],
    pub(super) steps: &'a [Step],
    pub(super) strict: bool,
}

/// The place of the word in the text, if it stands there.
pub(super) fn fits(word: &Word, path: &Path<'_>) -> Option<Range<usize>> {
    let (first, last) = (path.steps.first()?, path.steps.last()?);
    let closed = ends(path.letters, last.at);
    let whole = is_whole(path.letters, first.at, last.at);
    let good = whole
        && (closed || word.open_end)
        && runs_fit(word, path)
        && is_readable(word, path)
        && accents_fit(word, path)
        && gaps_fit(word, path, closed);
    good.then(|| place(word, path.letters, first.at, last.at))
}

/// Whether a word may begin at this letter.
pub(super) fn begins(letters: &[Letter], at: usize) -> bool {
    let (Some(letter), Some(before)) = (
        letters.get(at),
        at.checked_sub(1).and_then(|before| letters.get(before)),
    ) else {
        return true;
    };
    // `cl4ss` does not begin anew at its 4, nor `p@ss` at its @: those are letters of a word that began before.
    let fresh = before.kind != Kind::Letter && !(before.kind == Kind::Digit && letter.kind == Kind::Digit);
    parts(before, letter) || fresh || is_camel(letters, at)
}

/// Whether a word may end with this letter.
fn ends(letters: &[Letter], at: usize) -> bool {
    let (Some(letter), Some(after)) = (letters.get(at), letters.get(at + 1)) else {
        return true;
    };
    let over = after.kind != Kind::Letter && !(after.kind == Kind::Digit && letter.kind == Kind::Digit);
    parts(letter, after) || over || is_camel(letters, at + 1)
}

/// Whether one word may end and the next begin between these two.
fn parts(before: &Letter, after: &Letter) -> bool {
    after.gap != Gap::None
        || before.script == Script::Unspaced
        || after.script == Script::Unspaced
        || (before.script != after.script && !(before.script.mixes() && after.script.mixes()))
}

/// `BigFan`: a capital that begins a word of small letters right after another one.
fn is_camel(letters: &[Letter], at: usize) -> bool {
    let small = |index: usize| {
        letters
            .get(index)
            .is_some_and(|letter| letter.kind == Kind::Letter && !letter.upper)
    };
    let joined = |index: usize| letters.get(index).is_some_and(|letter| letter.gap == Gap::None);
    at >= 2
        && letters.get(at).is_some_and(|letter| letter.upper && letter.run == 1)
        && joined(at)
        && joined(at - 1)
        && small(at - 1)
        && small(at - 2)
        && small(at + 1)
        && joined(at + 1)
}

/// No character of the text is half in the word.
fn is_whole(letters: &[Letter], first: usize, last: usize) -> bool {
    let overlap = |one: Option<&Letter>, other: Option<&Letter>| match (one, other) {
        (Some(one), Some(other)) => one.start < other.end && other.start < one.end,
        _ => false,
    };
    !overlap(
        first.checked_sub(1).and_then(|before| letters.get(before)),
        letters.get(first),
    ) && !overlap(letters.get(last), letters.get(last + 1))
}

/// Letters are there as often as they should be, or so often that it can't be another word.
fn runs_fit(word: &Word, path: &Path<'_>) -> bool {
    let total: usize = path.steps.iter().map(|step| usize::from(step.count)).sum();
    if path.steps.iter().any(|step| step.how == How::Any) {
        return total == word.length;
    }
    let mut steps = path.steps.iter().peekable();
    for (index, &wanted) in word.runs.iter().enumerate() {
        let mut found = 0_u16;
        while let Some(step) = steps.next_if(|step| step.letter == index) {
            found = found.saturating_add(step.count);
        }
        let letter = word.letters.get(index).copied().unwrap_or_default();
        let vowel = matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        let last = index + 1 == word.runs.len();
        let doubled = word.length > SHORT || (word.length == SHORT && (vowel || last));
        let good = found == wanted || (!path.strict && found > wanted && (found >= 3 || doubled));
        if !good {
            return false;
        }
    }
    true
}

/// Enough of it is letters, not digits and signs that only might be.
fn is_readable(word: &Word, path: &Path<'_>) -> bool {
    let count = |wanted: fn(&Step) -> bool| -> usize {
        let steps = path.steps.iter().filter(|step| wanted(step));
        steps.map(|step| usize::from(step.count)).sum()
    };
    let strong = path.steps.iter().filter(|step| step.how == How::Sign);
    let strong = strong.filter(|step| path.letters.get(step.at).is_some_and(|sign| look::is_strong(sign.base)));
    let strong: usize = strong.map(|step| usize::from(step.count)).sum();
    let sure = count(|step| step.how == How::Sure);
    let digits = count(|step| step.how == How::Digit);
    let signs = count(|step| step.how == How::Sign);
    let any = count(|step| step.how == How::Any);
    let near = count(|step| step.how == How::Near);
    if digits + signs + any + near == 0 {
        return true;
    }
    if any > 0 && (word.length < SHORT || sure < 2 || word.open_start) {
        return false;
    }
    // Two digits at the end are a number: SH17 is a bus, A55 a road. Behind so little as AS5, one is.
    let number = path.steps.iter().rev().take_while(|step| step.how == How::Digit);
    if number.map(|step| step.count).sum::<u16>() >= if word.length < SHORT { 1 } else { 2 } {
        return false;
    }
    if word.length < SHORT {
        near == 0 && digits <= 1 && signs == strong && (sure >= 1 && digits + sure + strong > 0)
            || (signs == strong && strong >= 3)
    } else {
        sure >= 2 || (sure >= 1 && sure + strong >= word.length)
    }
}

/// Short words have the accents they are listed with. Many accents, or such as no language writes, are a disguise.
fn accents_fit(word: &Word, path: &Path<'_>) -> bool {
    let (mut odd, mut noise) = (0, 0);
    for step in path.steps.iter().filter(|step| step.how == How::Sure) {
        let (Some(letter), Some(&wanted)) = (path.letters.get(step.at), word.exact.get(step.letter)) else {
            continue;
        };
        if !word.is_short_at(step.letter) {
            continue;
        }
        let own = word.letters.get(step.letter) == Some(&letter.base);
        if !own || !letter.script.mixes() || letter.exact == wanted {
            continue;
        }
        if letter.exact == '\0' {
            noise += 1;
        } else if letter.exact == letter.base || look::is_vietnamese(letter.exact) {
            return false;
        } else {
            odd += 1;
        }
    }
    if path.strict {
        odd + noise == 0
    } else {
        odd != 1 || noise > 0
    }
}

/// What lies between the letters leaves them one word.
fn gaps_fit(word: &Word, path: &Path<'_>, closed: bool) -> bool {
    let mut from = 0;
    for (index, step) in path.steps.iter().enumerate().skip(1) {
        if word.breaks_before(step.letter) {
            if !one_word(path, from..index, word, closed) {
                return false;
            }
            from = index;
        }
    }
    one_word(path, from..path.steps.len(), word, closed)
}

/// Whether these steps, a word of their own, read as one.
fn one_word(path: &Path<'_>, range: Range<usize>, word: &Word, closed: bool) -> bool {
    let steps = path.steps.get(range.clone()).unwrap_or_default();
    let inner = steps.get(1..).unwrap_or_default();
    let gaps = inner.iter().filter(|step| step.gap != Gap::None).count();
    if gaps == 0 {
        return true;
    }
    if path.strict {
        return false;
    }
    let widest = inner.iter().map(|step| step.gap).max().unwrap_or(Gap::None);
    let letters: usize = steps.iter().map(|step| usize::from(step.count)).sum();
    let (pieces, characters, widest_piece) = pieces(path, steps);
    // In pieces of one character each, but for one of two.
    let pairs = word.breaks != 0 || (widest <= Gap::Blank && is_syllabic(path, steps));
    let spelled =
        pieces >= if pairs { 2 } else { 3 } && widest_piece <= 2 && characters <= pieces + usize::from(pieces > 2);
    if spelled {
        let alone = word.breaks != 0 || word.length > SHORT || stands_alone(path, widest, word.open_end);
        return alone && (closed || spelled_end(path, widest));
    }
    widest == Gap::Joint && closed && letters >= SHORT && gaps <= 2
}

/// Whether two characters are a word already.
fn is_syllabic(path: &Path<'_>, steps: &[Step]) -> bool {
    let script = |step: &Step| path.letters.get(step.at).map(|letter| letter.script);
    steps
        .iter()
        .all(|step| matches!(script(step), Some(Script::Unspaced | Script::Hangul)))
}

/// In how many pieces the steps are, of how many characters in all and in the longest.
fn pieces(path: &Path<'_>, steps: &[Step]) -> (usize, usize, usize) {
    let (mut pieces, mut characters, mut widest, mut piece, mut last) = (0, 0, 0, 0, usize::MAX);
    for step in steps {
        let start = path.letters.get(step.at).map_or(0, |letter| letter.start);
        if step.gap != Gap::None || pieces == 0 {
            pieces += 1;
            piece = 0;
        }
        // A syllable is one character, whatever number of letters it is made of.
        if start != last {
            piece += 1;
            characters += 1;
        }
        last = start;
        widest = widest.max(piece);
    }
    (pieces, characters, widest)
}

fn spelled_end(path: &Path<'_>, gap: Gap) -> bool {
    let after = path.steps.last().and_then(|step| path.letters.get(step.at + 1));
    after.is_none_or(|after| after.gap >= gap)
}

/// A short word that is spelled out is not a part of a longer one that is: `c l a s s`.
fn stands_alone(path: &Path<'_>, gap: Gap, open_end: bool) -> bool {
    let (Some(first), Some(last)) = (path.steps.first(), path.steps.last()) else {
        return false;
    };
    let mut back = Vec::with_capacity(2);
    // What parts two letters is told by the later one.
    let mut near = path.letters.get(first.at).map_or(Gap::None, |letter| letter.gap);
    for letter in path.letters.get(..first.at).unwrap_or_default().iter().rev().take(6) {
        if letter.kind == Kind::Sign {
            near = near.max(letter.gap).max(Gap::Joint);
        } else {
            back.push((letter.base, near));
            near = letter.gap;
        }
    }
    let mut ahead = Vec::with_capacity(2);
    let mut near = Gap::None;
    for letter in path.letters.get(last.at + 1..).unwrap_or_default().iter().take(6) {
        near = near.max(letter.gap);
        if letter.kind == Kind::Sign {
            near = near.max(Gap::Joint);
        } else {
            ahead.push((letter.base, near));
            near = Gap::None;
        }
    }
    is_apart(&back, gap) && (open_end || is_apart(&ahead, gap))
}

/// Whether what stands beside a word that is spelled out with such gaps does not belong to it: nothing, a whole word, or
/// a word of one letter.
fn is_apart(beside: &[(char, Gap)], gap: Gap) -> bool {
    let Some(&(letter, near)) = beside.first() else {
        return true;
    };
    if near == Gap::None || near > gap {
        return true;
    }
    match beside.get(1) {
        Some((_, Gap::None)) => true,
        Some((_, further)) if *further <= gap => false,
        _ => "aiouyernияксвуоа".contains(letter),
    }
}

/// The bytes of the word, with the rest of a word it is only a part of.
fn place(word: &Word, letters: &[Letter], mut first: usize, mut last: usize) -> Range<usize> {
    let joined = |before: usize| match (letters.get(before), letters.get(before + 1)) {
        (Some(before), Some(after)) => before.kind != Kind::Sign && after.kind != Kind::Sign && !parts(before, after),
        _ => false,
    };
    while word.open_start && first > 0 && joined(first - 1) {
        first -= 1;
    }
    while word.open_end && joined(last) {
        last += 1;
    }
    let ends = [letters.get(first), letters.get(last)].into_iter().flatten();
    let start = ends.clone().map(|letter| letter.start).min().unwrap_or_default();
    start..ends.map(|letter| letter.end).max().unwrap_or_default()
}
