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
    let is = |letter: &Letter, script: Script| letter.kind == Kind::Letter && letter.script == script;
    let latin = word.iter().any(|letter| is(letter, Script::Latin));
    let russian = word.iter().any(|letter| is(letter, Script::Cyrillic));
    for letter in word.iter_mut() {
        let real = match letter.script {
            Script::Greek => greek,
            Script::Cyrillic => cyrillic,
            Script::Other => false,
            _ => {
                if russian && letter.kind == Kind::Letter && letter.script == Script::Latin {
                    letter.look = look::cyrillic_look(letter.base).unwrap_or(letter.look);
                }
                continue;
            }
        };
        let likely = latin || letter.strict && !real;
        if !likely {
            letter.look = '\0';
        }
    }
}
