//! What may be said in a room as it is set: checks that need nothing but the message, its author and the settings.
//!
//! Staff are free of all of them: somebody has to say why a room is locked. Whether something was said before, and when
//! its author spoke last, needs more than one message; that is asked elsewhere.

use unicode_segmentation::UnicodeSegmentation;

use super::{links, settings::RoomSettings};
use crate::domain::{
    Fault, Reason, Refusal, Stamp,
    reaction::{is_emoji, is_pictograph},
    text::search_words,
    user::Role,
};

/// Who wants to write.
#[derive(Debug, Clone, Copy)]
pub struct Writer {
    pub role: Role,
    /// Since when the account exists, if its token says so; for guests, since they came in.
    pub since: Option<Stamp>,
}

impl RoomSettings {
    /// Ok if that person may write here at all.
    pub fn admits(&self, writer: Writer, now: Stamp) -> Result<(), Refusal> {
        if writer.role.is_staff() {
            return Ok(());
        }
        if self.locked {
            let detail = "The room is locked for now. Reading goes on.";
            return Err(Refusal::new(Reason::RoomLocked, detail));
        }
        if writer.role >= Role::Member {
            return Ok(());
        }
        if self.members_only {
            let detail = "Only members of this event write here for now.";
            return Err(Refusal::new(Reason::MembersOnly, detail));
        }
        self.require_age(writer.since, now)
    }

    fn require_age(&self, since: Option<Stamp>, now: Stamp) -> Result<(), Refusal> {
        if self.min_account_age_seconds == 0 {
            return Ok(());
        }
        let Some(since) = since else {
            let detail = "Accounts must have a certain age to write here, and your token does not say yours.";
            return Err(Refusal::new(Reason::AccountTooYoung, detail));
        };
        let old_enough = since.plus_ms(i64::from(self.min_account_age_seconds) * 1_000);
        if now >= old_enough {
            return Ok(());
        }
        let wait_ms = u64::try_from(old_enough.ms().saturating_sub(now.ms())).unwrap_or(1);
        let wait = u32::try_from(wait_ms.div_ceil(1_000)).unwrap_or(u32::MAX);
        let detail = format!("Your account is too young to write here; it may in {wait} s.");
        Err(Refusal::new(Reason::AccountTooYoung, detail).retry_after(wait))
    }

    /// Ok if that may be said here by somebody of that role.
    pub fn accepts(&self, role: Role, text: &str) -> Result<(), Refusal> {
        if role.is_staff() {
            return Ok(());
        }
        let refused = |reason, code, detail: &str| Refusal {
            faults: vec![Fault::new("/text", code, detail)],
            ..Refusal::new(reason, detail)
        };
        if self.emoji_only && !is_emoji_only(text) {
            let detail = "Only emoji are said here for now.";
            return Err(refused(Reason::EmojiOnly, "emoji", detail));
        }
        if !self.links.allows(role) && links::has_link(text) {
            let detail = "Your messages may not carry links here.";
            return Err(refused(Reason::LinksNotAllowed, "link", detail));
        }
        Ok(())
    }
}

/// Whether a text is made of emoji, and of blanks between them.
#[must_use]
pub fn is_emoji_only(text: &str) -> bool {
    let mut signs = text.graphemes(true).filter(|sign| !sign.trim().is_empty()).peekable();
    signs.peek().is_some() && signs.all(is_pure_emoji)
}

