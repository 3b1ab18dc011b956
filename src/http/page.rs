//! Long lists in pages: how many ([`Limit`]), from where ([`Place`]), and the page itself ([`Page`]).
//!
//! A cursor is opaque to callers: base64url of the list's name and a small key. A cursor of another list, or of an older
//! shape of this one, is refused rather than guessed at.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    param::Query,
    registry::{MetaParamIn, MetaSchema, MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};
use serde::{Serialize, de::DeserializeOwned};

use super::error::Problem;
use crate::domain::{Fault, Reason, Refusal};

/// Rows in a page unless asked otherwise, and at most.
const USUAL: u32 = 50;
const MOST: u32 = 200;

/// The query parameter `limit`. Over the maximum is refused, never cut silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

/// The place in a list after (or before) which a page begins. Change [`Mark::NAME`] when the fields change.
pub trait Mark: Serialize + DeserializeOwned + Send {
    /// Name and version of the list this place is in, such as `messages1`.
    const NAME: &'static str;
}

/// A query parameter such as `after` or `before`, named by the endpoint's argument; none means from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<M>(pub Option<M>);

/// One page of a list. In the document it is named after its items: `MessagePage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

impl Limit {
    /// How many rows to show.
    #[must_use]
    pub fn rows(self) -> u64 {
        u64::from(self.0)
    }

    /// How many rows to read: one more, which tells whether there is a next page.
    #[must_use]
    pub fn with_peek(self) -> u64 {
        self.rows() + 1
    }

    fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let Some(text) = text else { return Ok(Self(USUAL)) };
        match text.parse::<u32>() {
            Ok(rows @ 1..=MOST) => Ok(Self(rows)),
            Ok(rows) if rows > MOST => Err(Refusal::new(Reason::LimitTooLarge, format!("At most {MOST}."))),
            Ok(_) | Err(_) => Err(Refusal::new(Reason::InvalidRequest, format!("From 1 to {MOST}."))),
        }
    }
}

/// The cursor for a place.
#[must_use]
pub fn cursor<M: Mark>(mark: &M) -> String {
    // Keys are numbers and strings in a struct: they serialise. Were one not to, the cursor is refused when it returns.
    let json = serde_json::to_string(mark).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(format!("{}:{json}", M::NAME))
}

/// A list goes one way at a time.
#[must_use]
pub fn one_way_only() -> Refusal {
    let detail = "Give `before` or `after`, not both.";
    Refusal {
        faults: vec![Fault::new("/after", "conflict", detail)],
        ..Refusal::new(Reason::InvalidRequest, detail)
    }
}

/// The place of a cursor we gave out.
pub fn place<M: Mark>(cursor: &str) -> Result<M, Refusal> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let json = std::str::from_utf8(&bytes)
            .ok()?
            .strip_prefix(M::NAME)?
            .strip_prefix(':')?;
        serde_json::from_str(json).ok()
    };
    read().ok_or_else(|| {
        Refusal::new(
            Reason::InvalidCursor,
            "Use a cursor from this list's last page, or none to begin anew.",
        )
    })
}

impl<T> Page<T> {
    /// A page of rows read with [`Limit::with_peek`]: the extra row is cut and becomes the next cursor.
    #[must_use]
    pub fn of<M: Mark>(mut rows: Vec<T>, limit: Limit, mark: impl Fn(&T) -> M) -> Self {
        let shown = usize::try_from(limit.0).unwrap_or(usize::MAX);
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next_cursor = rows.last().filter(|_| more).map(|last| cursor(&mark(last)));
        Self {
            items: rows,
            next_cursor,
            prev_cursor: None,
        }
    }

    /// The same page of something made from each row.
    #[must_use]
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(make).collect(),
            next_cursor: self.next_cursor,
            prev_cursor: self.prev_cursor,
        }
    }
}

impl<T: Type> Type for Page<T> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(Self::name().into_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(Self::name().into_owned(), |registry| {
            T::register(registry);
            MetaSchema {
                required: vec!["items"],
                properties: vec![
                    ("items", Vec::<T>::schema_ref()),
                    ("next_cursor", String::schema_ref()),
                    ("prev_cursor", String::schema_ref()),
                ],
                ..MetaSchema::new("object")
            }
        });
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<T: Type + Serialize> ToJSON for Page<T> {
    fn to_json(&self) -> Option<serde_json::Value> {
        serde_json::to_value(self).ok()
    }
}

/// The text of the query parameter the endpoint named.
async fn text<T>(
    request: &Request,
    body: &mut RequestBody,
    options: &ExtractParamOptions<T>,
) -> poem::Result<Option<String>> {
    let options = ExtractParamOptions {
        name: options.name,
        ..ExtractParamOptions::default()
    };
    Query::<Option<String>>::from_request(request, body, options)
        .await
        .map(|Query(text)| text)
}

impl<'a> ApiExtractor<'a> for Limit {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = u32;
    type ParamRawType = u32;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            format: Some("uint32"),
            default: Some(USUAL.into()),
            minimum: Some(1.0),
            maximum: Some(f64::from(MOST)),
            ..MetaSchema::new("integer")
        })))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<u32>,
    ) -> poem::Result<Self> {
        let text = text(request, body, &options).await?;
        Ok(Self::parse(text.as_deref()).map_err(Problem::from)?)
    }
}

impl<'a, M: Mark> ApiExtractor<'a> for Place<M> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            format: Some("page-cursor"),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> poem::Result<Self> {
        let text = text(request, body, &options).await?;
        let mark = text.as_deref().map(place).transpose().map_err(Problem::from)?;
        Ok(Self(mark))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Seq(u64);
    impl Mark for Seq {
        const NAME: &'static str = "seqs1";
    }

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Other(u64);
    impl Mark for Other {
        const NAME: &'static str = "seqs2";
    }

    #[test]
    fn a_limit_over_the_maximum_is_refused() {
        for (text, expected) in [
            (None, Ok(50)),
            (Some("1"), Ok(1)),
            (Some("200"), Ok(200)),
            (Some("201"), Err(Reason::LimitTooLarge)),
            (Some("0"), Err(Reason::InvalidRequest)),
            (Some("-1"), Err(Reason::InvalidRequest)),
            (Some("many"), Err(Reason::InvalidRequest)),
        ] {
            let limit = Limit::parse(text).map(Limit::rows).map_err(|refusal| refusal.reason);
            assert_eq!(limit, expected, "{text:?}");
        }
    }

    #[test]
    fn a_cursor_works_in_its_own_list_only() {
        let text = cursor(&Seq(7));
        assert_eq!(place(&text), Ok(Seq(7)));
        for foreign in [text.as_str(), "", "!", "c2VxczI6", "c2VxczI6e30"] {
            let reason = place::<Other>(foreign).map_err(|refusal| refusal.reason);
            assert_eq!(reason, Err(Reason::InvalidCursor), "{foreign:?}");
        }
    }

    #[test]
    fn the_extra_row_becomes_the_next_cursor() {
        let page = Page::of(vec![1, 2, 3], Limit(2), |row| Seq(*row));
        assert_eq!((page.items, page.next_cursor), (vec![1, 2], Some(cursor(&Seq(2)))));
        let last = Page::of(vec![1, 2], Limit(2), |row| Seq(*row));
        assert_eq!((last.items.len(), last.next_cursor), (2, None));
    }

    #[test]
    fn a_page_is_named_after_its_items() {
        let mut registry = Registry::new();
        Page::<crate::domain::user::User>::register(&mut registry);
        assert!(registry.schemas.contains_key("UserPage"));
    }
}
