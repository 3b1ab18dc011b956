//! What all instances on one database share and none may make up for itself, such as the signing secret.

use entity::house;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::{Error, Store};

impl Store {
    /// What is kept under that name. `make` makes it if nothing is; of several who come at once, one is heard.
    pub async fn keep(&self, name: &'static str, make: impl FnOnce() -> String) -> Result<String, Error> {
        if let Some(value) = find(self.reader(), name).await? {
            return Ok(value);
        }
        let row = house::ActiveModel {
            name: Set(name.to_owned()),
            value: Set(make()),
        };
        let insert = house::Entity::insert(row).on_conflict_do_nothing_on([house::Column::Name]);
        self.write(move |txn| {
            Box::pin(async move {
                insert.exec_without_returning(txn).await?;
                let kept = find(txn, name).await?;
                kept.ok_or_else(|| Error::unreadable("house", format!("`{name}` was written and is not there")))
            })
        })
        .await
    }
}

async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>, Error> {
    Ok(house::Entity::find_by_id(name).one(db).await?.map(|row| row.value))
}
