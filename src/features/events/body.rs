//! What hosts say of an event, as it arrives, and how it becomes checked.

use std::collections::HashSet;

use poem_openapi::{Object, types::MaybeUndefined};

use super::{Edit, NewEvent, room::RoomPatch};
use crate::domain::{
    Fault, Refusal, Stamp,
    event::{Event, EventKind, EventSettings, Participant, Visibility},
    room::RoomSettings,
    screening::{Late, ScreeningMode},
    text::{DisplayName, Slug, Title, Url},
};

/// Participants of one event. A marathon's field is not an event's list of teams.
const PARTICIPANTS_MAX: usize = 64;
/// Longest window, edit time and the like: thirty days.
const SECONDS_MAX: u32 = 30 * 24 * 3_600;

/// A team, a fighter, a player.
#[derive(Debug, Clone, Object)]
pub(super) struct ParticipantIn {
    /// Kept as given; made from the name if missing. Unique within the event.
    #[oai(validator(min_length = 1, max_length = 80, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    id: Option<String>,
    #[oai(validator(min_length = 1, max_length = 256))]
    name: String,
    #[oai(validator(min_length = 1, max_length = 256))]
    short_name: Option<String>,
    #[oai(validator(max_length = 2048))]
    image_url: Option<String>,
}

/// Settings that differ from the defaults.
#[derive(Debug, Clone, Default, Object)]
pub(super) struct SettingsIn {
    #[oai(validator(maximum(value = "2592000")))]
    opens_before_seconds: Option<u32>,
    #[oai(validator(maximum(value = "2592000")))]
    closes_after_seconds: Option<u32>,
    #[oai(validator(maximum(value = "2592000")))]
    edit_window_seconds: Option<u32>,
    small_room_users: Option<u32>,
    #[oai(flatten)]
    room: RoomPatch,
    starts_by_itself: Option<bool>,
    #[oai(validator(maximum(value = "2592000")))]
    ends_after_seconds: Option<u32>,
    assistant: Option<AssistantIn>,
    screening: Option<ScreeningIn>,
}

/// What the assistant does; fields left out stay as they are.
#[derive(Debug, Clone, Copy, Default, Object)]
pub(super) struct AssistantIn {
    answers: Option<bool>,
    posts: Option<bool>,
}

/// How messages are screened; fields left out stay as they are.
#[derive(Debug, Clone, Copy, Default, Object)]
pub(super) struct ScreeningIn {
    mode: Option<ScreeningMode>,
    late: Option<Late>,
}

impl SettingsIn {
    /// Whether a model is to look at messages.
    fn asks_for_screening(&self) -> bool {
        let mode = self.screening.and_then(|screening| screening.mode);
        mode.is_some_and(|mode| mode != ScreeningMode::Off)
    }
}

/// A new event.
#[derive(Debug, Object)]
pub(super) struct EventIn {
    /// The event's name in links; made from the title if missing.
    #[oai(validator(min_length = 1, max_length = 80, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    slug: Option<String>,
    #[oai(validator(min_length = 1, max_length = 400))]
    title: String,
    kind: EventKind,
    #[oai(default, validator(max_items = 64))]
    participants: Vec<ParticipantIn>,
    #[oai(validator(min_length = 1, max_length = 400))]
    venue: Option<String>,
    scheduled_at: Stamp,
    #[oai(default)]
    featured: bool,
    visibility: Option<Visibility>,
    #[oai(validator(max_length = 2048))]
    cover_url: Option<String>,
    #[oai(validator(max_length = 2048))]
    stream_url: Option<String>,
    settings: Option<SettingsIn>,
    /// Marks a show event, so that pages can say so.
    #[oai(default)]
    demo: bool,
}

