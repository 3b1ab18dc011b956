//! Whether a text carries a link: as readers and their apps would understand it, not only as it should be written.
//!
//! A bare name such as `example.org` counts if its end is one that links commonly have; people forget the blank after a
//! full stop too often (`great game.Now the next`) to take every dot for a link. What is dressed up to deceive is the
//! business of the rules that keep order, not of this one.

/// Ends of names that are hardly ever words. Bare names end in one of these, or have a path behind them.
const ENDS: &[&str] = &[
    "com", "net", "org", "info", "biz", "io", "gg", "tv", "co", "uk", "de", "fr", "es", "nl", "ru", "br", "pl", "cz",
    "ch", "eu", "se", "dk", "fi", "pt", "jp", "cn", "kr", "ca", "au", "xyz", "app", "dev", "gov", "edu", "ly", "cc",
    "ws", "tk", "ml", "ga", "cf", "gq", "fm", "ai", "рф", "su", "ua", "tr", "ir",
];
/// Ends that are words as well: a name counts only with a path behind it, such as `t.me/room`.
const WORDS: &[&str] = &[
    "me", "to", "be", "it", "is", "in", "at", "no", "so", "us", "am", "my", "do", "as", "live", "shop", "site",
    "online", "top", "club", "bet", "win", "vip", "link", "click", "news", "store", "fun", "one", "today", "zone",
    "games", "tips", "page", "pro", "id", "la", "im", "st",
];

/// Whether there is a link in it.
#[must_use]
pub(super) fn has_link(text: &str) -> bool {
    let text = text.to_lowercase();
    text.split(|letter: char| letter.is_whitespace() || "<>\"'(){}|,;`*„“”«»".contains(letter))
        .any(is_link)
}

fn is_link(word: &str) -> bool {
    if let Some((scheme, rest)) = word.split_once("://") {
        let named = scheme
            .chars()
            .next_back()
            .is_some_and(|letter| letter.is_ascii_alphanumeric());
        return named && rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '[');
    }
    if word.strip_prefix("mailto:").is_some_and(|rest| rest.contains('@')) {
        return true;
    }
    // Full stops of other scripts lead to the same place.
    let word = word.trim_matches(['[', ']']).replace(['。', '．', '｡'], ".");
    let (name, path) = word
        .find(['/', '?', '#'])
        .map_or((word.as_str(), ""), |at| word.split_at(at));
    // An address of a mailbox is as good as a link; a name behind an at sign is somebody.
    let name = match name.rsplit_once('@') {
        Some(("", _somebody)) => return false,
        Some((_, host)) => host,
        None => name,
    };
    let (name, port) = name.split_once(':').map_or((name, ""), |(name, port)| (name, port));
    let name = name.trim_end_matches(['.', '!', ':']);
    let has_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_host(name, path.len() > 1 || has_port)
}

/// Whether that is the name of a place; `reaches_in` if something of the place is named behind it.
fn is_host(name: &str, reaches_in: bool) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
            && !label.starts_with('-')
    };
    let [_, .., end] = labels.as_slice() else { return false };
    if !labels.iter().all(is_label) {
        return false;
    }
    if labels[0] == "www" || end.starts_with("xn--") {
        return true;
    }
    if labels
        .iter()
        .all(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return labels.len() == 4 && reaches_in && labels.iter().all(|label| label.parse::<u8>().is_ok());
    }
    // `1.de` and the like are numbers with something behind them more often than places.
    let is_name = labels[..labels.len() - 1]
        .iter()
        .any(|label| label.chars().any(char::is_alphabetic));
    is_name && (ENDS.contains(end) || reaches_in && WORDS.contains(end))
}

#[cfg(test)]
mod tests {
    use super::has_link;

    #[test]
    fn links_are_found_as_people_write_them() {
        for text in [
            "https://example.org",
            "HTTP://EXAMPLE.ORG/x",
            "see https://example.org/a?b=c, now",
            "(http://[::1]/)",
            "ftp://files.example.net",
            "x:https://example.org",
            "www.example.whatever",
            "www.example.org!",
            "example.com",
            "Example.COM.",
            "go to my-site.co.uk today",
            "sub.domain.example.io/path",
            "t.me/room",
            "bit.ly/3xyz",
            "watch.live/now",
            "example。com",
            "example．com",
            "президент.рф",
            "xn--e1afmkfd.xn--p1ai",
            "me@example.com",
            "mailto:me@localhost",
            "192.168.1.1/login",
            "192.168.1.1:8080",
            "[click](https://example.org)",
            "[example.com]",
            "steam://connect/1",
        ] {
            assert!(has_link(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_a_little_like_one_is_none() {
        for text in [
            "",
            "goal",
            "what a game.Now the next one",
            "no.no.no",
            "wait...what",
            "3.5 to 4.0",
            "1.2.3",
            "v1.2.3.4",
            "10.0.0.1",
            "at 20.45",
            "e.g. this",
            "tell.me",
            "it.is",
            "3:2",
            "http",
            "://",
            "a://",
            "www",
            "www.",
            "/path/only",
            "either/or",
            "mr.smith",
            "6.de",
            "@ana.com",
            "#goal",
            "…",
            "試合。ゴール",
            ".com",
            "dot com",
            "-x.",
        ] {
            assert!(!has_link(text), "{text}");
        }
    }
}
