//! Things by number. A number is used again; a key is not.

/// Where a thing is, for as long as it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    index: u32,
    /// How many had the number before.
    turn: u32,
}

struct Slot<T> {
    turn: u32,
    thing: Option<Box<T>>,
}

/// Boxed, so that room for many does not have to be moved when it grows.
pub(super) struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Makes a thing that knows its own key.
    pub(super) fn insert(&mut self, make: impl FnOnce(Key) -> T) -> Key {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { turn: 0, thing: None });
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        // Either just made or taken from those that are free.
        let slot = &mut self.slots[index as usize];
        let key = Key { index, turn: slot.turn };
        slot.thing = Some(Box::new(make(key)));
        key
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        slot.thing.as_deref_mut().filter(|_| slot.turn == key.turn)
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Box<T>> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.turn != key.turn {
            return None;
        }
        let thing = slot.thing.take()?;
        slot.turn = slot.turn.wrapping_add(1);
        self.free.push(key.index);
        Some(thing)
    }

    /// Removes everything.
    pub(super) fn clear(&mut self) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.thing.take().is_some() {
                slot.turn = slot.turn.wrapping_add(1);
                self.free.extend(u32::try_from(index));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_one_who_left_opens_nothing() {
        let mut slots = Slots::default();
        let (ana, ben) = (slots.insert(|_| "ana"), slots.insert(|_| "ben"));
        assert_eq!(slots.remove(ana).as_deref(), Some(&"ana"));
        let cem = slots.insert(|_| "cem");
        assert_eq!(cem.index, ana.index, "numbers are used again");
        assert_eq!(slots.get_mut(ana), None);
        assert_eq!(slots.remove(ana), None);
        assert_eq!(slots.get_mut(ben), Some(&mut "ben"));
        assert_eq!(slots.get_mut(cem), Some(&mut "cem"));
        assert_eq!(slots.len(), 2);
        slots.clear();
        assert_eq!((slots.len(), slots.get_mut(cem)), (0, None));
    }
}
