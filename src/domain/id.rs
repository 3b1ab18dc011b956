//! Ids say what they name, in type and in text: `evt_01j…` is an event and nothing else.
//!
//! Text form is that of `TypeID`: prefix, underscore, 26 characters of Crockford base32 (lower case) holding a `UUIDv7`,
//! so ids sort by creation. Users are different: their ids come from whoever signs their tokens.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in 5-bit letters: the first letter holds three bits only.
const TEXT_LEN: usize = 26;

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id like `{prefix}_…` with 26 base32 characters")]
pub struct IdError {
    prefix: &'static str,
}

fn encode(prefix: &str, id: Uuid) -> String {
    let mut text = String::with_capacity(prefix.len() + 1 + TEXT_LEN);
    text.push_str(prefix);
    text.push('_');
    let bits = id.as_u128();
    for letter in (0..TEXT_LEN).rev() {
        let index = (bits >> (letter * 5)) & 31;
        text.push(char::from(ALPHABET[usize::try_from(index).unwrap_or(0)]));
    }
    text
}

fn decode(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let wrong = IdError { prefix };
    let letters = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or_else(|| wrong.clone())?;
    // Eight would not fit: 26 letters carry 130 bits and an id has 128.
    if letters.len() != TEXT_LEN || letters.as_bytes()[0] > b'7' {
        return Err(wrong);
    }
    let mut bits = 0u128;
    for letter in letters.bytes() {
        let index = ALPHABET
            .iter()
            .position(|&known| known == letter)
            .ok_or_else(|| wrong.clone())?;
        bits = (bits << 5) | index as u128;
    }
    Ok(Uuid::from_u128(bits))
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A new id that sorts after those made before it.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode($prefix, self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                decode($prefix, text).map(Self)
            }
        }

        text_on_the_wire!($name, concat!($prefix, "-id"), concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$"));
    };
}

/// Makes a type with `Display` and `FromStr` a checked string in JSON, in parameters and in the OpenAPI document.
macro_rules! text_on_the_wire {
    ($name:ident, $format:expr, $pattern:expr) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl poem_openapi::types::Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> std::borrow::Cow<'static, str> {
                concat!("string_", stringify!($name)).into()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                let pattern: Option<&'static str> = $pattern.into();
                poem_openapi::registry::MetaSchemaRef::Inline(Box::new(poem_openapi::registry::MetaSchema {
                    format: $format.into(),
                    pattern: pattern.map(str::to_owned),
                    ..poem_openapi::registry::MetaSchema::new("string")
                }))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl poem_openapi::types::ToJSON for $name {
            fn to_json(&self) -> Option<serde_json::Value> {
                Some(serde_json::Value::String(self.to_string()))
            }
        }

        impl poem_openapi::types::ParseFromJSON for $name {
            fn parse_from_json(value: Option<serde_json::Value>) -> poem_openapi::types::ParseResult<Self> {
                match value {
                    Some(serde_json::Value::String(text)) => {
                        text.parse().map_err(poem_openapi::types::ParseError::custom)
                    }
                    other => Err(poem_openapi::types::ParseError::expected_type(
                        other.unwrap_or_default(),
                    )),
                }
            }
        }

        impl poem_openapi::types::ParseFromParameter for $name {
            fn parse_from_parameter(value: &str) -> poem_openapi::types::ParseResult<Self> {
                value.parse().map_err(poem_openapi::types::ParseError::custom)
            }
        }
    };
}
pub(crate) use text_on_the_wire;

typed_id!(
    /// One live event.
    EventId, "evt"
);
typed_id!(
    /// One message of an event's chat.
    MessageId, "msg"
);
typed_id!(
    /// One incident of a contest.
    IncidentId, "inc"
);
typed_id!(
    /// One API key; the id is public, the secret is not.
    ApiKeyId, "key"
);
typed_id!(
    /// One sanction.
    SanctionId, "san"
);
typed_id!(
    /// One decision in the record.
    DecisionId, "dec"
);
typed_id!(
    /// One appeal.
    AppealId, "apl"
);
typed_id!(
    /// One poll of an event.
    PollId, "pol"
);

typed_id!(
    /// One question to the assistant.
    QuestionId, "qst"
);
typed_id!(
    /// One character that a model plays.
    PersonaId, "persona"
);
typed_id!(
    /// One notification of one person.
    NotificationId, "ntf"
);

/// Who someone is: the `sub` of their token, given by whoever signed it. 1 to 128 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(std::sync::Arc<str>);

/// The text cannot be a user's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a user id has 1 to 128 visible ASCII characters")]
pub struct UserIdError;

impl UserId {
    /// Prefix of guests' ids. Tokens we did not sign ourselves may not use it, or they could take a guest's name.
    pub const GUEST_PREFIX: &'static str = "gst_";

    /// An id for a new guest.
    #[must_use]
    pub fn generate_guest() -> Self {
        Self(encode("gst", Uuid::now_v7()).into())
    }

    /// By this the house itself speaks.
    #[must_use]
    pub fn assistant() -> Self {
        Self(super::assistant::ASSISTANT_ID.into())
    }

    /// By this a persona speaks.
    #[must_use]
    pub fn of_persona(persona: PersonaId) -> Self {
        Self(persona.to_string().into())
    }

    /// Whether a persona has this id. Nobody signs in as one.
    #[must_use]
    pub fn is_persona(&self) -> bool {
        self.0.parse::<PersonaId>().is_ok()
    }

    /// What no user's id comes before. Nobody's own.
    #[must_use]
    pub fn before_all() -> Self {
        Self("".into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When a guest's id was made, in milliseconds since 1970. None for everybody else.
    #[must_use]
    pub fn guest_since(&self) -> Option<i64> {
        let id = decode("gst", &self.0).ok()?;
        i64::try_from(id.as_u128() >> 80).ok()
    }

    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.0.starts_with(Self::GUEST_PREFIX)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UserId {
    type Err = UserIdError;

    fn from_str(text: &str) -> Result<Self, UserIdError> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(UserIdError) }
    }
}

text_on_the_wire!(UserId, "user-id", "^[!-~]{1,128}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_itself_and_sorts_by_creation() {
        let first = EventId::generate();
        let second = EventId::generate();
        assert_eq!(first.to_string().parse(), Ok(first));
        assert!(first < second && first.to_string() < second.to_string());
    }

    #[test]
    fn the_text_form_is_that_of_typeid() {
        let id = EventId::from_uuid(Uuid::from_u128(0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881));
        assert_eq!(id.to_string(), "evt_01h2xcejqtf2nbrexx3vqjhp41");
    }

    #[test]
    fn an_id_of_another_kind_or_shape_is_refused() {
        let message = MessageId::generate().to_string();
        let overflow = format!("evt_8{}", "0".repeat(25));
        for text in [
            message.as_str(),
            "",
            "evt_",
            "evt_0",
            "evt_01h2xcejqtf2nbrexx3vqjhp4u",
            overflow.as_str(),
        ] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_user_id_is_visible_ascii_of_bounded_length() {
        assert!("auth0|5f7c".parse::<UserId>().is_ok());
        let long = "a".repeat(129);
        for text in ["", " ", "a b", "ä", "a\n", long.as_str()] {
            assert!(text.parse::<UserId>().is_err(), "{text:?}");
        }
    }
}
