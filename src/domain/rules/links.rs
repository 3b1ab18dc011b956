//! Finding links, also those written so that only people can follow them: `example[.]com`, `example dot com`.

use std::ops::Range;

use super::set::{LinkMode, LinkRule};

/// Names under which everybody has a site. Nothing else in a chat looks like `word.com`.
const GENERIC: [&str; 44] = [
    "app", "art", "biz", "blog", "bet", "casino", "chat", "click", "club", "cloud", "com", "dev", "download", "fun",
    "games", "gg", "info", "io", "link", "live", "ly", "mobi", "net", "news", "online", "org", "page", "porn", "pro",
    "shop", "site", "space", "store", "stream", "tech", "top", "tv", "vip", "website", "win", "work", "xxx", "xyz",
    "zone",
];

/// Countries' names that are no words people put behind a full stop without a blank.
const COUNTRIES: [&str; 48] = [
    "ae", "ar", "au", "bg", "br", "ca", "cc", "ch", "cl", "cn", "co", "cz", "de", "dk", "ee", "eu", "fi", "fr", "gl",
    "gr", "hk", "hr", "hu", "id", "ie", "il", "ir", "jp", "ke", "kr", "lt", "lv", "mx", "ng", "nl", "nz", "pk", "pl",
    "pt", "ro", "rs", "ru", "se", "sk", "tk", "ua", "uk", "za",
];

/// Hosts under names that are words, where a link is likely all the same.
const KNOWN: [&str; 12] = [
    "t.me",
    "bit.do",
    "bit.ly",
    "discord.me",
    "goo.gl",
    "is.gd",
    "linktr.ee",
    "ow.ly",
    "t.co",
    "tinyurl.com",
    "wa.me",
    "youtu.be",
];

/// A character as links go by, and its bytes in the text.
type Shown = (char, Range<usize>);

/// Where links stand that the rule does not let through.
pub(super) fn find(text: &str, rule: &LinkRule, newcomer: bool) -> Vec<Range<usize>> {
    if (rule.mode == LinkMode::Allowed && !newcomer) || !may_have_links(text) {
        return Vec::new();
    }
    let shown = show(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < shown.len() {
        let Some(link) = link_at(&shown, at) else {
            at += 1;
            continue;
        };
        let barred = (rule.mode == LinkMode::Off && !newcomer) || !is_listed(&link.host, &rule.domains);
        let range = shown.get(link.place.clone()).unwrap_or_default();
        if let (true, Some(first), Some(last)) = (barred, range.first(), range.last()) {
            found.push(first.1.start..last.1.end);
        }
        at = link.place.end.max(at + 1);
    }
    found
}

/// Nearly no text gets past this.
fn may_have_links(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.contains(&b'.')
        || bytes
            .windows(3)
            .any(|three| three == b"://" || three.eq_ignore_ascii_case(b"dot"))
        || (!text.is_ascii() && text.contains(is_dot))
}

fn is_dot(character: char) -> bool {
    matches!(character, '.' | '。' | '．' | '｡' | '․')
}

/// The text with dots that were written in other ways as dots.
fn show(text: &str) -> Vec<Shown> {
    let all: Vec<Shown> = text
        .char_indices()
        .map(|(at, character)| {
            let plain = match character {
                _ if is_dot(character) => '.',
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
                _ => character,
            };
            (
                plain.to_lowercase().next().unwrap_or(plain),
                at..at + character.len_utf8(),
            )
        })
        .filter(|(character, _)| !super::words::script::is_ignored(*character))
        .collect();
    let mut shown: Vec<Shown> = Vec::with_capacity(all.len());
    let mut at = 0;
    while let Some((character, bytes)) = all.get(at) {
        match written_dot(&all, at) {
            Some(length) => {
                let end = all.get(at + length - 1).map_or(bytes.end, |(_, last)| last.end);
                shown.push(('.', bytes.start..end));
                at += length;
            }
            None => {
                shown.push((*character, bytes.clone()));
                at += 1;
            }
        }
    }
    shown
}

/// How many characters from here on are a dot in disguise: `[.]`, `(dot)`, ` dot `, each also with blanks around.
fn written_dot(all: &[Shown], at: usize) -> Option<usize> {
    let is = |index: usize, wanted: fn(char) -> bool| all.get(index).is_some_and(|(one, _)| wanted(*one));
    let blanks = |from: usize| {
        (from..from + 3)
            .take_while(|&index| is(index, |one| one == ' '))
            .count()
    };
    let before = blanks(at);
    let open = at + before;
    let bracket = is(open, |one| matches!(one, '[' | '(' | '{'));
    let word = open + usize::from(bracket) + if bracket { blanks(open + 1) } else { 0 };
    let spelled = "dot"
        .chars()
        .enumerate()
        .all(|(index, letter)| all.get(word + index).is_some_and(|(one, _)| *one == letter));
    let length = if spelled {
        3
    } else {
        usize::from(is(word, |one| one == '.'))
    };
    if length == 0 || (!bracket && (!spelled || before == 0)) {
        return None;
    }
    let mut end = word + length;
    if bracket {
        end += blanks(end);
        if !is(end, |one| matches!(one, ']' | ')' | '}')) {
            return None;
        }
        end += 1;
    }
    let after = blanks(end);
    // `connect the dot today` is no address; what follows has to be a name of the net.
    let rest: String = all
        .iter()
        .skip(end + after)
        .map(|(one, _)| *one)
        .take_while(|one| one.is_alphanumeric())
        .take(12)
        .collect();
    let good = (bracket || after > 0) && (is_name(&rest) || bracket);
    good.then_some(end + after - at)
}

fn is_name(label: &str) -> bool {
    GENERIC.contains(&label) || COUNTRIES.contains(&label)
}

struct Link {
    host: String,
    /// In characters as shown.
    place: Range<usize>,
}

fn is_host(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '.')
}

