use super::*;
use crate::domain::{Reason, user::Role};

fn at(seconds: i64) -> Stamp {
    Stamp::from_ms(1_781_204_400_000 + seconds * 1_000)
}

fn one(kind: SanctionKind, until: Option<i64>, by: Role) -> InForce {
    InForce {
        id: SanctionId::generate(),
        kind,
        until: until.map(at),
        by,
    }
}

#[test]
fn what_holds_at_the_door_depends_on_time_and_role() {
    use SanctionKind as K;
    let moderator = Role::Moderator;
    for (what, role, now, entry, voice, shadowed) in [
        (vec![], Role::Viewer, 0, None, None, false),
        (
            vec![one(K::Ban, None, moderator)],
            Role::Viewer,
            0,
            Some(Reason::Banned),
            None,
            false,
        ),
        (
            vec![one(K::Ban, Some(10), moderator)],
            Role::Viewer,
            10,
            None,
            None,
            false,
        ),
        (
            vec![one(K::Ban, None, moderator)],
            Role::Moderator,
            0,
            None,
            None,
            false,
        ),
        (
            vec![one(K::Ban, None, Role::Host)],
            Role::Moderator,
            0,
            Some(Reason::Banned),
            None,
            false,
        ),
        (vec![one(K::Ban, None, Role::Admin)], Role::Admin, 0, None, None, false),
        (
            vec![one(K::Mute, None, moderator)],
            Role::Member,
            0,
            None,
            Some(Reason::Muted),
            false,
        ),
        (
            vec![one(K::Timeout, Some(10), moderator)],
            Role::Viewer,
            9,
            None,
            Some(Reason::TimedOut),
            false,
        ),
        (
            vec![one(K::Timeout, Some(10), moderator)],
            Role::Viewer,
            10,
            None,
            None,
            false,
        ),
        (
            vec![one(K::Timeout, Some(10), moderator), one(K::Mute, None, moderator)],
            Role::Viewer,
            0,
            None,
            Some(Reason::Muted),
            false,
        ),
        (
            vec![one(K::ShadowBan, None, moderator)],
            Role::Viewer,
            0,
            None,
            None,
            true,
        ),
    ] {
        let standing = Standing::of(what.clone(), role, at(now));
        let reason = |outcome: Result<(), Refusal>| outcome.err().map(|refusal| refusal.reason);
        assert_eq!(reason(standing.require_entry(at(now))), entry, "{what:?} at {now}");
        assert_eq!(reason(standing.require_voice(at(now))), voice, "{what:?} at {now}");
        assert_eq!(standing.is_shadowed(at(now)), shadowed, "{what:?} at {now}");
    }
}

#[test]
fn whoever_has_to_wait_is_told_how_long() {
    let standing = Standing::of(
        [one(SanctionKind::Timeout, Some(90), Role::Moderator)],
        Role::Viewer,
        at(0),
    );
    let refusal = standing.require_voice(at(30)).unwrap_err();
    assert_eq!((refusal.retry_after_seconds, refusal.until), (Some(60), Some(at(90))));
    assert_eq!(
        standing.require_voice(at(90)),
        Ok(()),
        "also when the standing was looked up before"
    );
}

#[test]
fn a_sanction_lasts_from_a_second_to_a_year_or_for_good() {
    use SanctionKind as K;
    for (kind, seconds, fits) in [
        (K::Timeout, None, false),
        (K::Timeout, Some(1), true),
        (K::Timeout, Some(0), false),
        (K::Ban, None, true),
        (K::Ban, Some(SANCTION_MAX_SECONDS), true),
        (K::Ban, Some(SANCTION_MAX_SECONDS + 1), false),
        (K::Mute, Some(u32::MAX), false),
    ] {
        assert_eq!(until(kind, seconds, at(0)).is_ok(), fits, "{kind:?} {seconds:?}");
    }
}
