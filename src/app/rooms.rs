//! The rooms of the house: every feature, whom it listens to, what it is on the outside, and what it does by itself.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    api::{Crowd, Groups, Hall, Order},
    bus::Condition,
    concourse::Roll,
    config::{Config, Secret},
    domain::{event::EventSettings, room::RoomSettings, user::User},
    features::{
        accounts::{Guests, api::AccountsApi},
        assistant::{self, Asking, Assistant, api::AssistantApi},
        badges::{Badges, Carded, api::BadgesApi},
        chat::{Chat, api::ChatApi, floor::ChatFloor, queue::QueueApi},
        commentary::Commentary,
        contest::{Contests, api::ContestApi},
        cursors::{Cursors, api::CursorsApi},
        events::{Events, api::EventsApi, room::RoomApi},
        keys::{Keys, api::KeysApi},
        live::api::LiveApi,
        lobby::{Lobby, api::LobbyApi, follows_api::FollowsApi},
        moderation::{
            Door, Moderation, api::SanctionsApi, audit_api::AuditApi, rules_api::RulesApi, voices_api::VoicesApi,
        },
        notices::{Notices, api::NoticesApi},
        ops::OpsApi,
        personas::{self, Personas, api::PersonasApi},
        polls::{Polls, api::PollsApi},
        presence::{Presence, api::PresenceApi},
        reactions::{Reactions, api::ReactionsApi},
        receipts::{Receipts, api::ReceiptsApi},
        screening::{Screen, Screening},
        typing::{Typing, api::TypingApi},
    },
    http::{Limits, auth::Authenticator, gate::Gate, judge::Judge},
    llm::Llm,
    store::Store,
    stream::{SeatListener, SnapshotPart, Stream},
    telemetry::Metrics,
};

/// What rooms stand on.
pub(super) struct Ground<'a> {
    pub(super) config: &'a Config,
    pub(super) store: &'a Store,
    pub(super) stream: &'a Stream,
    pub(super) bus: watch::Receiver<Condition>,
    pub(super) roll: Option<Roll>,
    pub(super) secret: &'a Secret,
    pub(super) tasks: &'a TaskTracker,
    pub(super) llm: &'a Llm,
}

/// What only the outside of rooms needs.
pub(super) struct Outside {
    pub(super) authenticator: Authenticator,
    pub(super) limits: Limits,
    pub(super) guests: Guests,
    pub(super) metrics: Arc<Metrics>,
    pub(super) draining: Arc<AtomicBool>,
}

/// Every feature.
pub(super) struct Rooms {
    store: Store,
    stream: Stream,
    bus: watch::Receiver<Condition>,
    event_defaults: EventSettings,
    room_defaults: RoomSettings,
    gate: Arc<dyn Gate>,
    pub(super) keys: Keys,
    events: Events,
    chat: Chat,
    reactions: Reactions,
    presence: Presence,
    contests: Contests,
    typing: Typing,
    cursors: Cursors,
    badges: Badges,
    receipts: Receipts,
    moderation: Moderation,
    polls: Polls,
    lobby: Lobby,
    notices: Notices,
    screening: Screening,
    assistant: Assistant,
    /// Knows the rules, what is to be screened, and a question to the assistant.
    judge: Arc<dyn Judge>,
    commentary: Commentary,
    personas: Personas,
}

