//! Which letters may be read as another alphabet's. A word all in Cyrillic is Russian, not badly disguised English: its
//! letters count as what they look like only where the company they are in makes that likely.

use super::{
    letters::{Gap, Kind, Letter},
    look,
    script::Script,
};

/// Takes back looks that are unlikely, and gives Latin letters among Cyrillic ones theirs.
pub(super) fn settle(letters: &mut [Letter]) {
    // A text with Greek or Cyrillic letters that look like nothing else is really written so.
    let real = |script: Script| {
        let own = |letter: &&Letter| letter.script == script && letter.kind == Kind::Letter && !letter.strict;
        letters.iter().filter(own).count() > 0
    };
    let (greek, cyrillic) = (real(Script::Greek), real(Script::Cyrillic));
    let mut begin = 0;
    while begin < letters.len() {
        let rest = letters.get(begin + 1..).unwrap_or_default();
        let length = 1 + rest.iter().take_while(|letter| letter.gap == Gap::None).count();
        let end = (begin + length).min(letters.len());
        if let Some(word) = letters.get_mut(begin..end) {
            settle_word(word, greek, cyrillic);
        }
        begin = end;
    }
}

fn settle_word(word: &mut [Letter], greek: bool, cyrillic: bool) {
    let count = |script: Script| {
        let own = |letter: &&Letter| letter.kind == Kind::Letter && letter.script == script;
        word.iter().filter(own).count()
    };
    let (latin, greeks, cyrillics) = (count(Script::Latin), count(Script::Greek), count(Script::Cyrillic));
    for letter in word.iter_mut().filter(|letter| letter.kind == Kind::Letter) {
        let as_latin = letter.look;
        // Whichever of the two a word is meant in, each letter is itself or its look-alike.
        let (look, likely) = match letter.script {
            Script::Latin if cyrillics > 0 => (look::cyrillic_look(letter.base), true),
            Script::Latin if greeks > 0 => (look::greek_look(letter.base), true),
            Script::Greek if cyrillics > latin => (look::cyrillic_look(as_latin), true),
            Script::Cyrillic if greeks > latin => (look::greek_look(as_latin), true),
            Script::Greek => (None, latin > 0 || letter.strict && !greek),
            Script::Cyrillic => (None, latin > 0 || letter.strict && !cyrillic),
            Script::Other => (None, latin > 0 || letter.strict),
            _ => continue,
        };
        letter.look = if likely { look.unwrap_or(as_latin) } else { '\0' };
    }
}
