//! Who may do what: the table.

use std::collections::BTreeMap;

use super::*;
use crate::domain::{ApiKeyId, user::User};
use crate::http::auth::{Caller, KeyIdentity};

fn user(id: &str, role: Role, moderates: bool, event_roles: BTreeMap<EventId, Role>) -> Identity {
    Identity::User {
        user: User {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            avatar_url: None,
            badges: Vec::new(),
            guest: false,
        },
        role,
        moderates,
        event_roles,
        expires_at: None,
        since: None,
    }
}

fn key(scopes: &[Scope]) -> Identity {
    Identity::Key(KeyIdentity {
        id: ApiKeyId::generate(),
        name: "key".into(),
        scopes: scopes.to_vec(),
    })
}

#[test]
fn who_may_do_what() {
    use Role::{Admin, Host, Member, Moderator, Viewer};
    let (here, elsewhere) = (EventId::generate(), EventId::generate());
    let plain = |id: &str| user(id, Viewer, false, BTreeMap::new());
    let everywhere = |role, moderates| user("ben", role, moderates, BTreeMap::new());
    let by_token = |event, role| user("ben", Viewer, false, BTreeMap::from([(event, role)]));
    let (gone, sign_in) = (Err(Reason::EventNotFound), Err(Reason::Unauthenticated));

    // Who, their role as a member, what they are in a public event, what in a private one, whether they may ingest.
    #[rustfmt::skip]
    let table = [
        ("a stranger", Identity::Anonymous, None, Ok(Viewer), sign_in, false),
        ("a user", plain("ben"), None, Ok(Viewer), gone, false),
        ("a member", plain("ben"), Some(Member), Ok(Member), Ok(Member), false),
        ("its moderator", plain("ben"), Some(Moderator), Ok(Moderator), Ok(Moderator), false),
        ("its host", plain("ben"), Some(Host), Ok(Host), Ok(Host), true),
        ("a viewer by token", by_token(here, Viewer), None, Ok(Viewer), gone, false),
        ("a member by token", by_token(here, Member), None, Ok(Member), Ok(Member), false),
        ("a host by token", by_token(here, Host), None, Ok(Host), Ok(Host), true),
        ("a host of another", by_token(elsewhere, Host), None, Ok(Viewer), gone, false),
        ("token and membership", by_token(here, Host), Some(Member), Ok(Host), Ok(Host), true),
        ("a host anywhere", everywhere(Host, false), None, Ok(Viewer), gone, false),
        ("a moderator", everywhere(Moderator, true), None, Ok(Moderator), Ok(Moderator), false),
        ("host and moderator", everywhere(Host, true), None, Ok(Moderator), Ok(Moderator), false),
        ("an admin", everywhere(Admin, true), None, Ok(Admin), Ok(Admin), true),
        ("key: read", key(&[Scope::Read]), None, Ok(Member), Ok(Member), false),
        ("key: ingest", key(&[Scope::Ingest]), None, Ok(Viewer), gone, true),
        ("key: ingest, read", key(&[Scope::Ingest, Scope::Read]), None, Ok(Member), Ok(Member), true),
        ("key: moderate", key(&[Scope::Moderate]), None, Ok(Moderator), Ok(Moderator), false),
        ("key: admin", key(&[Scope::Admin]), None, Ok(Admin), Ok(Admin), true),
        ("key: none", key(&[]), None, Ok(Viewer), gone, false),
    ];
    for (who, identity, member, in_public, in_private, ingests) in table {
        for (visibility, expected) in [(Visibility::Public, in_public), (Visibility::Private, in_private)] {
            let role = role_in(&identity, here, EventFacts { visibility, member }).map_err(|refusal| refusal.reason);
            assert_eq!(role, expected, "{who} in a {visibility:?} event");
            if let Ok(role) = role {
                assert_eq!(may_ingest(&identity, role), ingests, "{who} ingesting");
            }
        }
    }
}

#[test]
fn strangers_read_only_where_they_may() {
    let caller = Caller::house(Identity::Anonymous);
    assert_eq!(caller.require_reader(), Ok(()));
    assert_eq!(caller.require_user().unwrap_err().reason, Reason::Unauthenticated);
    assert_eq!(caller.require_host().unwrap_err().reason, Reason::Unauthenticated);
    let key = Caller::house(key(&[Scope::Moderate]));
    assert_eq!(key.require_user().unwrap_err().reason, Reason::Forbidden);
    assert_eq!(key.require_admin().unwrap_err().reason, Reason::Forbidden);
    assert_eq!(key.require_scope(Scope::Moderate), Ok(()));
    assert_eq!(key.require_scope(Scope::Ingest).unwrap_err().reason, Reason::Forbidden);
    assert_eq!(key.global_role(), Role::Moderator);
}