impl Rooms {
    pub(super) fn new(ground: Ground<'_>) -> Self {
        let Ground {
            config,
            store,
            stream,
            bus,
            roll,
            secret,
            tasks,
            llm,
        } = ground;
        let (store, stream) = (store.clone(), stream.clone());
        let events = Events::new(store.clone(), stream.clone());
        let presence = Presence::new(stream.clone(), roll);
        let chat = Chat::new(store.clone(), stream.clone(), Arc::new(presence.clone()));
        let badges = Badges::new(store.clone(), stream.clone());
        let inner: Arc<dyn Gate> = Arc::new(events.clone());
        let moderation = Moderation::new(
            store.clone(),
            stream.clone(),
            Arc::clone(&inner),
            Arc::new(chat.clone()),
            secret.expose().as_bytes(),
            &config.order,
            tasks.clone(),
        );
        let screening = Screening::new(
            store.clone(),
            stream.clone(),
            Arc::new(chat.clone()),
            llm.clone(),
            &config.screening,
        );
        let gate = Arc::new(Carded {
            door: Arc::new(Door::new(inner, moderation.clone())),
            badges: badges.clone(),
        });
        let typing = Typing::new(stream.clone());
        let means = assistant::Means {
            store: store.clone(),
            stream: stream.clone(),
            podium: Arc::new(chat.clone()),
            judge: Arc::new(moderation.clone()),
            quill: Arc::new(typing.clone()),
            crowd: Arc::new(presence.clone()),
            llm: llm.clone(),
            tasks: tasks.clone(),
        };
        let personas = Personas::new(personas::Means {
            store: store.clone(),
            stream: stream.clone(),
            llm: llm.clone(),
            stage: Arc::new(events.clone()),
            podium: Arc::new(chat.clone()),
            quill: Arc::new(typing.clone()),
            judge: Arc::new(moderation.clone()),
            house: User::assistant(&config.assistant.name),
            settings: EventSettings::from(&config.room),
            deadline: Duration::from_secs(config.assistant.persona_deadline_seconds.into()),
            tasks: tasks.clone(),
        });
        let rooms = Self {
            assistant: Assistant::new(means, &config.assistant),
            judge: judges(&moderation, &screening, &config.assistant.name),
            event_defaults: event_defaults(config),
            room_defaults: RoomSettings::from(&config.room),
            gate,
            keys: Keys::new(store.clone()),
            reactions: Reactions::new(store.clone(), stream.clone()),
            contests: Contests::new(store.clone(), stream.clone()),
            typing,
            personas,
            cursors: Cursors::new(stream.clone()),
            receipts: Receipts::new(store.clone(), stream.clone(), Arc::new(presence.clone())),
            polls: Polls::new(store.clone(), stream.clone()),
            lobby: Lobby::new(store.clone(), stream.clone(), Arc::new(presence.clone())),
            notices: Notices::new(store.clone(), stream.clone(), bus.clone(), config.notices.clone()),
            commentary: Commentary::new(
                store.clone(),
                stream.clone(),
                Arc::new(chat.clone()),
                Arc::new(moderation.clone()),
                llm.clone(),
                &config.assistant,
            ),
            events,
            chat,
            presence,
            badges,
            moderation,
            screening,
            store,
            stream,
            bus,
        };
        rooms.listen();
        rooms
    }

    /// Tells the stream who adds to it and who wants to hear of it.
    fn listen(&self) {
        let parts: Vec<Arc<dyn SnapshotPart>> = vec![
            Arc::new(self.events.clone()),
            Arc::new(self.chat.clone()),
            Arc::new(self.reactions.clone()),
            Arc::new(self.presence.clone()),
            Arc::new(self.contests.clone()),
            Arc::new(self.badges.clone()),
            Arc::new(self.polls.clone()),
        ];
        let listeners: Vec<Arc<dyn SeatListener>> = vec![
            Arc::new(self.presence.clone()),
            Arc::new(self.receipts.clone()),
            Arc::new(self.moderation.clone()),
        ];
        self.stream.furnish(parts, listeners);
        self.stream.attach(vec![
            Arc::new(self.typing.clone()),
            Arc::new(self.cursors.clone()),
            Arc::new(self.receipts.clone()),
            Arc::new(self.badges.clone()),
            Arc::new(self.presence.clone()),
            Arc::new(self.assistant.clone()),
            Arc::new(self.commentary.clone()),
        ]);
        self.stream.deliver_to(Arc::new(self.notices.clone()));
    }

    /// Has those who remember what they read hear of what others change.
    pub(super) fn remind(&self, authenticator: &Authenticator) {
        self.stream.remind(vec![
            Arc::new(self.events.clone()),
            Arc::new(authenticator.clone()),
            Arc::new(self.moderation.clone()),
        ]);
    }

    fn gate(&self) -> Arc<dyn Gate> {
        Arc::clone(&self.gate)
    }

    /// All endpoints.
    pub(super) fn groups(&self, outside: Outside) -> Groups {
        (
            AccountsApi {
                authenticator: outside.authenticator.clone(),
                guests: outside.guests,
                limits: outside.limits,
                gate: self.gate(),
                judge: Arc::clone(&self.judge),
            },
            EventsApi {
                gate: self.gate(),
                events: self.events.clone(),
                defaults: self.event_defaults.clone(),
                screens: self.screening.can_look(),
            },
            LiveApi {
                store: self.store.clone(),
                stream: self.stream.clone(),
                gate: self.gate(),
            },
            ChatApi {
                chat: self.chat.clone(),
                gate: self.gate(),
                judge: Arc::clone(&self.judge),
            },
            ReactionsApi {
                reactions: self.reactions.clone(),
                gate: self.gate(),
            },
            PresenceApi {
                presence: self.presence.clone(),
                gate: self.gate(),
            },
            ContestApi {
                contests: self.contests.clone(),
                gate: self.gate(),
            },
            PollsApi {
                polls: self.polls.clone(),
                gate: self.gate(),
            },
            KeysApi {
                keys: self.keys.clone(),
                authenticator: outside.authenticator,
                stream: self.stream.clone(),
            },
            OpsApi {
                store: self.store.clone(),
                bus: self.bus.clone(),
                metrics: outside.metrics,
                draining: outside.draining,
            },
            RoomApi {
                events: self.events.clone(),
                defaults: self.room_defaults,
            },
            self.crowd(),
            self.order(),
            self.hall(),
            self.questions(),
        )
    }