/// The link that begins at this character.
fn link_at(shown: &[Shown], at: usize) -> Option<Link> {
    let get = |index: usize| shown.get(index).map(|(character, _)| *character);
    let before = at.checked_sub(1).and_then(get);
    if !get(at).is_some_and(char::is_alphanumeric) || before.is_some_and(|one| is_host(one) && one != '.') {
        return None;
    }
    let run = |from: usize, wanted: fn(char) -> bool| {
        let rest = shown.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|(one, _)| wanted(*one)).count()
    };
    let scheme = run(at, char::is_alphanumeric);
    let schemed =
        scheme - at <= 12 && get(scheme) == Some(':') && get(scheme + 1) == Some('/') && get(scheme + 2) == Some('/');
    let from = if schemed { scheme + 3 } else { at };
    let authority = if schemed {
        run(from, |one| {
            !one.is_whitespace() && !matches!(one, '/' | '?' | '#' | '\\' | '"' | '<' | '>')
        })
    } else {
        run(from, is_host)
    };
    let mut host: String = shown
        .get(from..authority)
        .unwrap_or_default()
        .iter()
        .map(|(one, _)| *one)
        .collect();
    if schemed {
        host = host
            .rsplit('@')
            .next()
            .unwrap_or_default()
            .split(':')
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    // A name of the net ends where another script goes on, as in Chinese and Japanese text.
    if !schemed && let Some((rest, last)) = host.rsplit_once('.') {
        let plain = last.find(|one: char| !one.is_ascii()).filter(|&end| end > 0);
        if let Some(plain) = plain.and_then(|end| last.get(..end)) {
            host = format!("{rest}.{plain}");
        }
    }
    let host = host.trim_end_matches(['.', '-', '_', ',', ')']).to_owned();
    let trimmed = if schemed {
        authority
    } else {
        from + host.chars().count()
    };
    let path = matches!(get(trimmed), Some('/'))
        || (get(trimmed) == Some(':') && get(trimmed + 1).is_some_and(|one| one.is_ascii_digit()));
    let mail = before == Some('@') || get(trimmed) == Some('@');
    if !(schemed && !host.is_empty() || !mail && is_bare_link(&host, path)) {
        return None;
    }
    let end = if path {
        run(trimmed, |one| !one.is_whitespace() && !matches!(one, '"' | '<' | '>'))
    } else {
        trimmed
    };
    Some(Link { host, place: at..end })
}

/// Whether a name without a scheme is meant as an address.
fn is_bare_link(host: &str, path: bool) -> bool {
    let Some((rest, last)) = host.rsplit_once('.') else {
        return false;
    };
    let label = rest.rsplit('.').next().unwrap_or_default();
    if label.is_empty() || rest.split('.').any(str::is_empty) {
        return false;
    }
    let numbers = host.split('.').all(|label| label.parse::<u8>().is_ok());
    let lettered = last.chars().all(char::is_alphabetic) && last.chars().count() >= 2;
    host.starts_with("www.")
        || KNOWN.contains(&host)
        || (numbers && path && host.split('.').count() == 4)
        || GENERIC.contains(&last)
        || (COUNTRIES.contains(&last) && label.chars().count() >= 2 && !label.chars().all(|one| one.is_ascii_digit()))
        || last.starts_with("xn--")
        || (path && lettered && last.is_ascii() && last.len() == 2)
}

/// Whether the host is one of the domains or below one.
fn is_listed(host: &str, domains: &[String]) -> bool {
    domains.iter().any(|domain| {
        let domain = domain.to_lowercase();
        host.strip_suffix(&domain)
            .is_some_and(|above| above.is_empty() || above.ends_with('.'))
    })
}
