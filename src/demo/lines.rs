//! What the fans say. `{player}` is whoever it is about.

pub(super) const BEFORE: &[&str] = &[
    "Evening everyone 👋",
    "Anyone else too nervous to sit down?",
    "Line-ups look strong on both sides",
    "Prediction: 2–1. Don't ask me for whom.",
    "Tea is ready, snacks are ready, I am not ready",
];

pub(super) const KICK_OFF: &[&str] = &[
    "And we're off!",
    "Here we go 🍿",
    "Come on!!!",
    "Kick-off! Enjoy it, everybody",
];

pub(super) const QUIET: &[&str] = &[
    "Good tempo so far",
    "They need to keep the ball better in midfield",
    "What a pass that was",
    "That was closer than it looked",
    "Referee lets a lot go today",
    "Somebody shoot, please",
    "The keeper is having a quiet evening",
    "Corner. Everybody forward!",
    "This atmosphere… even through a screen",
    "Hands up who has bitten all their nails already",
    "Watching with my dad, he has not said a word in ten minutes",
    "Lovely first touch",
    "The bench is warming up, something is coming",
    "I like how they press now",
    "You can feel the next goal will change everything",
];

pub(super) const OURS: &[&str] = &[
    "GOOOOOAL! {player}!!!",
    "{player}!!! 😭😭😭",
    "YES YES YES {player}",
    "What a moment. {player} again when it matters",
    "I just woke up the whole street",
    "Get in!!! ⚽️⚽️⚽️",
    "Never in doubt 😅",
];

pub(super) const THEIRS: &[&str] = &[
    "Oh no.",
    "How do you leave {player} that much room?",
    "Heads up, there's time",
    "Fine. Deserved. Still hurts.",
    "I need a minute.",
];

pub(super) const NEUTRAL_GOAL: &[&str] = &[
    "What a match this is!",
    "{player}, take a bow",
    "Goal! This is why I watch football",
    "Did you see that?! {player}!",
];

pub(super) const PENALTY: &[&str] = &[
    "Ice in the veins",
    "Keeper went the right way and still…",
    "Cool as you like from {player}",
];

pub(super) const CARD: &[&str] = &[
    "Yellow for {player}, no complaints",
    "Careful now, {player}",
    "That was late",
];

pub(super) const CHANGE: &[&str] = &[
    "Fresh legs: {player}",
    "Interesting change",
    "{player} comes on, let's see",
];

pub(super) const BREAK: &[&str] = &[
    "Breathe.",
    "Half-time kettle is on",
    "So… thoughts?",
    "My heart rate says 140",
    "Best match in years, I'm telling you",
];

pub(super) const SHOOT_OUT: &[&str] = &[
    "Penalties. Of course it's penalties.",
    "I can't look",
    "Somebody tell me what happens, I'm behind the sofa",
    "Respect to anyone who walks up there",
];

pub(super) const END_OURS: &[&str] = &["CHAMPIONS!!! 🏆🏆🏆", "I'm crying", "They did it. They really did it."];

pub(super) const END: &[&str] = &[
    "What. A. Match.",
    "Thank you all, that was the best company 💙",
    "Respect to both teams",
    "I'll never forget this one",
];

pub(super) const REPLIES: &[&str] = &[
    "Same here 😂",
    "Exactly this",
    "Haha",
    "100 %",
    "I said that five minutes ago!",
    "Not so sure…",
    "🤝",
];

pub(super) const EMOJI: &[&str] = &["❤", "😂", "🔥", "👏", "⚽", "😮", "💪", "😭"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{reaction::Emoji, text::MessageText};

    #[test]
    fn everything_said_may_be_said() {
        let all = [
            BEFORE,
            KICK_OFF,
            QUIET,
            OURS,
            THEIRS,
            NEUTRAL_GOAL,
            PENALTY,
            CARD,
            CHANGE,
            BREAK,
            SHOOT_OUT,
            END_OURS,
            END,
            REPLIES,
        ];
        for line in all.concat() {
            assert_eq!(
                MessageText::parse(line).map(MessageText::into_string).as_deref(),
                Ok(line)
            );
        }
        for emoji in EMOJI {
            assert!(Emoji::parse(emoji).is_ok(), "{emoji}");
        }
    }
}