/// What changes; fields left out stay as they are, optional ones sent as null are cleared.
#[derive(Debug, Object)]
pub(super) struct EventPatch {
    #[oai(validator(min_length = 1, max_length = 80, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    slug: Option<String>,
    #[oai(validator(min_length = 1, max_length = 400))]
    title: Option<String>,
    #[oai(validator(max_items = 64))]
    participants: Option<Vec<ParticipantIn>>,
    venue: MaybeUndefined<String>,
    scheduled_at: Option<Stamp>,
    featured: Option<bool>,
    visibility: Option<Visibility>,
    cover_url: MaybeUndefined<String>,
    stream_url: MaybeUndefined<String>,
    settings: Option<SettingsIn>,
}

/// Gathers faults while fields are read, so that a caller hears of all of them at once.
#[derive(Default)]
struct Reading(Vec<Fault>);

impl Reading {
    fn take<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault)).ok()
    }

    fn optional<T>(&mut self, text: Option<&String>, parse: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        text.and_then(|text| self.take(parse(text)))
    }

    fn finish(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::content(self.0))
        }
    }

    fn participants(&mut self, listed: &[ParticipantIn]) -> Vec<Participant> {
        if listed.len() > PARTICIPANTS_MAX {
            self.0.push(Fault::new(
                "/participants",
                "too-many",
                format!("At most {PARTICIPANTS_MAX} participants."),
            ));
            return Vec::new();
        }
        let mut seen = HashSet::new();
        let participants = listed.iter().enumerate().filter_map(|(index, listed)| {
            let at = |field: &str| format!("/participants/{index}/{field}");
            let name = self
                .take(DisplayName::parse_at(&listed.name, &at("name")))?
                .into_string();
            let short_name = self.optional(listed.short_name.as_ref(), |text| {
                DisplayName::parse_at(text, &at("short_name"))
            });
            let image_url = self.optional(listed.image_url.as_ref(), |text| Url::parse_at(text, &at("image_url")));
            let id = match &listed.id {
                Some(id) => self.take(Slug::parse_at(id, &at("id")))?,
                None => free_id(&name, &seen),
            };
            if !seen.insert(id.clone()) {
                self.0.push(Fault::new(
                    at("id"),
                    "duplicate",
                    "Each participant has an id of its own.",
                ));
            }
            let (short_name, image_url) = (short_name.map(String::from), image_url.map(String::from));
            Some(Participant {
                id: id.into_string(),
                name,
                short_name,
                image_url,
            })
        });
        participants.collect()
    }

    fn venue(&mut self, text: &str) -> Option<String> {
        self.take(Title::parse_at(text, "/venue")).map(String::from)
    }

    fn url(&mut self, text: &str, pointer: &str) -> Option<String> {
        self.take(Url::parse_at(text, pointer)).map(String::from)
    }

    fn settings(&mut self, changed: &SettingsIn, settings: &mut EventSettings, defaults: &RoomSettings) {
        let mut seconds = |value: Option<u32>, field: &str, setting: &mut u32| match value {
            Some(value) if value > SECONDS_MAX => {
                self.0.push(Fault::new(
                    format!("/settings/{field}"),
                    "too-large",
                    "At most thirty days.",
                ));
            }
            Some(value) => *setting = value,
            None => {}
        };
        seconds(
            changed.opens_before_seconds,
            "opens_before_seconds",
            &mut settings.opens_before_seconds,
        );
        seconds(
            changed.closes_after_seconds,
            "closes_after_seconds",
            &mut settings.closes_after_seconds,
        );
        seconds(
            changed.edit_window_seconds,
            "edit_window_seconds",
            &mut settings.edit_window_seconds,
        );
        seconds(
            changed.ends_after_seconds,
            "ends_after_seconds",
            &mut settings.ends_after_seconds,
        );
        settings.starts_by_itself = changed.starts_by_itself.unwrap_or(settings.starts_by_itself);
        settings.small_room_users = changed.small_room_users.unwrap_or(settings.small_room_users);
        if let Some(AssistantIn { answers, posts }) = changed.assistant {
            let assistant = &mut settings.assistant;
            assistant.answers = answers.unwrap_or(assistant.answers);
            assistant.posts = posts.unwrap_or(assistant.posts);
        }
        if let Some(ScreeningIn { mode, late }) = changed.screening {
            let screening = &mut settings.screening;
            screening.mode = mode.unwrap_or(screening.mode);
            screening.late = late.unwrap_or(screening.late);
        }
        changed.room.apply(&mut settings.room, defaults);
        if let Err(refusal) = settings.room.check() {
            let below = |fault: Fault| Fault {
                pointer: format!("/settings{}", fault.pointer),
                ..fault
            };
            self.0.extend(refusal.faults.into_iter().map(below));
        }
    }
}

