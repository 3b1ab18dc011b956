//! Endpoints of personas and of sessions with them.

use std::sync::Arc;

use poem_openapi::{OpenApi, param::Path};
use serde::{Deserialize, Serialize};

use super::Personas;
use crate::{
    domain::{
        EventId, PersonaId, Reason, Refusal,
        persona::{Persona, Session, Sheet},
        user::Role,
    },
    http::{Answer, Attendee, Caller, Created, Json, Limit, Mark, NoContent, Page, Place, Problem, Tag, gate::Gate},
};

pub struct PersonasApi {
    pub personas: Personas,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ByPersona(PersonaId);

impl Mark for ByPersona {
    const NAME: &'static str = "personas1";
}

#[derive(Debug, Serialize, Deserialize)]
pub struct BySession(EventId);

impl Mark for BySession {
    const NAME: &'static str = "sessions1";
}

/// Whether they write personas.
fn is_host(caller: &Caller) -> bool {
    caller.global_role() >= Role::Host
}

impl PersonasApi {
    async fn host(&self, caller: &Caller) -> Result<(), Problem> {
        caller.require_host()?;
        Ok(caller.limit(|limits| limits.write).await?)
    }

    /// The session's room, for the learner and those who run it.
    async fn admit(&self, session: EventId, caller: &Caller) -> Result<Session, Problem> {
        let attendee = self.gate.admit(&session.to_string(), caller).await?;
        let found = self.personas.session(attendee.event.id).await?;
        let is_own = attendee.user.as_ref().is_some_and(|user| user.id == found.user_id);
        if !is_own && attendee.role < Role::Host {
            return Err(Refusal::new(Reason::NotFound, "No such session.").into());
        }
        Ok(found)
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Personas")]
impl PersonasApi {
    /// List personas
    ///
    /// Latest first, for whoever is signed in. Hosts see all of each.
    #[oai(path = "/personas", method = "get", operation_id = "list_personas")]
    async fn list(&self, caller: Caller, after: Place<ByPersona>, limit: Limit) -> Answer<Page<Persona>> {
        if !is_host(&caller) {
            caller.require_user()?;
        }
        caller.limit(|limits| limits.read).await?;
        let before = after.0.map(|ByPersona(id)| id);
        let page = self.personas.page(before, limit.with_peek(), is_host(&caller)).await?;
        Ok(Json(Page::of(page, limit, |persona| ByPersona(persona.id))))
    }

    /// Create a persona
    ///
    /// Takes the role `host`.
    #[oai(path = "/personas", method = "post", operation_id = "create_persona")]
    async fn create(&self, caller: Caller, body: Json<Sheet>) -> Result<Created<Persona>, Problem> {
        self.host(&caller).await?;
        let owner = caller.user().map(|user| user.id.clone());
        let made = self.personas.create(body.0.check()?, owner).await?;
        let place = format!("/v1/personas/{}", made.id);
        Ok(Created::new(made).at(place))
    }

    /// Read a persona
    #[oai(path = "/personas/:persona", method = "get", operation_id = "get_persona")]
    async fn get(&self, caller: Caller, persona: Path<PersonaId>) -> Answer<Persona> {
        if !is_host(&caller) {
            caller.require_user()?;
        }
        caller.limit(|limits| limits.read).await?;
        Ok(Json(self.personas.find(persona.0, is_host(&caller)).await?))
    }

    /// Rewrite a persona
    ///
    /// Takes the whole of it. Sessions that are open go on as they began.
    #[oai(path = "/personas/:persona", method = "put", operation_id = "rewrite_persona")]
    async fn rewrite(&self, caller: Caller, persona: Path<PersonaId>, body: Json<Sheet>) -> Answer<Persona> {
        self.host(&caller).await?;
        Ok(Json(self.personas.rewrite(persona.0, body.0.check()?).await?))
    }

    /// Delete a persona
    ///
    /// Sessions with it stay, and those that are open go on.
    #[oai(path = "/personas/:persona", method = "delete", operation_id = "delete_persona")]
    async fn delete(&self, caller: Caller, persona: Path<PersonaId>) -> Result<NoContent, Problem> {
        self.host(&caller).await?;
        self.personas.remove(persona.0).await?;
        Ok(NoContent)
    }

    /// Begin a session with a persona
    ///
    /// Opens a private room, which is an event of the kind `session` with the session's id; the persona greets first and
    /// answers what is said there. Up to 5 are open at a time. Without a model: `no-model`.
    #[oai(
        path = "/personas/:persona/sessions",
        method = "post",
        operation_id = "begin_persona_session"
    )]
    async fn begin(&self, me: Attendee, persona: Path<PersonaId>) -> Result<Created<Session>, Problem> {
        me.caller.limit(|limits| limits.write).await?;
        let begun = self.personas.begin(persona.0, &me.user).await?;
        let place = format!("/v1/sessions/{}", begun.id);
        Ok(Created::new(begun).at(place))
    }

    /// List your sessions
    ///
    /// Latest first.
    #[oai(path = "/me/sessions", method = "get", operation_id = "list_persona_sessions")]
    async fn sessions(&self, me: Attendee, after: Place<BySession>, limit: Limit) -> Answer<Page<Session>> {
        me.caller.limit(|limits| limits.read).await?;
        let before = after.0.map(|BySession(id)| id);
        let page = self.personas.sessions(&me.user.id, before, limit.with_peek()).await?;
        Ok(Json(Page::of(page, limit, |session| BySession(session.id))))
    }

    /// Read a session
    ///
    /// Yours, or one that you run. `score` is there once it was scored.
    #[oai(path = "/sessions/:session", method = "get", operation_id = "get_persona_session")]
    async fn session(&self, caller: Caller, session: Path<EventId>) -> Answer<Session> {
        let found = self.admit(session.0, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        Ok(Json(found))
    }

    /// End a session
    ///
    /// The room ends at once; the score sheet follows as `session.scored` in its log. Ending one that could not be scored
    /// tries once more.
    #[oai(
        path = "/sessions/:session/end",
        method = "post",
        operation_id = "end_persona_session"
    )]
    async fn end(&self, caller: Caller, session: Path<EventId>) -> Answer<Session> {
        let found = self.admit(session.0, &caller).await?;
        caller.limit(|limits| limits.write).await?;
        Ok(Json(self.personas.end(found.id).await?))
    }
}
