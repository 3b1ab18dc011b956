//! Verdicts on texts that were judged lately, by their digest. Bounded; the oldest goes first.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use crate::{crypto, domain::screening::ModelVerdict};

#[derive(Default)]
struct Known {
    verdicts: HashMap<String, ModelVerdict>,
    order: VecDeque<String>,
}

/// One instance's. The lock is held for a look or an insertion.
pub(super) struct Memory {
    most: usize,
    known: Mutex<Known>,
}

impl Memory {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            known: Mutex::default(),
        }
    }

    /// What was thought of that text, marked as remembered. A memory belongs to one model: settings do not change while it lives.
    pub(super) fn recall(&self, text: &str) -> Option<ModelVerdict> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = known.verdicts.get(&crypto::sha256_hex(text.as_bytes()))?;
        Some(ModelVerdict {
            cached: true,
            ..verdict.clone()
        })
    }

    pub(super) fn keep(&self, text: &str, verdict: &ModelVerdict) {
        if self.most == 0 {
            return;
        }
        let digest = crypto::sha256_hex(text.as_bytes());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.verdicts.insert(digest.clone(), verdict.clone()).is_some() {
            return;
        }
        known.order.push_back(digest);
        if known.order.len() > self.most
            && let Some(oldest) = known.order.pop_front()
        {
            known.verdicts.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let memory = Memory::new(2);
        let verdict = ModelVerdict::new("here", "m", &[]);
        for text in ["a", "b", "a", "c"] {
            memory.keep(text, &verdict);
        }
        assert!(memory.recall("a").is_none() && memory.recall("b").is_some_and(|verdict| verdict.cached));
        assert!(memory.recall("c").is_some());
        let none = Memory::new(0);
        none.keep("a", &verdict);
        assert!(none.recall("a").is_none());
    }
}
