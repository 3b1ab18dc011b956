//! What holds against somebody at a door: all sanctions in force together.

use super::{super::Reason, Refusal, SanctionId, SanctionKind, Stamp};
use crate::domain::user::Role;

/// One sanction, as far as a door needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    pub id: SanctionId,
    pub kind: SanctionKind,
    pub until: Option<Stamp>,
    /// The role of who decided. It holds only against lower ones, whatever the role was by then.
    pub by: Role,
}

/// What holds against somebody in one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    against: Vec<InForce>,
}

impl Standing {
    /// Of all that was ever said against somebody, what holds for that role and may still hold at that time.
    #[must_use]
    pub fn of(all: impl IntoIterator<Item = InForce>, role: Role, now: Stamp) -> Self {
        let holds = |one: &InForce| {
            let is_over = one.until.is_some_and(|until| until <= now);
            !is_over && (!role.is_staff() || role < one.by)
        };
        Self {
            against: all.into_iter().filter(holds).collect(),
        }
    }

    /// The one of these kinds that ends last.
    fn longest(&self, kinds: &[SanctionKind], now: Stamp) -> Option<InForce> {
        let of_kind = self.against.iter().filter(|one| kinds.contains(&one.kind));
        of_kind
            .filter(|one| one.until.is_none_or(|until| until > now))
            .max_by_key(|one| one.until.map_or(i64::MAX, Stamp::ms))
            .copied()
    }

    /// Ok for those who may enter.
    pub fn require_entry(&self, now: Stamp) -> Result<(), Refusal> {
        match self.longest(&[SanctionKind::Ban], now) {
            Some(ban) => Err(refusal(Reason::Banned, "You are banned", ban, now)),
            None => Ok(()),
        }
    }

    /// Ok for those who may write.
    pub fn require_voice(&self, now: Stamp) -> Result<(), Refusal> {
        let silence = self.longest(&[SanctionKind::Mute, SanctionKind::Timeout], now);
        match silence {
            Some(one) if one.kind == SanctionKind::Mute => Err(refusal(Reason::Muted, "You are muted", one, now)),
            Some(one) => Err(refusal(Reason::TimedOut, "You may read, not write", one, now)),
            None => Ok(()),
        }
    }

    /// Whether what they write is seen by themselves and staff only. They are not told.
    #[must_use]
    pub fn is_shadowed(&self, now: Stamp) -> bool {
        self.longest(&[SanctionKind::ShadowBan], now).is_some()
    }

    /// All that holds but what nobody is told of.
    pub fn told(&self) -> impl Iterator<Item = &InForce> {
        self.against.iter().filter(|one| one.kind != SanctionKind::ShadowBan)
    }
}

fn refusal(reason: Reason, detail: &str, one: InForce, now: Stamp) -> Refusal {
    let refusal = Refusal {
        until: one.until,
        ..Refusal::new(reason, detail)
    };
    match one.until {
        None => Refusal {
            detail: format!("{detail}."),
            ..refusal
        },
        Some(until) => {
            let seconds = u32::try_from((until.ms() - now.ms() + 999) / 1_000).unwrap_or(u32::MAX);
            Refusal {
                detail: format!("{detail} until {until}."),
                ..refusal.retry_after(seconds.max(1))
            }
        }
    }
}
