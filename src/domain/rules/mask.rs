//! Covering what was found, and nothing else.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::verdict::TextSpan;

/// What covers a character.
const COVER: char = '*';

/// Places in order, those that touch each other as one.
pub(super) fn merged(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match merged.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => merged.push(place),
        }
    }
    merged
}

/// The text with every character, as people count them, that has a part in one of the places covered. Blanks stay.
pub(super) fn masked(text: &str, places: &[Range<usize>]) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut places = places.iter().peekable();
    for (start, grapheme) in text.grapheme_indices(true) {
        let end = start + grapheme.len();
        while places.next_if(|place| place.end <= start).is_some() {}
        let hit = places.peek().is_some_and(|place| place.start < end);
        if hit && !grapheme.chars().all(char::is_whitespace) {
            covered.push(COVER);
        } else {
            covered.push_str(grapheme);
        }
    }
    covered
}

/// The same places counted in characters.
pub(super) fn spans(text: &str, places: &[Range<usize>]) -> Vec<TextSpan> {
    let (mut bytes, mut characters) = (0, 0_u32);
    let mut count_to = |end: usize| {
        let between = text.get(bytes..end).unwrap_or_default();
        characters = characters.saturating_add(u32::try_from(between.chars().count()).unwrap_or(u32::MAX));
        bytes = end;
        characters
    };
    let span = |place: &Range<usize>| TextSpan {
        start: count_to(place.start),
        end: count_to(place.end),
    };
    places.iter().map(span).collect()
}
