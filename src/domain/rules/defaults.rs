//! What a house judges by until it says otherwise. Mild: it is about abuse and floods, never about taste.

use super::set::{
    CrowdRule, DuplicateRule, FloodRule, LinkMode, LinkRule, MarkRule, MentionRule, RepeatRule, RuleAction, RuleSet,
};

impl RuleSet {
    /// The house's rules as they come. Whoever changes them, replaces all of it.
    #[must_use]
    pub fn house() -> Self {
        Self {
            links: Some(LinkRule {
                mode: LinkMode::Allowed,
                domains: Vec::new(),
                newcomer_seconds: None,
                action: RuleAction::Bounce,
            }),
            repeats: Some(RepeatRule {
                characters: 80,
                words: 30,
                emoji: 60,
                action: RuleAction::Bounce,
            }),
            marks: Some(MarkRule {
                marks: 4,
                letters: 3,
                action: RuleAction::Bounce,
            }),
            flood: Some(FloodRule {
                messages: 15,
                seconds: 10,
                action: RuleAction::Bounce,
            }),
            duplicates: Some(DuplicateRule {
                times: 3,
                seconds: 30,
                min_letters: 12,
                action: RuleAction::Bounce,
            }),
            crowd: Some(CrowdRule {
                authors: 12,
                seconds: 60,
                min_letters: 60,
                action: RuleAction::Hold,
            }),
            mentions: Some(MentionRule {
                most: 10,
                action: RuleAction::Bounce,
            }),
            ..Self::empty()
        }
    }
}
