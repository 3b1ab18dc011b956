//! What is in force, as asked at every door.
//!
//! Of each event (and of the house) all sanctions in force are read at once and kept for a moment, so that whoever comes in
//! costs a look at a map. Where there are very many, each person is asked about alone.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::rows;
use crate::{
    domain::{EventId, Stamp, UserId, moderation::InForce},
    store::{Error, Recent, Store},
};

/// So many sanctions (and as many marks) are read and kept at once.
const FEW: u64 = 1_000;

type Scope = Option<EventId>;

/// A banned guest's mark.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    pub(super) mark: String,
    pub(super) since: Stamp,
    pub(super) expires: Stamp,
    pub(super) ban: InForce,
}

struct Book {
    /// `None`: too many to keep.
    against: Option<HashMap<UserId, Vec<InForce>>>,
    marked: Option<HashMap<String, Vec<Marked>>>,
}

pub(super) struct Books {
    store: Store,
    whole: Recent<Scope, Arc<Book>>,
    single: Recent<(Scope, UserId), Vec<InForce>>,
    single_mark: Recent<(Scope, String), Vec<Marked>>,
}

impl Books {
    pub(super) fn new(store: Store, believed_for: Duration, remembered: usize) -> Self {
        Self {
            store,
            // Each of these may hold `FEW`.
            whole: Recent::new(believed_for, remembered / 10),
            single: Recent::new(believed_for, remembered),
            single_mark: Recent::new(believed_for, remembered),
        }
    }

    pub(super) fn forget(&self, scope: Scope) {
        self.whole.forget(|known, _| *known == scope);
        self.single.forget(|(known, _), _| *known == scope);
        self.single_mark.forget(|(known, _), _| *known == scope);
    }

    /// What was given against a user in that scope and not lifted. Some of it may be over.
    pub(super) async fn against(&self, scope: Scope, user: &UserId) -> Result<Vec<InForce>, Error> {
        let book = self.book(scope).await?;
        if let Some(against) = &book.against {
            return Ok(against.get(user).cloned().unwrap_or_default());
        }
        let key = (scope, user.clone());
        if let Some(known) = self.single.get(&key) {
            return Ok(known);
        }
        let looked_up = self.single.now();
        let found = rows::against(self.store.reader(), scope, user).await?;
        self.single.put(key, found.clone(), looked_up);
        Ok(found)
    }

    /// Bans of guests who left that mark.
    pub(super) async fn marked(&self, scope: Scope, mark: &str) -> Result<Vec<Marked>, Error> {
        let book = self.book(scope).await?;
        if let Some(marked) = &book.marked {
            return Ok(marked.get(mark).cloned().unwrap_or_default());
        }
        let key = (scope, mark.to_owned());
        if let Some(known) = self.single_mark.get(&key) {
            return Ok(known);
        }
        let looked_up = self.single_mark.now();
        let found = rows::marked(self.store.reader(), scope, Some(mark), FEW).await?;
        self.single_mark.put(key, found.clone(), looked_up);
        Ok(found)
    }

    async fn book(&self, scope: Scope) -> Result<Arc<Book>, Error> {
        if let Some(book) = self.whole.get(&scope) {
            return Ok(book);
        }
        let (db, looked_up) = (self.store.reader(), self.whole.now());
        let few = usize::try_from(FEW).unwrap_or(usize::MAX);
        let all = rows::all_in_force(db, scope, FEW + 1).await?;
        let against = (all.len() <= few).then(|| {
            let mut against: HashMap<UserId, Vec<InForce>> = HashMap::new();
            for (user, one) in all {
                against.entry(user).or_default().push(one);
            }
            against
        });
        let all = rows::marked(db, scope, None, FEW + 1).await?;
        let marked = (all.len() <= few).then(|| {
            let mut marked: HashMap<String, Vec<Marked>> = HashMap::new();
            for one in all {
                marked.entry(one.mark.clone()).or_default().push(one);
            }
            marked
        });
        let book = Arc::new(Book { against, marked });
        self.whole.put(scope, Arc::clone(&book), looked_up);
        Ok(book)
    }
}
