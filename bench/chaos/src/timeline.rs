//! When which fault was played, and when which instance was down by our own hand.

use crate::{clock::Ms, fault::Fault};

#[derive(Debug, Clone)]
pub(crate) struct Played {
    pub(crate) fault: Fault,
    pub(crate) began: Ms,
    /// When we had undone what we did.
    pub(crate) healed: Ms,
    /// When an instance that was up first said that something is wrong.
    pub(crate) noticed: Option<Ms>,
    /// When all instances said again that they are ready.
    pub(crate) ready: Option<Ms>,
    /// When all instances had accepted a message again.
    pub(crate) posting: Option<Ms>,
}

/// Not answering, because we killed or stopped it, until it was ready again or woken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Down {
    pub(crate) instance: usize,
    pub(crate) from: Ms,
    pub(crate) to: Ms,
}

#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub(crate) played: Vec<Played>,
    pub(crate) downs: Vec<Down>,
    /// When instances were told to leave in a rolling restart.
    pub(crate) leaves: Vec<Ms>,
}

impl Timeline {
    /// What happens at that moment is put down to the last fault that began.
    pub(crate) fn fault_at(&self, at: Ms) -> Fault {
        let began = self.played.partition_point(|played| played.began <= at);
        began
            .checked_sub(1)
            .and_then(|last| self.played.get(last))
            .map_or(Fault::Calm, |played| played.fault)
    }

    /// The longest stretch of `from..to` in which that instance was up.
    pub(crate) fn longest_up(&self, instance: usize, from: Ms, to: Ms) -> Ms {
        let mut downs: Vec<_> = self.downs.iter().filter(|down| down.instance == instance).collect();
        downs.sort_by_key(|down| down.from);
        let (mut at, mut longest) = (from, 0);
        for down in downs {
            if down.to <= at || down.from >= to {
                continue;
            }
            longest = longest.max(down.from.saturating_sub(at));
            at = at.max(down.to);
        }
        longest.max(to.saturating_sub(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> Timeline {
        let played = |fault, began| Played {
            fault,
            began,
            healed: began + 10,
            noticed: None,
            ready: None,
            posting: None,
        };
        Timeline {
            played: vec![
                played(Fault::Kill, 100),
                played(Fault::Pause, 200),
                played(Fault::Calm, 300),
            ],
            downs: vec![
                Down {
                    instance: 0,
                    from: 100,
                    to: 150,
                },
                Down {
                    instance: 0,
                    from: 160,
                    to: 200,
                },
                Down {
                    instance: 1,
                    from: 0,
                    to: 1000,
                },
            ],
            leaves: Vec::new(),
        }
    }

    #[test]
    fn what_happens_belongs_to_the_last_fault() {
        let timeline = timeline();
        let at = [50, 100, 199, 200, 350].map(|at| timeline.fault_at(at));
        assert_eq!(at, [Fault::Calm, Fault::Kill, Fault::Kill, Fault::Pause, Fault::Calm]);
    }

    #[test]
    fn an_outage_counts_only_while_the_instance_is_up() {
        let timeline = timeline();
        assert_eq!(timeline.longest_up(0, 90, 230), 30);
        assert_eq!(timeline.longest_up(0, 110, 155), 5);
        assert_eq!(timeline.longest_up(0, 10, 90), 80);
        assert_eq!(timeline.longest_up(1, 10, 90), 0);
    }
}
