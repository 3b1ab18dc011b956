//! Keys for machines: what each may be used for.

use serde::{Deserialize, Serialize};

use super::{ApiKeyId, Stamp};

/// What a key is good for. A key may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Scope {
    /// Reads every event, private ones too.
    Read,
    /// Tells what happens in contests. By itself it opens no private event.
    Ingest,
    /// Acts as a moderator in every event.
    Moderate,
    /// Everything, everywhere.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Ingest, Self::Moderate, Self::Admin];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Ingest => "ingest",
            Self::Moderate => "moderate",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A key as its owner sees it. The secret was shown once and is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: Stamp,
}