    fn crowd(&self) -> Crowd {
        (
            TypingApi {
                typing: self.typing.clone(),
                gate: self.gate(),
            },
            ReceiptsApi {
                receipts: self.receipts.clone(),
                gate: self.gate(),
            },
            CursorsApi {
                cursors: self.cursors.clone(),
                gate: self.gate(),
            },
            BadgesApi {
                badges: self.badges.clone(),
                gate: self.gate(),
            },
            NoticesApi {
                notices: self.notices.clone(),
                stream: self.stream.clone(),
                gate: self.gate(),
            },
        )
    }

    fn order(&self) -> Order {
        let moderation = &self.moderation;
        (
            SanctionsApi {
                moderation: moderation.clone(),
                gate: self.gate(),
            },
            RulesApi {
                moderation: moderation.clone(),
                gate: self.gate(),
            },
            QueueApi {
                chat: self.chat.clone(),
                gate: self.gate(),
            },
            VoicesApi {
                moderation: moderation.clone(),
                gate: self.gate(),
            },
            AuditApi {
                moderation: moderation.clone(),
                gate: self.gate(),
            },
        )
    }

    fn hall(&self) -> Hall {
        (
            LobbyApi {
                lobby: self.lobby.clone(),
            },
            FollowsApi {
                lobby: self.lobby.clone(),
                gate: self.gate(),
            },
            PersonasApi {
                personas: self.personas.clone(),
                gate: self.gate(),
            },
        )
    }

    fn questions(&self) -> AssistantApi {
        let floor = ChatFloor {
            chat: self.chat.clone(),
            // The endpoint counts its questions itself, and adds their jobs.
            judge: screened(&self.moderation, &self.screening),
        };
        AssistantApi {
            assistant: self.assistant.clone(),
            gate: self.gate(),
            floor: Arc::new(floor),
        }
    }

    /// Starts what they do by themselves, until `halt`.
    pub(super) fn work(self, tasks: &TaskTracker, halt: &CancellationToken) {
        tasks.spawn(self.reactions.tally(halt.clone()));
        tasks.spawn(self.moderation.watch(halt.clone()));
        tasks.spawn(self.polls.keep(halt.clone()));
        tasks.spawn(self.notices.clone().watch(halt.clone()));
        tasks.spawn(self.notices.tidy(halt.clone()));
        tasks.spawn(self.presence.clone().tell(halt.clone()));
        tasks.spawn(self.presence.share(halt.clone()));
        tasks.spawn(self.events.keep_time(halt.clone()));
        tasks.spawn(self.chat.let_appear(halt.clone()));
        tasks.spawn(self.typing.tell(halt.clone()));
        tasks.spawn(self.cursors.tell(halt.clone()));
        tasks.spawn(self.receipts.tell(halt.clone()));
        tasks.spawn(self.lobby.show(halt.clone()));
        tasks.spawn(self.screening.work(halt.clone()));
        tasks.spawn(self.assistant.work(halt.clone()));
        tasks.spawn(self.commentary.watch(halt.clone()));
        tasks.spawn(self.personas.play(halt.clone()));
    }
}

fn event_defaults(config: &Config) -> EventSettings {
    EventSettings {
        assistant: (&config.assistant).into(),
        ..EventSettings::from(&config.room)
    }
}

/// The rules, and around them what is to be screened.
fn screened(moderation: &Moderation, screening: &Screening) -> Arc<dyn Judge> {
    Arc::new(Screen {
        inner: Arc::new(moderation.clone()),
        screening: screening.clone(),
    })
}

/// Around both a question to the assistant, which is called so.
fn judges(moderation: &Moderation, screening: &Screening, assistant: &str) -> Arc<dyn Judge> {
    Arc::new(Asking {
        judge: screened(moderation, screening),
        name: assistant.to_owned(),
    })
}
