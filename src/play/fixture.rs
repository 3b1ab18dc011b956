//! What happened in a football match, as plain facts, wherever they came from.

use crate::domain::contest::CardColor;

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub id: String,
    pub name: String,
    pub short_name: Option<String>,
}

/// What a fact is about; `side` is 0 or 1, in the order of [`Fixture::sides`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `side` is whose score rises.
    Goal {
        player: Option<String>,
        penalty: bool,
        own_goal: bool,
    },
    Card {
        player: String,
        color: CardColor,
    },
    Substitution {
        player_in: String,
        player_out: String,
    },
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub minute: u32,
    pub stoppage: u32,
    pub side: usize,
    pub what: What,
}

/// A whole match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    pub sides: [Side; 2],
    /// In any order.
    pub facts: Vec<Fact>,
    /// Played beyond ninety minutes.
    pub extra_time: bool,
    /// The shoot-out, if there was one.
    pub shoot_out: Option<[u32; 2]>,
    /// Where no goals are known one by one: the score at half-time (if known) and in the end.
    pub bare_score: Option<BareScore>,
}

/// A score without a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BareScore {
    pub half_time: Option<[u32; 2]>,
    pub end: [u32; 2],
}

impl Fixture {
    /// The goals of each side, without the shoot-out.
    #[must_use]
    pub fn goals(&self) -> [u32; 2] {
        if let Some(bare) = self.bare_score {
            return bare.end;
        }
        let mut goals = [0, 0];
        for fact in &self.facts {
            if let (What::Goal { .. }, Some(count)) = (&fact.what, goals.get_mut(fact.side)) {
                *count += 1;
            }
        }
        goals
    }

    /// Who won: by goals, else by the shoot-out. `None` is a draw.
    #[must_use]
    pub fn winner(&self) -> Option<&Side> {
        let by = |[home, away]: [u32; 2]| match home.cmp(&away) {
            std::cmp::Ordering::Greater => Some(&self.sides[0]),
            std::cmp::Ordering::Less => Some(&self.sides[1]),
            std::cmp::Ordering::Equal => None,
        };
        by(self.goals()).or_else(|| self.shoot_out.and_then(by))
    }
}