fn free_id(name: &str, seen: &HashSet<Slug>) -> Slug {
    let plain = Slug::from_title(name);
    // There are at most so many others, so one of these numbers is free.
    let numbered = (2..).take(PARTICIPANTS_MAX).map(|number| plain.numbered(number));
    let mut wished = std::iter::once(plain.clone()).chain(numbered);
    wished.find(|slug| !seen.contains(slug)).unwrap_or(plain)
}

impl EventIn {
    pub(super) fn asks_for_screening(&self) -> bool {
        self.settings.as_ref().is_some_and(SettingsIn::asks_for_screening)
    }

    pub(super) fn check(self, defaults: EventSettings) -> Result<NewEvent, Refusal> {
        let mut reading = Reading::default();
        let (usual, mut settings) = (defaults.room, defaults);
        if let Some(changed) = &self.settings {
            reading.settings(changed, &mut settings, &usual);
        }
        let slug = reading.optional(self.slug.as_ref(), |text| Slug::parse_at(text, "/slug"));
        let title = reading.take(Title::parse_at(&self.title, "/title"));
        let new = NewEvent {
            slug,
            title: title.map(String::from).unwrap_or_default(),
            kind: self.kind,
            participants: reading.participants(&self.participants),
            venue: self.venue.as_deref().and_then(|text| reading.venue(text)),
            scheduled_at: self.scheduled_at,
            featured: self.featured,
            visibility: self.visibility.unwrap_or(Visibility::Public),
            cover_url: self
                .cover_url
                .as_deref()
                .and_then(|text| reading.url(text, "/cover_url")),
            stream_url: self
                .stream_url
                .as_deref()
                .and_then(|text| reading.url(text, "/stream_url")),
            settings,
            demo: self.demo,
        };
        reading.finish().map(|()| new)
    }
}

impl EventPatch {
    pub(super) fn asks_for_screening(&self) -> bool {
        self.settings.as_ref().is_some_and(SettingsIn::asks_for_screening)
    }

    /// The patch as a change to be made to the event as it is then.
    pub(super) fn check(self, defaults: RoomSettings) -> Edit {
        Box::new(move |event: &mut Event| {
            let mut reading = Reading::default();
            if let Some(slug) = reading.optional(self.slug.as_ref(), |text| Slug::parse_at(text, "/slug")) {
                event.slug = slug.into_string();
            }
            if let Some(title) = reading.optional(self.title.as_ref(), |text| Title::parse_at(text, "/title")) {
                event.title = title.into_string();
            }
            if let Some(listed) = &self.participants {
                event.participants = reading.participants(listed);
            }
            patch(&mut event.venue, &self.venue, |text| reading.venue(text));
            patch(&mut event.cover_url, &self.cover_url, |text| {
                reading.url(text, "/cover_url")
            });
            patch(&mut event.stream_url, &self.stream_url, |text| {
                reading.url(text, "/stream_url")
            });
            event.scheduled_at = self.scheduled_at.unwrap_or(event.scheduled_at);
            event.featured = self.featured.unwrap_or(event.featured);
            event.visibility = self.visibility.unwrap_or(event.visibility);
            if let Some(changed) = &self.settings {
                reading.settings(changed, &mut event.settings, &defaults);
            }
            reading.finish()
        })
    }
}

fn patch(field: &mut Option<String>, change: &MaybeUndefined<String>, read: impl FnOnce(&str) -> Option<String>) {
    match change {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *field = None,
        MaybeUndefined::Value(text) => *field = read(text),
    }
}
