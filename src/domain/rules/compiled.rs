//! A rule set made ready to judge by.

use super::{
    check::{Faults, check},
    set::RuleSet,
};
use crate::domain::Fault;

/// A checked rule set with everything in it prepared. Making one is expensive; keep it for as long as the set is the same.
#[derive(Debug)]
pub struct Compiled {
    pub(super) set: RuleSet,
    pub(super) house_version: Option<u32>,
}

impl Compiled {
    /// Ready to judge by these rules, or every field that is wrong.
    pub fn new(set: &RuleSet) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        check(set, &mut faults);
        faults.into_result()?;
        Ok(Self {
            set: set.clone(),
            house_version: None,
        })
    }

    /// An event's rules above the house's, see [`RuleSet::over`].
    pub fn layered(house: &RuleSet, event: &RuleSet) -> Result<Self, Vec<Fault>> {
        Ok(Self {
            house_version: event.inherit.then_some(house.version),
            ..Self::new(&event.over(house))?
        })
    }

    #[must_use]
    pub fn set(&self) -> &RuleSet {
        &self.set
    }
}
