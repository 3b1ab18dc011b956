//! Finds what is wrong with a JSON body by laying it beside its schema, so that the answer can name every field.
//!
//! Only asked after parsing has failed: it explains, it never decides. poem-openapi itself names neither the field nor
//! the place inside a list.

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};
use serde_json::Value;

use super::schema::bounds;
use crate::domain::{Fault, Reason, Refusal, Stamp};

/// Enough to mend a form in one go; a hostile body cannot make the answer long.
const MOST: usize = 20;

/// Codes of faults in the shape; all others are rules about content of the right shape.
const SHAPE: [&str; 4] = ["missing", "wrong-type", "unknown", "invalid"];

/// The no for these faults: a wrong shape makes the request invalid, a broken rule only its content.
pub(super) fn refusal(faults: Vec<Fault>) -> Refusal {
    let shape = faults.iter().any(|fault| SHAPE.contains(&fault.code));
    let refusal = Refusal::content(faults);
    let reason = if shape { Reason::InvalidRequest } else { refusal.reason };
    Refusal { reason, ..refusal }
}

/// What poem-openapi's own message says: it names a field only when a validator failed.
pub(super) fn from_message(message: &str) -> Fault {
    let rule = message.contains("verification failed");
    let field = message
        .split_once("field `")
        .and_then(|(_, rest)| rest.split_once('`'))
        .map(|(name, _)| format!("/{name}"));
    Fault::new(
        field.unwrap_or_default(),
        if rule { "rule" } else { "invalid" },
        sentence(message),
    )
}

/// A message without the Rust type names that poem puts before and after it.
pub(super) fn sentence(message: &str) -> String {
    let inner = message
        .strip_prefix("failed to parse \"")
        .and_then(|rest| rest.split_once("\": "))
        .map_or(message, |(_, inner)| inner);
    let inner = inner.split(" (occurred while parsing").next().unwrap_or(inner);
    inner.chars().take(300).collect()
}

/// What does not fit the schema of `T`. May be empty: patterns and an id's inside are not looked at.
pub(super) fn find<T: Type>(value: &Value) -> Vec<Fault> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let mut search = Search {
        registry: &registry,
        faults: Vec::new(),
    };
    search.walk(&T::schema_ref(), value, "");
    search.faults
}

struct Search<'a> {
    registry: &'a Registry,
    faults: Vec<Fault>,
}