/// One emoji and nothing hanging on it, such as an accent.
fn is_pure_emoji(grapheme: &str) -> bool {
    // Joiners and variation selectors, keycaps, skin tones, flags, and the tags that spell the flags of regions.
    let goes_with_it = |letter: char| {
        matches!(letter, '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '0'..='9' | '#' | '*')
            || matches!(letter, '\u{1f3fb}'..='\u{1f3ff}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{e0020}'..='\u{e007f}')
            || is_pictograph(letter)
    };
    is_emoji(grapheme) && grapheme.chars().all(goes_with_it)
}

/// What makes two messages the same where each may be said once: letters, digits and signs, without case, accents,
/// blanks and punctuation.
#[must_use]
pub fn sameness(text: &str) -> String {
    let words = search_words(text);
    if words.is_empty() {
        // Signs only: a row of one emoji is the same whether it is long or short.
        let mut signs: Vec<&str> = text.graphemes(true).filter(|sign| !sign.trim().is_empty()).collect();
        signs.dedup();
        return signs.concat();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::room::LinkPolicy;

    const NOW: Stamp = Stamp::EPOCH;

    fn writer(role: Role, age_seconds: Option<i64>) -> Writer {
        Writer {
            role,
            since: age_seconds.map(|age| NOW.plus_ms(-age * 1_000)),
        }
    }

    #[test]
    fn a_room_admits_by_role_and_age() {
        use Reason::{AccountTooYoung, MembersOnly, RoomLocked};
        use Role::{Host, Member, Moderator, Viewer};
        let locked = RoomSettings {
            locked: true,
            ..RoomSettings::default()
        };
        let members = RoomSettings {
            members_only: true,
            ..RoomSettings::default()
        };
        let aged = RoomSettings {
            min_account_age_seconds: 60,
            ..RoomSettings::default()
        };
        let all = RoomSettings {
            locked: true,
            members_only: true,
            min_account_age_seconds: 60,
            ..RoomSettings::default()
        };
        for (room, who, refused) in [
            (RoomSettings::default(), writer(Viewer, None), None),
            (locked, writer(Viewer, None), Some(RoomLocked)),
            (locked, writer(Member, Some(900)), Some(RoomLocked)),
            (locked, writer(Moderator, None), None),
            (members, writer(Viewer, Some(900)), Some(MembersOnly)),
            (members, writer(Member, None), None),
            (members, writer(Host, None), None),
            (aged, writer(Viewer, Some(59)), Some(AccountTooYoung)),
            (aged, writer(Viewer, Some(60)), None),
            (aged, writer(Viewer, Some(-5)), Some(AccountTooYoung)),
            (aged, writer(Viewer, None), Some(AccountTooYoung)),
            (aged, writer(Member, Some(0)), None),
            (aged, writer(Moderator, None), None),
            (all, writer(Viewer, None), Some(RoomLocked)),
            (all, writer(Moderator, None), None),
        ] {
            let found = room.admits(who, NOW).err().map(|refusal| refusal.reason);
            assert_eq!(found, refused, "{room:?} {who:?}");
        }
        let young = aged.admits(writer(Viewer, Some(45)), NOW).unwrap_err();
        assert_eq!(young.retry_after_seconds, Some(15));
    }

    #[test]
    fn only_emoji_is_only_emoji() {
        for text in [
            "⚽",
            "⚽⚽⚽",
            "❤️ ❤ ❤️",
            "👍🏽",
            "👨‍👩‍👧‍👦 🏳️‍🌈",
            "🇩🇪🇧🇷",
            "1️⃣ 0️⃣",
            "#️⃣",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "😀\n😀",
            "🅰️🆗",
            "©️ ™️ ℹ️",
            "㊗️ Ⓜ️",
            "🫠",
            "🈁",
            "☎️",
            "🧑🏿‍🚀",
            "⏱️",
        ] {
            assert!(is_emoji_only(text), "{text:?}");
        }
        for text in [
            "",
            " ",
            "goal",
            "⚽ goal",
            "goal ⚽",
            "1",
            "10",
            "#",
            "!",
            "⚽!",
            "👍a",
            ":)",
            "ゴール",
            "🇩",
            "⚽\u{301}",
            "⚽\u{300}\u{300}",
            "\u{200d}",
            "\u{fe0f}",
            "…",
            "→x",
            "½",
            "①",
            "𝓰𝓸𝓪𝓵",
            "1\u{fe0f}",
        ] {
            assert!(!is_emoji_only(text), "{text:?}");
        }
    }

    #[test]
    fn a_room_accepts_by_text_and_role() {
        use Reason::{EmojiOnly, LinksNotAllowed};
        use Role::{Member, Moderator, Viewer};
        let emoji = RoomSettings {
            emoji_only: true,
            ..RoomSettings::default()
        };
        let members = RoomSettings {
            links: LinkPolicy::Members,
            ..RoomSettings::default()
        };
        let staff = RoomSettings {
            links: LinkPolicy::Staff,
            ..RoomSettings::default()
        };
        let link = "look: https://example.org";
        for (room, role, text, refused) in [
            (RoomSettings::default(), Viewer, link, None),
            (emoji, Viewer, "⚽", None),
            (emoji, Viewer, "goal", Some(EmojiOnly)),
            (emoji, Member, "goal", Some(EmojiOnly)),
            (emoji, Moderator, "calm down", None),
            (members, Viewer, link, Some(LinksNotAllowed)),
            (members, Viewer, "no link", None),
            (members, Member, link, None),
            (staff, Member, link, Some(LinksNotAllowed)),
            (staff, Moderator, link, None),
        ] {
            let found = room.accepts(role, text).err().map(|refusal| refusal.reason);
            assert_eq!(found, refused, "{room:?} {role:?} {text}");
        }
    }

    #[test]
    fn sameness_looks_through_case_accents_blanks_and_punctuation() {
        for (one, other, same) in [
            ("Goal!", "GOAL", true),
            ("what a  goal", "What a goal!!!", true),
            ("Müller", "muller", true),
            ("⚽⚽⚽", "⚽ ⚽", true),
            ("⚽", "❤", false),
            ("1:0", "1-0", true),
            ("1:0", "2:0", false),
            ("goal ⚽", "goal", true),
            ("ゴール", "ゴール!", true),
            ("!!!", "?", false),
        ] {
            assert_eq!(sameness(one) == sameness(other), same, "{one} / {other}");
            assert!(!sameness(one).is_empty());
        }
    }
}
