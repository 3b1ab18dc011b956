//! What a house judges by until it says otherwise. Mild: it is about abuse and floods, never about taste.

use super::set::{
    CapsRule, CrowdRule, DuplicateRule, FloodRule, LinkMode, LinkRule, MarkRule, MentionRule, RepeatRule, RuleAction,
    RuleCategory, RuleSet, RuleSeverity, WordList,
};

/// Words that are abuse in whatever company: strong ones only, and none that is innocent in another language.
const PROFANITY: &str = include_str!("starter/profanity.txt");
/// Words that deny people their dignity for what they are.
const HATE: &str = include_str!("starter/hate.txt");
/// Telling somebody to die.
const SELF_HARM: &str = include_str!("starter/self-harm.txt");
/// What looks like one of them and is none.
const ALLOWED: &str = include_str!("starter/allowed.txt");

impl RuleSet {
    /// The house's rules as they come. Whoever changes them, replaces all of it.
    #[must_use]
    pub fn house() -> Self {
        use {RuleAction as A, RuleCategory as C, RuleSeverity as S};
        Self {
            words: vec![
                starter("starter-profanity", C::Profanity, S::Low, A::Mask, PROFANITY),
                starter("starter-hate", C::Hate, S::High, A::Hold, HATE),
                starter("starter-self-harm", C::SelfHarm, S::High, A::Hold, SELF_HARM),
            ],
            allowed: lines(ALLOWED),
            caps: Some(CapsRule {
                min_letters: 100,
                percent: 90,
                action: RuleAction::Bounce,
            }),
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

fn starter(name: &str, category: RuleCategory, severity: RuleSeverity, action: RuleAction, words: &str) -> WordList {
    WordList {
        name: name.to_owned(),
        category,
        severity,
        action,
        timeout_seconds: None,
        words: lines(words),
    }
}

/// Lines that are neither empty nor comments.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let told = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    told.map(str::to_owned).collect()
}