impl Search<'_> {
    fn found(&mut self, pointer: &str, code: &'static str, detail: impl Into<String>) {
        if self.faults.len() < MOST {
            self.faults.push(Fault::new(pointer, code, detail));
        }
    }

    fn walk(&mut self, schema: &MetaSchemaRef, value: &Value, pointer: &str) {
        let schema = match schema {
            MetaSchemaRef::Inline(schema) => schema,
            MetaSchemaRef::Reference(name) => match self.registry.schemas.get(name) {
                Some(schema) => schema,
                None => return,
            },
        };
        if !fits(schema.ty, value) {
            let wanted = if schema.ty == "object" { "an object" } else { schema.ty };
            return self.found(pointer, "wrong-type", format!("Expected {wanted}."));
        }
        if !schema.enum_items.is_empty() && !schema.enum_items.contains(value) {
            let known: Vec<String> = schema.enum_items.iter().map(ToString::to_string).collect();
            self.found(pointer, "not-allowed", format!("Expected one of {}.", known.join(", ")));
        }
        for part in &schema.all_of {
            self.walk(part, value, pointer);
        }
        self.variant(schema, value, pointer);
        match value {
            Value::String(text) => {
                if schema.format == Some("date-time") && text.parse::<Stamp>().is_err() {
                    self.found(
                        pointer,
                        "invalid",
                        "Expected a time like 2026-06-11T19:00:00Z (RFC 3339).",
                    );
                }
                let length = text.chars().count();
                self.range(schema.min_length, schema.max_length, length, pointer, "characters");
            }
            Value::Number(number) => self.number(schema, number.as_f64().unwrap_or_default(), pointer),
            Value::Array(items) => {
                self.range(schema.min_items, schema.max_items, items.len(), pointer, "items");
                if let Some(inner) = &schema.items {
                    for (index, item) in items.iter().enumerate() {
                        self.walk(inner, item, &format!("{pointer}/{index}"));
                    }
                }
            }
            Value::Object(fields) => {
                for &name in &schema.required {
                    if fields.get(name).is_none_or(Value::is_null) {
                        self.found(
                            &format!("{pointer}/{name}"),
                            "missing",
                            format!("`{name}` is required."),
                        );
                    }
                }
                for (name, inner) in &schema.properties {
                    if let Some(value) = fields.get(*name).filter(|value| !value.is_null()) {
                        self.walk(inner, value, &format!("{pointer}/{name}"));
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// One of several shapes, told apart by a field.
    fn variant(&mut self, schema: &MetaSchema, value: &Value, pointer: &str) {
        let Some(discriminator) = &schema.discriminator else {
            return;
        };
        let name = discriminator.property_name;
        let Some(tag) = value.get(name).and_then(Value::as_str) else {
            return self.found(
                &format!("{pointer}/{name}"),
                "missing",
                format!("`{name}` is required."),
            );
        };
        let known = discriminator.mapping.iter().find(|(known, _)| known == tag);
        match known.and_then(|(_, target)| target.rsplit('/').next()) {
            Some(target) => self.walk(&MetaSchemaRef::Reference(target.to_owned()), value, pointer),
            None => self.found(&format!("{pointer}/{name}"), "unknown", format!("No such `{name}`.")),
        }
    }

    fn range(&mut self, min: Option<usize>, max: Option<usize>, len: usize, pointer: &str, of: &str) {
        if let Some(min) = min.filter(|min| len < *min) {
            self.found(pointer, "too-short", format!("At least {min} {of}."));
        }
        if let Some(max) = max.filter(|max| len > *max) {
            self.found(pointer, "too-long", format!("At most {max} {of}."));
        }
    }

    fn number(&mut self, schema: &MetaSchema, number: f64, pointer: &str) {
        let (least, most) = bounds(schema.format.unwrap_or_default());
        if let Some(min) = schema.minimum.or(least).filter(|min| number < *min) {
            self.found(pointer, "too-small", format!("At least {min}."));
        }
        if let Some(max) = schema.maximum.or(most).filter(|max| number > *max) {
            self.found(pointer, "too-large", format!("At most {max}."));
        }
    }
}

fn fits(ty: &str, value: &Value) -> bool {
    match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        // poem-openapi takes numbers and truths for text; what it lets pass is not to be called wrong.
        "string" => value.is_string() || value.is_number() || value.is_boolean(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::{Enum, Object, Union};
    use serde_json::json;

    use super::*;

    #[derive(Object)]
    struct Goal {
        #[oai(validator(maximum(value = "130")))]
        minute: u32,
    }

    #[derive(Object)]
    struct Card {
        color: Color,
    }

    #[derive(Enum)]
    #[oai(rename_all = "snake_case")]
    enum Color {
        Yellow,
        Red,
    }

    #[derive(Union)]
    #[oai(discriminator_name = "type")]
    enum Update {
        #[oai(mapping = "goal")]
        Goal(Goal),
        #[oai(mapping = "card")]
        Card(Card),
    }

    #[derive(Object)]
    struct Batch {
        #[oai(validator(min_length = 1, max_length = 4))]
        source: String,
        #[oai(validator(max_items = 3))]
        updates: Vec<Update>,
        note: Option<String>,
        at: Option<Stamp>,
    }

    #[test]
    fn messages_lose_the_names_of_rust_types() {
        let id = r#"failed to parse "string_EventId": expected an id (occurred while parsing "MessageIn")"#;
        assert_eq!(sentence(id), "expected an id");
        assert_eq!(sentence("plain"), "plain");
        let rule = from_message(r#"failed to parse "A": field `text` verification failed. maxLength(3)"#);
        assert_eq!((rule.pointer.as_str(), rule.code), ("/text", "rule"));
    }

    #[test]
    fn every_fault_is_named_where_it_is() {
        let cases = [
            (json!([]), vec![("", "wrong-type")]),
            (json!({"source": "a", "updates": []}), vec![]),
            (json!({"updates": []}), vec![("/source", "missing")]),
            (
                json!({"source": "a", "updates": [{"type": "goal", "minute": 300}], "at": "noon"}),
                vec![("/updates/0/minute", "too-large"), ("/at", "invalid")],
            ),
            (
                json!({"source": "abcde", "updates": 7, "note": []}),
                vec![
                    ("/source", "too-long"),
                    ("/updates", "wrong-type"),
                    ("/note", "wrong-type"),
                ],
            ),
            (
                json!({"source": "a", "updates": [
                    {"type": "goal", "minute": -1},
                    {"type": "card", "color": "blue"},
                    {"type": "tea"},
                ]}),
                vec![
                    ("/updates/0/minute", "too-small"),
                    ("/updates/1/color", "not-allowed"),
                    ("/updates/2/type", "unknown"),
                ],
            ),
        ];
        for (value, expected) in cases {
            let faults = find::<Batch>(&value);
            let found: Vec<_> = faults
                .iter()
                .map(|fault| (fault.pointer.as_str(), fault.code))
                .collect();
            assert_eq!(found, expected, "{value}");
        }
    }
}
