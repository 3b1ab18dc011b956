//! The faults that are played, and the order of an evening's faults.

use clap::ValueEnum;

use crate::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub(crate) enum Fault {
    /// Nothing is broken: the time before the first fault and after the last.
    #[value(skip)]
    Calm,
    /// kill -9 of one instance, started again after a few seconds.
    Kill,
    /// kill -9 of two instances at once.
    KillTwo,
    /// SIGSTOP of one instance for 10 seconds.
    Pause,
    /// All instances, one after another, by SIGTERM.
    Rolling,
    /// kill -9 of Redis; it comes back empty.
    RedisKill,
    /// SIGTERM of Redis; it comes back empty.
    RedisStop,
    /// Redis answers commands and delivers nothing.
    RedisDeaf,
    /// Every piece to and from Redis waits 300 ms.
    RedisSlow,
    /// PostgreSQL stopped fast and started again.
    PostgresFast,
    /// PostgreSQL stopped at once, as by a crash, and started again.
    PostgresCrash,
    /// SIGSTOP of all of PostgreSQL for some seconds.
    PostgresPause,
}

/// What of the house a fault needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Present {
    pub(crate) instances: usize,
    pub(crate) postgres: bool,
    pub(crate) redis: bool,
}

impl Fault {
    pub(crate) const ALL: [Self; 11] = [
        Self::Kill,
        Self::KillTwo,
        Self::Pause,
        Self::Rolling,
        Self::RedisKill,
        Self::RedisStop,
        Self::RedisDeaf,
        Self::RedisSlow,
        Self::PostgresFast,
        Self::PostgresCrash,
        Self::PostgresPause,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Kill => "kill",
            Self::KillTwo => "kill-two",
            Self::Pause => "pause",
            Self::Rolling => "rolling",
            Self::RedisKill => "redis-kill",
            Self::RedisStop => "redis-stop",
            Self::RedisDeaf => "redis-deaf",
            Self::RedisSlow => "redis-slow",
            Self::PostgresFast => "postgres-fast",
            Self::PostgresCrash => "postgres-crash",
            Self::PostgresPause => "postgres-pause",
        }
    }

    /// What breaks stands outside the instances, which should notice.
    pub(crate) fn is_outside(self) -> bool {
        !matches!(
            self,
            Self::Calm | Self::Kill | Self::KillTwo | Self::Pause | Self::Rolling
        )
    }

    fn can_be_played(self, present: Present) -> bool {
        match self {
            Self::Calm => false,
            Self::Kill | Self::Pause | Self::Rolling => true,
            // One has to be left.
            Self::KillTwo => present.instances > 2,
            Self::RedisKill | Self::RedisStop | Self::RedisDeaf | Self::RedisSlow => present.redis,
            Self::PostgresFast | Self::PostgresCrash | Self::PostgresPause => present.postgres,
        }
    }
}

/// One round of everything, in the order the dice say. A short evening has one of the two long absences of Redis.
pub(crate) fn round(dice: &mut Dice, present: Present, only: &[Fault], short: bool) -> Vec<Fault> {
    let wanted = |fault: &Fault| only.is_empty() || only.contains(fault);
    let mut faults: Vec<Fault> = Fault::ALL
        .into_iter()
        .filter(|fault| fault.can_be_played(present) && wanted(fault))
        .collect();
    if short && only.is_empty() {
        let spared = if dice.percent(50) {
            Fault::RedisKill
        } else {
            Fault::RedisStop
        };
        faults.retain(|fault| *fault != spared);
    }
    // Deaths are what it is about.
    if faults.contains(&Fault::Kill) {
        faults.push(Fault::Kill);
    }
    dice.shuffle(&mut faults);
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Present = Present {
        instances: 3,
        postgres: true,
        redis: true,
    };

    #[test]
    fn a_round_plays_everything_that_there_is_to_break() {
        let count = |present, short| round(&mut Dice::new(1), present, &[], short).len();
        assert_eq!(count(FULL, false), 12);
        assert_eq!(count(FULL, true), 11);
        let alone = Present {
            instances: 1,
            postgres: false,
            redis: false,
        };
        assert_eq!(count(alone, false), 4);
        assert_eq!(
            round(&mut Dice::new(1), FULL, &[Fault::RedisStop], true),
            [Fault::RedisStop]
        );
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for fault in Fault::ALL {
            assert_eq!(fault.to_possible_value().unwrap().get_name(), fault.name());
        }
    }
}
