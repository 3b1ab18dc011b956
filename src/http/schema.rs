//! How the stream and the log look in the OpenAPI document: a union over the closed lists of entries and signals,
//! told apart by `type`, so that generated clients know every kind.
//!
//! poem-openapi's registry is public but undocumented; its use beyond derives stays in this file and `sse.rs`.

use std::borrow::Cow;

use poem_openapi::{
    registry::{MetaDiscriminatorObject, MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};

use crate::domain::{
    Stamp,
    entry::{EntryKind, MeSignalKind, SignalKind},
    lobby::LobbySignalKind,
};

/// The least and the most that fits a number's type: other languages do not know what a `uint32` is.
#[must_use]
pub fn bounds(format: &str) -> (Option<f64>, Option<f64>) {
    match format {
        "uint8" => (Some(0.0), Some(u8::MAX.into())),
        "uint16" => (Some(0.0), Some(u16::MAX.into())),
        "uint32" => (Some(0.0), Some(u32::MAX.into())),
        "int32" => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        "uint64" => (Some(0.0), None),
        _ => (None, None),
    }
}

/// One entry of a log, whatever its kind.
pub struct AnyEntry;

/// One frame of a stream: an entry or a signal.
pub struct AnyFrame;

/// One frame of the lobby's stream.
pub struct AnyLobbyFrame;

/// One frame of a person's own stream.
pub struct AnyMeFrame;

/// `message.created` becomes `MessageCreatedEntry`.
fn schema_name(kind: &str, suffix: &str) -> String {
    let words = kind.split(['.', '_']).map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect::<String>() + suffix
}

/// The object `{"seq"?, "type", "at", "data"}` of one kind.
fn describe(name: &'static str, seq: bool, data: MetaSchemaRef) -> MetaSchema {
    let kind = MetaSchema {
        enum_items: vec![name.into()],
        ..MetaSchema::new("string")
    };
    let at = MetaSchemaRef::Inline(Box::new(MetaSchema {
        description: Some("When it was written, or for a signal: sent."),
        ..inline(Stamp::schema_ref())
    }));
    let mut schema = MetaSchema {
        required: vec!["type", "at", "data"],
        properties: vec![
            ("type", MetaSchemaRef::Inline(Box::new(kind))),
            ("at", at),
            ("data", data),
        ],
        ..MetaSchema::new("object")
    };
    if seq {
        let number = MetaSchema {
            description: Some("Place in the sequence of its audience: 1, 2, 3, … without holes."),
            minimum: Some(1.0),
            ..MetaSchema::new_with_format("integer", "int64")
        };
        schema.required.insert(0, "seq");
        schema
            .properties
            .insert(0, ("seq", MetaSchemaRef::Inline(Box::new(number))));
    }
    schema
}

fn inline(schema: MetaSchemaRef) -> MetaSchema {
    match schema {
        MetaSchemaRef::Inline(schema) => *schema,
        MetaSchemaRef::Reference(_) => MetaSchema::new("string"),
    }
}

/// Registers every kind of entry; gives the wire name and the schema name of each.
fn register_entries(registry: &mut Registry) -> Vec<(String, String)> {
    let mut kinds = Vec::new();
    EntryKind::describe(registry, |kind, data| kinds.push((kind.name(), data)));
    register(registry, kinds, "Entry", true)
}

fn register_signals(registry: &mut Registry) -> Vec<(String, String)> {
    let mut kinds = Vec::new();
    SignalKind::describe(registry, |kind, data| kinds.push((kind.name(), data)));
    register(registry, kinds, "Signal", false)
}

fn register(
    registry: &mut Registry,
    kinds: Vec<(&'static str, MetaSchemaRef)>,
    suffix: &str,
    seq: bool,
) -> Vec<(String, String)> {
    let mut names = Vec::with_capacity(kinds.len());
    for (name, data) in kinds {
        let schema = schema_name(name, suffix);
        registry.schemas.insert(schema.clone(), describe(name, seq, data));
        names.push((name.to_owned(), schema));
    }
    names
}

fn union(description: &'static str, kinds: &[(String, String)]) -> MetaSchema {
    let path = |schema: &str| format!("#/components/schemas/{schema}");
    MetaSchema {
        description: Some(description),
        one_of: kinds
            .iter()
            .map(|(_, schema)| MetaSchemaRef::Reference(schema.clone()))
            .collect(),
        discriminator: Some(MetaDiscriminatorObject {
            property_name: "type",
            mapping: kinds
                .iter()
                .map(|(kind, schema)| (kind.clone(), path(schema)))
                .collect(),
        }),
        ..MetaSchema::ANY
    }
}

macro_rules! documented_only {
    ($name:ident, $schema:literal, $describe:expr) => {
        impl Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                $schema.into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Reference($schema.to_owned())
            }

            fn register(registry: &mut Registry) {
                let describe: fn(&mut Registry) -> MetaSchema = $describe;
                registry.create_schema::<Self, _>($schema.to_owned(), describe);
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    };
}

documented_only!(AnyEntry, "Entry", |registry| {
    union(
        "One line of an event's log. Kinds to come are to be ignored by clients.",
        &register_entries(registry),
    )
});

documented_only!(AnyFrame, "StreamFrame", |registry| {
    AnyEntry::register(registry);
    let mut kinds = register_entries(registry);
    kinds.extend(register_signals(registry));
    union(
        "The `data` of one stream frame: an entry (with `seq`) or a signal (without).",
        &kinds,
    )
});

documented_only!(AnyLobbyFrame, "LobbyFrame", |registry| {
    let mut kinds = Vec::new();
    LobbySignalKind::describe(registry, |kind, data| kinds.push((kind.name(), data)));
    union(
        "One frame of the lobby's stream. Kinds to come are to be ignored by clients.",
        &register(registry, kinds, "InLobby", false),
    )
});

documented_only!(AnyMeFrame, "MeStreamFrame", |registry| {
    let mut kinds = Vec::new();
    MeSignalKind::describe(registry, |kind, data| kinds.push((kind.name(), data)));
    union(
        "The `data` of one frame of a person's own stream.",
        &register(registry, kinds, "MeSignal", false),
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_in_the_document_under_its_own_name() {
        let mut registry = Registry::new();
        AnyFrame::register(&mut registry);
        let frame = &registry.schemas["StreamFrame"];
        assert_eq!(frame.one_of.len(), EntryKind::ALL.len() + SignalKind::ALL.len());
        for (suffix, names) in [
            (
                "Entry",
                EntryKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
            ),
            ("Signal", SignalKind::ALL.iter().map(|kind| kind.name()).collect()),
        ] {
            for name in names {
                let schema = &registry.schemas[&schema_name(name, suffix)];
                assert_eq!(schema.required.contains(&"seq"), suffix == "Entry", "{name}");
            }
        }
    }
}
